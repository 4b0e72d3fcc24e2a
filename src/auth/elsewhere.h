/* SPDX-License-Identifier: ISC */
/* Passwords that only the database itself can verify (struct userdb_ops, verify). */
#ifndef AUTH_ELSEWHERE_H
#define AUTH_ELSEWHERE_H

#include <stddef.h>

#include "base/str.h"
#include "doorward/result.h"
#include "doorward/userdb.h"

struct app;

/*
 * Has the database verify the ${n} forms of one password for the canonical ${name} ("" is nobody's), in order, up to the one
 * that is right. As password_verify() answers.
 */
enum dw_result elsewhere_verify(
    struct app *app, const char *name, const char *ip, const struct str *forms, size_t n, struct account *out);

#endif

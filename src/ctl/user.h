/* SPDX-License-Identifier: ISC */
/* What the commands about accounts share. */
#ifndef CTL_USER_H
#define CTL_USER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "doorward/userdb.h"

/* Writes the ${n} groups at ${groups} to ${out} as an account's list. Returns 0, or -1 after saying what groups may be. */
int user_groups_join(const struct str *groups, size_t n, char out[GROUPS_MAX + 1]);

/* Prints ${a}. Returns CTL_DONE or CTL_FAILED. */
int user_print(const struct account *a, bool json);

#endif

/* SPDX-License-Identifier: ISC */
/* doorwardctl user: accounts. */
#ifndef CTL_USER_H
#define CTL_USER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "doorward/userdb.h"

struct ctl;
struct options;

int user_add(struct ctl *c, const struct options *o);
int user_list(struct ctl *c, const struct options *o);
int user_show(struct ctl *c, const struct options *o);

/* Writes the ${n} groups at ${groups} to ${out} as an account's list. Returns 0, or -1 after saying what groups may be. */
int user_groups_join(const struct str *groups, size_t n, char out[GROUPS_MAX + 1]);

/* Prints ${a}. Returns CTL_DONE or CTL_FAILED. */
int user_print(const struct account *a, bool json);

#endif

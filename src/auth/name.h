/* SPDX-License-Identifier: ISC */
/*
 * The names people and groups may have. A user name is made canonical once, and only that form is looked up, counted, logged
 * and sent to applications: two spellings of one name would double the attempts somebody has (R101).
 */
#ifndef AUTH_NAME_H
#define AUTH_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "doorward/session.h"

#define GROUP_MAX 63 /* bytes of one group: it must fit one of the two fields that hold a user's groups */

/* Writes the canonical form of ${given}, of at most USERNAME_MAX bytes, to ${out}; false, with ${out} empty, if it cannot be a
 * name (base/precis.h). */
bool name_canonical(struct str given, char out[USERNAME_MAX + 1]);

/* Returns true if ${group} is 1 … GROUP_MAX of A-Z a-z 0-9 . _ - */
bool name_group_ok(struct str group);

/*
 * Writes the ${n} groups at ${groups} to ${out} as the comma list that accounts and sessions carry: sorted, each once. Returns
 * false, with ${out} empty, if one is no group or if they do not fit: a list of more than GROUP_MAX bytes must come apart at a
 * comma into two of at most GROUP_MAX.
 */
bool name_groups_join(const struct str *groups, size_t n, char out[GROUPS_MAX + 1]);

#endif

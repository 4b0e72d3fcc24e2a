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

/* Writes the canonical form of ${given}, of at most USERNAME_MAX bytes, to ${out}; false, with ${out} empty, if it cannot be a
 * name (base/precis.h). */
bool name_canonical(struct str given, char out[USERNAME_MAX + 1]);

/*
 * Writes the ${n} groups at ${groups} to ${out} as the list that accounts and sessions carry (base/groups.h). Returns false,
 * with ${out} empty, if one can be no group or if they do not fit.
 */
bool name_groups_join(const struct str *groups, size_t n, char out[GROUPS_MAX + 1]);

#endif

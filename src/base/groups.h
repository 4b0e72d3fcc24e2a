/* SPDX-License-Identifier: ISC */
/*
 * A user's groups as one text, names with commas between, sorted and each once, so that equal lists are equal texts. It is what
 * accounts hold, records and the cache carry, and applications are told.
 */
#ifndef BASE_GROUPS_H
#define BASE_GROUPS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "doorward/session.h"

#define GROUPS_COUNT_MAX ((GROUPS_MAX + 1) / 2) /* one letter and a comma each */

/* Whether ${name} can be a group's: UTF-8 without commas and controls, and without blanks at its ends, which a header loses. */
bool groups_name_ok(struct str name);

/*
 * Writes the ${n} names at ${names}, which are sorted on the way, to ${out}. Left out are repeats, what can be no name, and,
 * where ${only} (NULL-terminated, or NULL) is not empty, what is not in it. Returns the bytes of the list; if they are more
 * than GROUPS_MAX, ${out} is "".
 */
size_t groups_join(struct str *names, size_t n, char *const *only, char out[GROUPS_MAX + 1]);

/*
 * Writes the list ${list} to ${out} without what is not in ${only}, unless that is NULL or empty. ${out} may be where ${list}
 * is. Returns its bytes, as groups_join() does.
 */
size_t groups_keep(struct str list, char *const *only, char out[GROUPS_MAX + 1]);

/* Whether ${name} is in the list ${groups}. */
bool groups_has(const char *groups, struct str name);

#endif

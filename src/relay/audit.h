/* SPDX-License-Identifier: ISC */
/* The audit file: one line an event, each with the hash of the one before, so that what was changed or taken out shows. */
#ifndef RELAY_AUDIT_H
#define RELAY_AUDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/audit_chain.h"
#include "base/str.h"

struct audit;

/* For ${path}, with its last hash also kept in ${state_dir}. Opens nothing yet. NULL: out of memory. */
struct audit *audit_new(const char *path, const char *state_dir);
void audit_free(struct audit *a);

/* Opens the file if it is not open, or was moved away: so a rotation is followed, and a fault seen, before there is an event.
 */
bool audit_look(struct audit *a, char *why, size_t len);

/*
 * Appends a line for each of ${n} events, and waits until the disk has them. False with a sentence in ${why}: then none of them
 * is in the file.
 */
bool audit_append(struct audit *a, const struct str *events, size_t n, char *why, size_t len);

#endif

/* SPDX-License-Identifier: ISC */
/* What people and scripts read: one place for the shapes. */
#ifndef CTL_PRINT_H
#define CTL_PRINT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "doorward/session.h"
#include "doorward/userdb.h"

struct ctl;

#define OBJECT_MAX 4096 /* bytes of one object as JSON: every string is bounded, and escaping makes at most six of one */
#define ACCOUNT_TEXT_MAX                                                                                                       \
	(OBJECT_MAX + 3 * GROUPS_MAX) /* of an account: a group is quoted, and what is escaped in it was two bytes */

/* Characters of a time, terminator included. */
#define TIME_LEN 21

/* The time ${at} as RFC 3339 in ${out}; "-" for 0. Returns ${out}. */
const char *print_time(int64_t at, char out[TIME_LEN]);

/* The list of ${a}'s groups for people to read, or ${none}; one that was too long to be read is called so. */
const char *print_groups(const struct account *a, const char *none);

/* Appends {"user_id","username","groups","disabled","conflict","created_at"}; groups are null where the list was too long. */
void print_account_json(struct buf *b, const struct account *a);

/* Appends the session object of the HTTP interface; ${device} NULL = nothing is known of it. */
void print_session_json(const struct ctl *c, struct buf *b, const uint8_t user_key[USER_KEY_LEN], const struct session *s,
    const char *user_id, const char *username, const struct device *device);

/* Appends the logout record of the HTTP interface. */
void print_logout_record_json(const struct ctl *c, struct buf *b, const uint8_t user_key[USER_KEY_LEN], const char *user_id,
    const struct logout_record *e);

/*
 * Writes ${text}, made by others, so that it cannot do anything to a terminal (buf_shown). print_line(): formatted, with the
 * end of the line, to standard output.
 */
void print_shown(FILE *to, struct str text);
void print_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Writes ${b} to standard output in the same way. An object that did not fit would be half an answer: says so and returns -1.
 */
int print_buf(const struct buf *b);

#endif

/* SPDX-License-Identifier: ISC */
/* The text of htpasswd(1) files and of their files of groups (Apache's AuthGroupFile), made into sorted tables. */
#ifndef USERDB_HTPASSWD_TEXT_H
#define USERDB_HTPASSWD_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define HTPASSWD_LINES_MAX 1000000 /* of a file of users; words of a file of groups: what a process may spend memory on */
#define HTPASSWD_WHY 128           /* bytes of a sentence */

/* What stands in one line: a user and his hash, or one group of a user. */
struct htpasswd_row {
	const char *user;  /* canonical */
	const char *value; /* the hash, as it stands there; the group */
	size_t line;
};

/* Sorted by user; rows of one user in the order of the file. They point into the text, or are ${own}ed. */
struct htpasswd_table {
	char *text;
	size_t len;
	struct htpasswd_row *rows;
	size_t n, cap;
	size_t unusable, first_unusable; /* how many lines or words can be no name; the line of the first */
};

/*
 * Reads ${text}, of ${len} bytes and a NUL, malloc()ed and taken over. Returns false with a sentence in ${why} (HTPASSWD_WHY)
 * if it is broken: a line without a colon, a byte 0, or an end in the middle of a hash. The first of two lines for one user
 * stays.
 */
bool htpasswd_read_users(struct htpasswd_table *t, char *text, size_t len, char *why);

/* The same of "group: user user …"; a group may have several lines, and a line may go on after a backslash. */
bool htpasswd_read_groups(struct htpasswd_table *t, char *text, size_t len, char *why);

/* The first row of ${user}, or NULL; how many there are goes to ${*n}. */
const struct htpasswd_row *htpasswd_find(const struct htpasswd_table *t, const char *user, size_t *n);

/* Number of the first row whose user comes after ${user}. */
size_t htpasswd_after(const struct htpasswd_table *t, const char *user);

/* Wipes and frees what ${t} holds. */
void htpasswd_free(struct htpasswd_table *t);

#endif

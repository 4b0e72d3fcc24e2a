/* SPDX-License-Identifier: ISC */
/* Lists of groups, such as `clients` and `sinks`: each group is a row, read by a table of options. Inside src/config only. */
#ifndef CONFIG_ROW_H
#define CONFIG_ROW_H

#include <stdbool.h>

#include "config/source.h"
#include "config/table.h"

struct row;

struct row_list {
	const char *name;
	const char *like, *row_like; /* the list and a row, as somebody would write them */
	int most;                    /* rows */
	const struct option *table;
	size_t size; /* of the struct that a row is read into */
	/* Reads and checks one. False with the messages written. */
	bool (*add)(const struct row *r);
};

/* One row while it is read. */
struct row {
	const struct loading *l;
	const struct row_list *list;
	const config_setting_t *at;
	int index;
};

/*
 * Makes room, all zero, for the rows of ${list} in the file and one more (the default client), and as many places where they
 * stand in *${at}; free() releases both, NULL too. NULL with the message written if it is no list or too long, or there is no
 * memory.
 */
void *row_list_new(const struct loading *l, const struct row_list *list, const config_setting_t ***at);

/* Has each row added. False, with the messages written, if one is wrong: the rest is read all the same. */
bool row_list_read(const struct loading *l, const struct row_list *list);

/* Releases the ${n} rows at ${rows}. */
void row_list_free(const struct row_list *list, void *rows, size_t n);

/* Gives the struct at ${base} the defaults of all options that need not be set. False with the message written. */
bool row_set_defaults(const struct row *r, void *base);

/*
 * Reads what the row sets into the struct at ${base}; what it does not set stays as it is. False, with the messages written, if
 * an option is unknown or wrong: the rest is read all the same.
 */
bool row_read(const struct row *r, void *base);

/* The setting of ${option}; NULL: the row does not set it. */
const config_setting_t *row_member(const struct row *r, const char *option);

/* Adds a message about ${option}, with its place or the row's; returns false. */
bool row_wrong(const struct row *r, const char *option, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif

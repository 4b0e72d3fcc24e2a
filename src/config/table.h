/* SPDX-License-Identifier: ISC */
/*
 * One row for each option. The loader, `doorward -t`, the sample file and the manual page are all held against these
 * tables.
 */
#ifndef CONFIG_TABLE_H
#define CONFIG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the file holds, and what becomes of it in struct config or struct client. */
enum option_type {
	OPTION_BOOL,     /* true, false → bool */
	OPTION_INT,      /* a number → int64_t */
	OPTION_COUNT,    /* a number, or the one word → int64_t, 0 for the word */
	OPTION_DURATION, /* "100ms", "5s", "30m", "12h", "7d" → int64_t, milliseconds */
	OPTION_LIFETIME, /* the same in whole seconds, as sessions are counted → int64_t, milliseconds */
	OPTION_SIZE,     /* "64k", "16m", "1g" → int64_t, bytes */
	OPTION_MODE,     /* "0660" → int64_t */
	OPTION_STRING,   /* → char * */
	OPTION_PATH,     /* an absolute path, or "" → char * */
	OPTION_LIST,     /* [ "a", "b" ] → char **, NULL-terminated */
	OPTION_WORD,     /* one of the words → char * */
	OPTION_LEVEL,    /* one of the words → int64_t, its index */
	OPTION_POLICY,   /* one of the words → enum session_policy, its index */
	OPTION_CHOICE,   /* one of two words → bool, its index */
	OPTION_ID        /* a client's id → char [CLIENT_ID_MAX + 1] */
};

struct option {
	const char *name; /* groups and name, joined by dots */
	enum option_type type;
	const char *def;  /* the default, as text; lists are empty by default */
	int64_t min, max; /* of a number, of a duration in ms; the bytes of a text; the elements of a list */
	size_t offset;    /* in struct config; for a client's options in struct client, for a sink's in struct sink_conf */
	const char *const *words; /* the words that are allowed, NULL-terminated; else NULL */
	const char *inherits;     /* a client's option: the global option it is taken from when absent */
	const char *doc;          /* one sentence, as in the sample file */
};

#define OPTIONS_MAX 192     /* rows of a table: room for origins without allocation */
#define OPTION_NAME_MAX 128 /* bytes of a dotted name in a message, "clients[17].remember_absolute" included */
#define CLIENTS_MAX 256     /* rows of `clients`: they are searched one after the other */
#define SINKS_MAX 16        /* rows of `sinks`: each is asked for every event */
#define ALERTS_MAX 32       /* rows of `alerts`: the same */
#define LIST_MAX 64         /* elements of a list option, which is walked for each request */

/* The options of the file, those of one row of `clients`, of `sinks` and of `alerts`; each ends with a row whose name is NULL.
 */
extern const struct option table_options[];
extern const struct option table_client_options[];
extern const struct option table_sink_options[];
extern const struct option table_alert_options[];

/* True if a row has to set ${o}: it has no default. */
bool table_is_required(const struct option *o);

/* Returns the row of ${table} called ${name}, or NULL. */
const struct option *table_find(const struct option *table, const char *name);

/* Returns true if ${table} has options below the group ${name}. */
bool table_is_group(const struct option *table, const char *name);

#endif

/* SPDX-License-Identifier: ISC */
/* The options of all commands, read by one parser: which of them a command takes is a column of its row in the command table.
 */
#ifndef CTL_OPTIONS_H
#define CTL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/groups.h"

#define WORDS_MAX 1024                     /* what stands beside the options: a name, an id, several of them, files */
#define GROUP_OPTIONS_MAX GROUPS_COUNT_MAX /* more cannot be stored, however short */

enum option_flag {
	OPTION_JSON = 1,
	OPTION_STDIN = 2,
	OPTION_GROUP = 4,
	OPTION_USER = 8,
	OPTION_DEVICE = 16,
	OPTION_ALL = 32,
	OPTION_REASON = 64,
	OPTION_LIMIT = 128,
	OPTION_STRICT = 256,
	OPTION_WATCH = 512,
	OPTION_ADD = 1024,
	OPTION_REMOVE = 2048,
	OPTION_SET = 4096,
	OPTION_IP = 8192,
	OPTION_AT = 16384,
	OPTION_ALG = 1 << 20,
	OPTION_IN = 1 << 21,
	OPTION_KIND = 1 << 22,
	OPTION_TYPE = 1 << 23,
	OPTION_SINCE = 1 << 24,
	OPTION_EXEC = 1 << 25,
	OPTION_FORMAT = 1 << 26,
	OPTION_REPLACE = 1 << 27,
	OPTION_DRY_RUN = 1 << 28,
	OPTION_SINK = 1 << 29
};

/* The values of an option that may be given more than once. */
struct option_list {
	const char *values[GROUP_OPTIONS_MAX];
	size_t n;
};

struct options {
	bool json;                              /* --json */
	bool password_stdin;                    /* --password-stdin */
	bool all;                               /* --all */
	bool watch;                             /* --watch */
	bool strict;                            /* --strict */
	bool replace;                           /* --replace */
	bool dry_run;                           /* --dry-run */
	const char *format;                     /* --format */
	const char *user;                       /* --user; NULL = not given, as for those that follow */
	const char *device;                     /* --device */
	const char *ip;                         /* --ip */
	const char *at;                         /* --at */
	const char *reason;                     /* --reason */
	const char *limit;                      /* --limit */
	const char *set;                        /* --set */
	const char *alg;                        /* --alg */
	const char *in;                         /* --in */
	const char *kind;                       /* --kind */
	const char *since;                      /* --since */
	const char *exec;                       /* --exec */
	const char *sink;                       /* --sink */
	struct option_list groups, add, remove; /* --group, --add, --remove */
	struct option_list types;               /* --type */
	const char *args[WORDS_MAX];
	size_t n_args;
};

/*
 * Reads the ${argc} words at ${argv} (the first is the command's) into ${out}. ${allowed}: the option_flags the command takes.
 * Returns 0, or -1 after saying what is wrong.
 */
int options_parse(int argc, char **argv, unsigned allowed, struct options *out);

#endif

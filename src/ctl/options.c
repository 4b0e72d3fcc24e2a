/* SPDX-License-Identifier: ISC */
/*
 * The options of a command: only those its row allows are known to getopt, so an option in the wrong place is an unknown one.
 */
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <string.h>

#include "base/str.h"
#include "ctl/ctl.h"
#include "doorward/event.h"
#include "doorward/store.h"

#include "ctl/options.h"

#define THUMBPRINT_LEN 43 /* the kid of a signing key: SHA-256 in base64url; of an HS256 secret half of it */
#define SECRET_KID_LEN 22

/* What one leaves in struct options. */
enum kind {
	SWITCH, /* true */
	VALUE,  /* a text; of several the last one counts */
	VALUES  /* a struct option_list */
};

static const struct {
	const char *name;
	int flag;
	enum kind kind;
	size_t offset;
} known[] = {
	{ "json", OPTION_JSON, SWITCH, offsetof(struct options, json) },
	{ "password-stdin", OPTION_STDIN, SWITCH, offsetof(struct options, password_stdin) },
	{ "group", OPTION_GROUP, VALUES, offsetof(struct options, groups) },
	{ "user", OPTION_USER, VALUE, offsetof(struct options, user) },
	{ "device", OPTION_DEVICE, VALUE, offsetof(struct options, device) },
	{ "ip", OPTION_IP, VALUE, offsetof(struct options, ip) },
	{ "at", OPTION_AT, VALUE, offsetof(struct options, at) },
	{ "all", OPTION_ALL, SWITCH, offsetof(struct options, all) },
	{ "reason", OPTION_REASON, VALUE, offsetof(struct options, reason) },
	{ "limit", OPTION_LIMIT, VALUE, offsetof(struct options, limit) },
	{ "strict", OPTION_STRICT, SWITCH, offsetof(struct options, strict) },
	{ "watch", OPTION_WATCH, SWITCH, offsetof(struct options, watch) },
	{ "add", OPTION_ADD, VALUES, offsetof(struct options, add) },
	{ "remove", OPTION_REMOVE, VALUES, offsetof(struct options, remove) },
	{ "set", OPTION_SET, VALUE, offsetof(struct options, set) },
	{ "alg", OPTION_ALG, VALUE, offsetof(struct options, alg) },
	{ "in", OPTION_IN, VALUE, offsetof(struct options, in) },
	{ "kind", OPTION_KIND, VALUE, offsetof(struct options, kind) },
	{ "type", OPTION_TYPE, VALUES, offsetof(struct options, types) },
	{ "since", OPTION_SINCE, VALUE, offsetof(struct options, since) },
	{ "exec", OPTION_EXEC, VALUE, offsetof(struct options, exec) },
	{ "format", OPTION_FORMAT, VALUE, offsetof(struct options, format) },
	{ "replace", OPTION_REPLACE, SWITCH, offsetof(struct options, replace) },
	{ "dry-run", OPTION_DRY_RUN, SWITCH, offsetof(struct options, dry_run) },
	{ "sink", OPTION_SINK, VALUE, offsetof(struct options, sink) },
};

#define KNOWN (sizeof(known) / sizeof(known[0]))

static int
append(struct option_list *l, const char *value)
{

	if (l->n == GROUP_OPTIONS_MAX) {
		ctl_say("an option is repeated too often");
		return (-1);
	}
	l->values[l->n++] = value;
	return (0);
}

static int
take(int flag, struct options *o)
{

	for (size_t i = 0; i < KNOWN; i++) {
		void *field = (char *)o + known[i].offset;

		if (known[i].flag != flag)
			continue;
		if (known[i].kind == VALUES)
			return (append(field, optarg));
		if (known[i].kind == VALUE)
			*(const char **)field = optarg;
		else
			*(bool *)field = true;
		return (0);
	}
	return (-1); /* getopt_long has said it */
}

/*
 * The id of a session, a key or an event may begin with a hyphen, as one of 64 does. It is taken for what it is; no option of
 * ours has one of these lengths without "=".
 */
static bool
is_id(const char *word)
{
	size_t n = strlen(word);

	return (word[0] == '-' &&
		(n == PUBLIC_SID_LEN || n == THUMBPRINT_LEN || n == SECRET_KID_LEN || n == EVENT_ID_LEN || n == EVENT_ID_MAX) &&
		str_is_word(str_of(word), "-_.", n));
}

/* Whether the word behind ${word} is its value. An option may be shortened. */
static bool
takes_next(const char *word, const struct option *table)
{
	size_t n = strlen(word);

	if (n < 3 || strncmp(word, "--", 2) != 0)
		return (false);
	for (; table->name != NULL; table++)
		if (table->has_arg == required_argument && strncmp(word + 2, table->name, n - 2) == 0)
			return (true);
	return (false);
}

static int
add_word(struct options *o, const char *word)
{

	if (o->n_args == WORDS_MAX) {
		ctl_say("one argument too many: %s", word);
		return (-1);
	}
	o->args[o->n_args++] = word;
	return (0);
}

/* Takes the ids with a hyphen out of the words, for getopt() not to see them. Returns how many words are left, or -1. */
static int
take_ids(int argc, char **argv, const struct option *table, struct options *out)
{
	int left = argc > 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			table = NULL; /* getopt() knows by itself */
		if (table == NULL || !is_id(argv[i]) || takes_next(argv[i - 1], table))
			argv[left++] = argv[i];
		else if (add_word(out, argv[i]) != 0)
			return (-1);
	}
	return (left);
}

/* Those that ${allowed} has, for getopt_long(). */
static void
fill_table(unsigned allowed, struct option table[KNOWN + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < KNOWN; i++)
		if (((unsigned)known[i].flag & allowed) != 0)
			table[n++] = (struct option){ known[i].name, known[i].kind == SWITCH ? no_argument : required_argument,
				NULL, known[i].flag };
	table[n] = (struct option){ 0 };
}

int
options_parse(int argc, char **argv, unsigned allowed, struct options *out)
{
	struct option table[KNOWN + 1];
	int flag;

	fill_table(allowed, table);
	memset(out, 0, sizeof(*out));
	if ((argc = take_ids(argc, argv, table, out)) < 0)
		return (-1);
	argv[0] = program_invocation_name; /* whose complaints these are */
	optind = 0;                        /* GNU: start over, main() has read its own options */
	while ((flag = getopt_long(argc, argv, "", table, NULL)) != -1)
		if (take(flag, out) != 0)
			return (-1);
	for (; optind < argc; optind++)
		if (add_word(out, argv[optind]) != 0)
			return (-1);
	return (0);
}

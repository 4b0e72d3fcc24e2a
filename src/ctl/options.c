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
 * The id of a session or of a key may begin with a hyphen. As the first word after the command it is taken for what it is; no
 * option of ours has one of these lengths without "=". Elsewhere "--" helps.
 */
static bool
is_id(const char *word)
{
	size_t n = strlen(word);

	return (word[0] == '-' && (n == PUBLIC_SID_LEN || n == THUMBPRINT_LEN || n == SECRET_KID_LEN) &&
		str_is_word(str_of(word), "-_", n));
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
	if (argc > 1 && is_id(argv[1])) {
		out->args[out->n_args++] = argv[1];
		argv[1] = argv[0];
		argc--;
		argv++;
	}
	argv[0] = program_invocation_name; /* whose complaints these are */
	optind = 0;                        /* GNU: start over, main() has read its own options */
	while ((flag = getopt_long(argc, argv, "", table, NULL)) != -1)
		if (take(flag, out) != 0)
			return (-1);
	for (; optind < argc; optind++) {
		if (out->n_args == WORDS_MAX) {
			ctl_say("one argument too many: %s", argv[optind]);
			return (-1);
		}
		out->args[out->n_args++] = argv[optind];
	}
	return (0);
}

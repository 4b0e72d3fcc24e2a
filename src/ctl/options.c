/* SPDX-License-Identifier: ISC */
/*
 * The options of a command: only those its row allows are known to getopt, so an option in the wrong place is an unknown one.
 */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "base/str.h"
#include "ctl/ctl.h"

#include "ctl/options.h"

#define THUMBPRINT_LEN 43 /* the kid of a signing key: SHA-256 in base64url; of an HS256 secret half of it */
#define SECRET_KID_LEN 22

static const struct {
	struct option option;
	unsigned flag;
} known[] = {
	{ { "json", no_argument, NULL, OPTION_JSON }, OPTION_JSON },
	{ { "password-stdin", no_argument, NULL, OPTION_STDIN }, OPTION_STDIN },
	{ { "group", required_argument, NULL, OPTION_GROUP }, OPTION_GROUP },
	{ { "user", required_argument, NULL, OPTION_USER }, OPTION_USER },
	{ { "device", required_argument, NULL, OPTION_DEVICE }, OPTION_DEVICE },
	{ { "ip", required_argument, NULL, OPTION_IP }, OPTION_IP },
	{ { "at", required_argument, NULL, OPTION_AT }, OPTION_AT },
	{ { "all", no_argument, NULL, OPTION_ALL }, OPTION_ALL },
	{ { "reason", required_argument, NULL, OPTION_REASON }, OPTION_REASON },
	{ { "limit", required_argument, NULL, OPTION_LIMIT }, OPTION_LIMIT },
	{ { "strict", no_argument, NULL, OPTION_STRICT }, OPTION_STRICT },
	{ { "watch", no_argument, NULL, OPTION_WATCH }, OPTION_WATCH },
	{ { "add", required_argument, NULL, OPTION_ADD }, OPTION_ADD },
	{ { "remove", required_argument, NULL, OPTION_REMOVE }, OPTION_REMOVE },
	{ { "set", required_argument, NULL, OPTION_SET }, OPTION_SET },
	{ { "alg", required_argument, NULL, OPTION_ALG }, OPTION_ALG },
	{ { "in", required_argument, NULL, OPTION_IN }, OPTION_IN },
	{ { "kind", required_argument, NULL, OPTION_KIND }, OPTION_KIND },
	{ { "type", required_argument, NULL, OPTION_TYPE }, OPTION_TYPE },
	{ { "since", required_argument, NULL, OPTION_SINCE }, OPTION_SINCE },
	{ { "exec", required_argument, NULL, OPTION_EXEC }, OPTION_EXEC },
	{ { "format", required_argument, NULL, OPTION_FORMAT }, OPTION_FORMAT },
	{ { "replace", no_argument, NULL, OPTION_REPLACE }, OPTION_REPLACE },
	{ { "dry-run", no_argument, NULL, OPTION_DRY_RUN }, OPTION_DRY_RUN },
	{ { "sink", required_argument, NULL, OPTION_SINK }, OPTION_SINK },
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

	switch (flag) {
	case OPTION_JSON:
		o->json = true;
		return (0);
	case OPTION_STDIN:
		o->password_stdin = true;
		return (0);
	case OPTION_ALL:
		o->all = true;
		return (0);
	case OPTION_REPLACE:
		o->replace = true;
		return (0);
	case OPTION_DRY_RUN:
		o->dry_run = true;
		return (0);
	case OPTION_FORMAT:
		o->format = optarg;
		return (0);
	case OPTION_STRICT:
		o->strict = true;
		return (0);
	case OPTION_WATCH:
		o->watch = true;
		return (0);
	case OPTION_USER:
		o->user = optarg;
		return (0);
	case OPTION_DEVICE:
		o->device = optarg;
		return (0);
	case OPTION_IP:
		o->ip = optarg;
		return (0);
	case OPTION_AT:
		o->at = optarg;
		return (0);
	case OPTION_REASON:
		o->reason = optarg;
		return (0);
	case OPTION_LIMIT:
		o->limit = optarg;
		return (0);
	case OPTION_GROUP:
		return (append(&o->groups, optarg));
	case OPTION_ADD:
		return (append(&o->add, optarg));
	case OPTION_REMOVE:
		return (append(&o->remove, optarg));
	case OPTION_SET:
		o->set = optarg;
		return (0);
	case OPTION_ALG:
		o->alg = optarg;
		return (0);
	case OPTION_IN:
		o->in = optarg;
		return (0);
	case OPTION_KIND:
		o->kind = optarg;
		return (0);
	case OPTION_TYPE:
		return (append(&o->types, optarg));
	case OPTION_SINCE:
		o->since = optarg;
		return (0);
	case OPTION_EXEC:
		o->exec = optarg;
		return (0);
	case OPTION_SINK:
		o->sink = optarg;
		return (0);
	default:
		return (-1); /* getopt_long has said it */
	}
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

int
options_parse(int argc, char **argv, unsigned allowed, struct options *out)
{
	struct option table[KNOWN + 1];
	size_t n = 0;
	int flag;

	for (size_t i = 0; i < KNOWN; i++)
		if ((known[i].flag & allowed) != 0)
			table[n++] = known[i].option;
	memset(&table[n], 0, sizeof(table[n]));
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

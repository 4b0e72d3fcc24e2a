/* SPDX-License-Identifier: ISC */
/* doorwardctl: the operator's tool. One row of the table below is one command; each stands in a small file of its own. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config.h"
#include "config/load.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/options.h"

/* The command reads the configuration itself, or does without. */
#define BARE true
#define ANY SIZE_MAX

static const struct command {
	const char *word, *verb; /* verb NULL = one word only */
	size_t args;             /* that must stand beside the options; kick: at most; ANY: as many as there are */
	unsigned options;        /* OPTION_* it takes */
	bool bare;
	int (*run)(struct ctl *c, const struct options *o);
	const char *usage;
} commands[] = {
	{ "user", "add", 1, OPTION_GROUP | OPTION_STDIN | OPTION_JSON, false, user_add,
	    "NAME [--group GROUP]... [--password-stdin] [--json]" },
	{ "user", "passwd", 1, OPTION_STDIN, false, change_password, "NAME [--password-stdin]" },
	{ "user", "disable", 1, 0, false, change_disable, "NAME" },
	{ "user", "enable", 1, 0, false, change_enable, "NAME" },
	{ "user", "unlock", 1, 0, false, unlock_command, "NAME" },
	{ "user", "delete", 1, 0, false, change_delete, "NAME" },
	{ "user", "groups", 1, OPTION_ADD | OPTION_REMOVE | OPTION_SET | OPTION_JSON, false, groups_command,
	    "NAME [--set GROUP,...] [--add GROUP]... [--remove GROUP]... [--json]" },
	{ "user", "import", 1, OPTION_FORMAT | OPTION_GROUP | OPTION_REPLACE | OPTION_DRY_RUN, false, user_import,
	    "FILE|- [--format htpasswd|csv] [--group GROUP]... [--replace] [--dry-run]" },
	{ "user", "list", 0, OPTION_JSON, false, user_list, "[--json]" },
	{ "user", "show", 1, OPTION_JSON, false, user_show, "NAME [--json]" },
	{ "userdb", "init", 0, 0, false, userdb_init, "" },
	{ "session", "list", 0, OPTION_USER | OPTION_LIMIT | OPTION_JSON, false, session_list_command,
	    "[--user NAME] [--limit N] [--json]" },
	{ "session", "show", 1, OPTION_JSON, false, session_show, "SID [--json]" },
	{ "session", "kick", 1, OPTION_USER | OPTION_DEVICE | OPTION_ALL | OPTION_REASON | OPTION_JSON, false, kick_command,
	    "SID | --user NAME [--device DEVICE] | --all [--reason TEXT] [--json]" },
	{ "key", "list", 0, OPTION_JSON, false, key_list, "[--json]" },
	{ "key", "generate", 0, OPTION_ALG | OPTION_IN | OPTION_KIND, false, key_generate,
	    "[--alg ALG] [--in DURATION] [--kind signing|token]" },
	{ "key", "retire", 1, 0, false, key_retire, "KID" },
	{ "outbox", "status", 0, OPTION_JSON, false, outbox_status, "[--json]" },
	{ "outbox", "dead", 0, OPTION_SINK | OPTION_JSON, false, outbox_dead, "[--sink SINK] [--json]" },
	{ "outbox", "retry", ANY, OPTION_SINK, false, outbox_retry, "[--sink SINK] [ID]..." },
	{ "outbox", "drop", ANY, OPTION_SINK, false, outbox_drop, "--sink SINK ID..." },
	{ "outbox", "forget", 1, 0, false, outbox_forget, "SINK" },
	{ "ledger", "list", 0, OPTION_USER | OPTION_SINCE | OPTION_LIMIT | OPTION_JSON, false, ledger_list,
	    "[--user NAME] [--since DURATION] [--limit N] [--json]" },
	{ "risk", "explain", 1, OPTION_IP | OPTION_DEVICE | OPTION_AT | OPTION_JSON, false, risk_explain,
	    "USER [--ip ADDRESS] [--device DEVICE] [--at TIME] [--json]" },
	{ "audit", "verify", ANY, 0, BARE, audit_verify, "FILE..." },
	{ "watch", NULL, 0, OPTION_TYPE | OPTION_USER | OPTION_SINCE | OPTION_EXEC, false, watch_command,
	    "[--type TYPE]... [--user NAME] [--since DURATION|ID] [--exec COMMAND]" },
	{ "spool", "status", 0, OPTION_JSON, false, spool_status_command, "[--json]" },
	{ "spool", "list", 0, OPTION_JSON, false, spool_list_command, "[--json]" },
	{ "spool", "replay", 0, OPTION_JSON, false, spool_replay_command, "[--json]" },
	{ "status", NULL, 0, OPTION_JSON | OPTION_WATCH, false, status_command, "[--json | --watch]" },
	{ "config", "test", 0, OPTION_STRICT, BARE, conf_test, "[--strict]" },
	{ "config", "dump", 0, 0, BARE, conf_dump, "" },
	{ "hash", NULL, 0, 0, BARE, hash_command, "< PASSWORD" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
print_usage(FILE *out)
{

	fputs("usage: doorwardctl [-c FILE] COMMAND\n       doorwardctl -h | --help | -V | --version\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *k = &commands[i];

		fprintf(out, "  %s%s%s%s%s\n", k->word, k->verb != NULL ? " " : "", k->verb != NULL ? k->verb : "",
		    k->usage[0] != '\0' ? " " : "", k->usage);
	}
}

/* "user add --help": who asks at the end of a command is told, too. After "--" it is a name. */
static bool
asks_for_help(int argc, char **argv)
{

	return (argc > 1 && (strcmp(argv[argc - 1], "--help") == 0 || strcmp(argv[argc - 1], "-h") == 0) &&
		strcmp(argv[argc - 2], "--") != 0);
}

/* The command of the ${argc} words at ${argv}, or NULL after saying that there is none. */
static const struct command *
find(int argc, char **argv)
{
	bool word = false;

	for (size_t i = 0; argc > 0 && i < COMMANDS; i++) {
		const struct command *k = &commands[i];

		if (strcmp(k->word, argv[0]) != 0)
			continue;
		word = true;
		if (k->verb == NULL || (argc > 1 && strcmp(k->verb, argv[1]) == 0))
			return (k);
	}
	if (argc == 0)
		ctl_say("no command");
	else if (word && argc > 1)
		ctl_say("unknown command: %s %s", argv[0], argv[1]);
	else
		ctl_say("%s command: %s", word ? "incomplete" : "unknown", argv[0]);
	ctl_say("usage: doorwardctl [-c FILE] COMMAND; doorwardctl -h lists the commands");
	return (NULL);
}

static int
usage_of(const struct command *k)
{

	ctl_say("usage: doorwardctl %s%s%s %s", k->word, k->verb != NULL ? " " : "", k->verb != NULL ? k->verb : "", k->usage);
	return (CTL_USAGE);
}

static int
run(const char *file, int argc, char **argv)
{
	const struct command *k;
	struct ctl c = { .file = file };
	struct options o;
	int words, result;

	if (asks_for_help(argc, argv)) {
		print_usage(stdout);
		return (CTL_DONE);
	}
	if ((k = find(argc, argv)) == NULL)
		return (CTL_USAGE);
	words = k->verb == NULL ? 1 : 2;
	if (options_parse(argc - words + 1, argv + words - 1, k->options, &o) != 0)
		return (usage_of(k));
	if (k->args != ANY && o.n_args != k->args && (k->run != kick_command || o.n_args > k->args))
		return (usage_of(k));
	if (!k->bare && ctl_config(&c) != 0)
		return (CTL_FAILED);
	if ((result = k->run(&c, &o)) == CTL_USAGE)
		(void)usage_of(k);
	ctl_close(&c);
	return (result);
}

/* What was printed must have arrived: a list that a full disk cut off is not a list. */
static int
finish(int result)
{

	if (fflush(stdout) == 0 && !ferror(stdout))
		return (result);
	ctl_say("standard output cannot be written");
	return (CTL_FAILED);
}

int
main(int argc, char **argv)
{
	static const struct option words[] = { { "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' },
		{ 0 } };
	const char *file = config_file();
	int flag;

	signal(SIGPIPE, SIG_IGN); /* Redis may go away while it is written to; and a reader of ours is told of by finish() */
	(void)log_open(NULL, LOG_LEVEL_ERROR);
	log_name("doorwardctl");
	while ((flag = getopt_long(argc, argv, "+c:hV", words, NULL)) != -1)
		switch (flag) {
		case 'c':
			file = optarg;
			break;
		case 'h':
			print_usage(stdout);
			return (finish(CTL_DONE));
		case 'V':
			printf("doorwardctl %s\n", PACKAGE_VERSION);
			return (finish(CTL_DONE));
		default:
			print_usage(stderr);
			return (CTL_USAGE);
		}
	return (finish(run(file, argc - optind, argv + optind)));
}

/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/options.h"
#include "doorward/store.h"

#define WORDS 12

static struct options o; /* holds some ten thousand pointers: not on the stack */

/* Reads ${line}, words with a blank between them, of a command that takes ${allowed}. */
static int
parse(const char *line, unsigned allowed)
{
	static char text[256];
	static char *argv[WORDS + 1];
	int argc = 0;

	snprintf(text, sizeof(text), "%s", line);
	for (char *word = strtok(text, " "); word != NULL && argc < WORDS; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return (options_parse(argc, argv, allowed, &o));
}

/* An option in the place of another command's is unknown there, and one that needs a value has one. */
static void
where_they_belong(void **state)
{
	static const struct {
		const char *line;
		unsigned allowed;
		int rc;
	} t[] = {
		{ "list", 0, 0 },
		{ "list --json", OPTION_JSON, 0 },
		{ "list --json", 0, -1 },
		{ "list --json", OPTION_USER, -1 },
		{ "list --user alice", OPTION_USER, 0 },
		{ "list --user=alice --json", OPTION_USER | OPTION_JSON, 0 },
		{ "list --user", OPTION_USER, -1 },
		{ "list --json=yes", OPTION_JSON, -1 },
		{ "show alice bob", OPTION_JSON, 0 }, /* how many there may be the table of commands says */
		{ "show -x", OPTION_JSON, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_int_equal(parse(t[i].line, t[i].allowed), t[i].rc);
}

static void
values(void **state)
{

	(void)state;
	assert_int_equal(parse("kick --reason why --user alice --device d", OPTION_REASON | OPTION_USER | OPTION_DEVICE), 0);
	assert_string_equal(o.user, "alice");
	assert_int_equal(parse("kick --user alice --device d --all", OPTION_USER | OPTION_DEVICE | OPTION_ALL), 0);
	assert_string_equal(o.device, "d");
	assert_true(o.all);
	assert_null(o.reason); /* of the call before */
	assert_int_equal(parse("groups alice --add a --add b --remove c", OPTION_ADD | OPTION_REMOVE | OPTION_SET), 0);
	assert_int_equal(parse("groups --add=a --add=b --remove=c alice", OPTION_ADD | OPTION_REMOVE | OPTION_SET), 0);
	assert_int_equal(o.add.n, 2);
	assert_string_equal(o.add.values[1], "b");
	assert_int_equal(o.remove.n, 1);
	assert_null(o.set);
	assert_int_equal(o.n_args, 1);
	assert_string_equal(o.args[0], "alice");
}

/* One id of 64 begins with a hyphen: it is no option, wherever it stands. */
static void
ids_with_a_hyphen(void **state)
{
	char sid[PUBLIC_SID_LEN + 1], line[128];

	(void)state;
	memset(sid, 'a', PUBLIC_SID_LEN);
	sid[PUBLIC_SID_LEN] = '\0';
	sid[0] = '-';
	snprintf(line, sizeof(line), "show %s --json", sid);
	assert_int_equal(parse(line, OPTION_JSON), 0);
	assert_int_equal(o.n_args, 1);
	assert_string_equal(o.args[0], sid);
	assert_true(o.json);
	snprintf(line, sizeof(line), "show --json %s", sid);
	assert_int_equal(parse(line, OPTION_JSON), 0);
	assert_string_equal(o.args[0], sid);
	assert_true(o.json);
	snprintf(line, sizeof(line), "show --json -- %s", sid);
	assert_int_equal(parse(line, OPTION_JSON), 0);
	assert_int_equal(o.n_args, 1);
	assert_string_equal(o.args[0], sid);
	snprintf(line, sizeof(line), "retry %s --sink moody %s", sid, sid);
	assert_int_equal(parse(line, OPTION_SINK), 0);
	assert_int_equal(o.n_args, 2);
	assert_string_equal(o.sink, "moody");
	snprintf(line, sizeof(line), "watch --json --since %s", sid); /* the value of an option */
	assert_int_equal(parse(line, OPTION_JSON | OPTION_SINCE), 0);
	assert_int_equal(o.n_args, 0);
	assert_string_equal(o.since, sid);
	memset(sid + EVENT_ID_LEN, 0, 1);
	snprintf(line, sizeof(line), "drop --sink=moody %s.bcdefghijkl", sid); /* the event of one session of several */
	assert_int_equal(parse(line, OPTION_SINK), 0);
	assert_int_equal(o.n_args, 1);
	sid[10] = '\0'; /* no id */
	snprintf(line, sizeof(line), "show %s", sid);
	assert_int_equal(parse(line, OPTION_JSON), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_they_belong),
		cmocka_unit_test(values),
		cmocka_unit_test(ids_with_a_hyphen),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

/* SPDX-License-Identifier: ISC */
#include <limits.h>
#include <unistd.h>

#include "config/fixed.h"
#include "config/load.h"
#include "config/table.h"
#include "file.h"

#define SAMPLE_MAX 32768

static const char srcdir_default[] = ".";
static char source_dir[4096];

static struct config *
load(const char *text, char *err)
{

	err[0] = '\0';
	file_write("t.conf", text, strlen(text), 0600);
	return (config_load("t.conf", err, CONFIG_ERROR_MAX));
}

static struct config *
load_good(const char *text)
{
	char err[CONFIG_ERROR_MAX];
	struct config *c = load(text, err);

	if (c == NULL)
		fail_msg("refused: %s", err);
	return (c);
}

static const struct {
	const char *text;
	const char *error;
} refused[] = {
	{ "a = ;", "t.conf:1: syntax error: a has no value" },
	{ "session: {\n\tidle = 30m;\n};", "t.conf:2: syntax error: texts, durations and sizes need quotes: idle = \"30m\";" },
	{ "issuer = https://example.org/auth;\nmount = \"/auth\";",
	    "t.conf:1: syntax error: texts, durations and sizes need quotes: issuer = \"https://example.org/auth\";" },
	{ "require_tls = yes;", "t.conf:1: syntax error: require_tls = true;" },
	{ "session: { policy = \"fixed\"; idle = 30m; };",
	    "t.conf:1: syntax error: texts, durations and sizes need quotes: idle = \"30m\";" },
	{ "redis: { spawn = yes; };", "t.conf:1: syntax error: spawn = true;" },
	{ "listen {\n\tmode = \"0660\";\n};", "t.conf:1: syntax error: a group is written listen: { … };" },
	{ "listen { mode = \"0660\"; };", "t.conf:1: syntax error: a group is written listen: { … };" },
	{ "seccomp = Off;", "t.conf:1: syntax error: seccomp = false;" },
	{ "session.idle = \"30m\";", "t.conf:1: syntax error: an option of a group is written session: { idle = …; };" },
	{ "workers: {\n\tcheck = 2\n", "t.conf:3: syntax error" },
	{ "mount = \"/a\";\nmount = \"/b\";", "t.conf:2: mount: duplicate setting name" },
	{ "nosuch = 1;", "t.conf:1: nosuch: there is no such option" },
	{ "sesion: { idle = \"3m\"; };", "t.conf:1: sesion: there is no such option, did you mean session?" },
	{ "nosuch: { a = 1; };", "t.conf:1: nosuch: there is no such option" },
	{ "\n\nworkers: {\n\n\tchec = 1;\n};", "t.conf:5: workers.chec: there is no such option, did you mean workers.check?" },
	{ "session: { idel = \"30m\"; };", "t.conf:1: session.idel: there is no such option, did you mean session.idle?" },
	{ "redis_url = \"x\";", "t.conf:1: redis_url: there is no such option, did you mean redis.url?" },
	{ "clients = ( { id = \"a\"; secretfile = \"/x\"; } );",
	    "t.conf:1: clients[0].secretfile: there is no such option, did you mean secret_file?" },
	{ "nosuch = 1;\nsession: {\n\tidle = 30;\n\tabsolute = \"1x\";\n};\nmount = \"auth\";",
	    "t.conf:1: nosuch: there is no such option\n"
	    "t.conf:3: session.idle: must be in quotes and with a unit: a duration is a number with a unit, ms, s, m, h or d, "
	    "as in \"30s\"\n"
	    "t.conf:4: session.absolute: \"1x\" has an unknown unit: a duration is a number with a unit, ms, s, m, h or d, as "
	    "in \"30s\"\n"
	    "t.conf:6: mount: \"auth\" is not a path such as /auth: it begins with '/' and ends without" },
	{ "workers: { check: { a = 1; }; };", "t.conf:1: workers.check: must be a whole number, without quotes" },
	{ "workers = 4;", "t.conf:1: workers: is a group, as in workers: { … };" },
	{ "login = 4;", "t.conf:1: login: there is no such option, did you mean workers.login?" },
	{ "workers: { check = \"4\"; };", "t.conf:1: workers.check: must be a whole number, without quotes" },
	{ "workers: { check = 4.0; };", "t.conf:1: workers.check: must be a whole number, without quotes" },
	{ "workers: { check = true; };", "t.conf:1: workers.check: must be a whole number, without quotes" },
	{ "workers: { check = -1; };", "t.conf:1: workers.check: -1 is out of range, 0 to 120 is allowed" },
	{ "workers: { check = 121; };", "t.conf:1: workers.check: 121 is out of range, 0 to 120 is allowed" },
	{ "workers: { check = 5000000000; };", "t.conf:1: workers.check: 5000000000 is out of range" },
	{ "workers: { check = 5000000000L; };", "t.conf:1: workers.check: 5000000000 is out of range, 0 to 120 is allowed" },
	/* 2^32 + 4 would wrap to a value that looks right */
	{ "workers: { check = 4294967300; };", "t.conf:1: workers.check: 4294967300 is out of range" },
	{ "session: { idle = 30; };",
	    "t.conf:1: session.idle: must be in quotes and with a unit: a duration is a number with a unit, ms, s, m, "
	    "h or d, as in "
	    "\"30s\"" },
	{ "session: { idle = \"30\"; };",
	    "t.conf:1: session.idle: \"30\" has no unit: a duration is a number with a unit, ms, s, m, h or d, as in "
	    "\"30s\"" },
	{ "session: { idle = \"0s\"; };", "t.conf:1: session.idle: \"0s\" is out of range, 1s to 3650d is allowed" },
	{ "refresh: { grace = \"61s\"; };", "t.conf:1: refresh.grace: \"61s\" is out of range, 0s to 1m is allowed" },
	{ "access: { ttl = \"61m\"; };", "t.conf:1: access.ttl: \"61m\" is out of range, 1s to 1h is allowed" },
	{ "access: { alg = \"none\"; };", "t.conf:1: access.alg: \"none\" is not one of EdDSA, ES256, RS256, HS256" },
	{ "logout: { keep = \"59m\"; };", "t.conf:1: logout.keep: \"59m\" is out of range, 1h to 3650d is allowed" },
	{ "session: { limit = 0; };", "t.conf:1: session.limit: 0 is out of range, 1 to 1000 is allowed" },
	{ "session: { limit = 1001; };", "t.conf:1: session.limit: 1001 is out of range, 1 to 1000 is allowed" },
	{ "session: { policy = 1; };", "t.conf:1: session.policy: must be a string, in quotes" },
	{ "session: { limit_policy = \"drop\"; };",
	    "t.conf:1: session.limit_policy: \"drop\" is not one of replace_oldest, reject" },
	{ "require_tls = \"false\";", "t.conf:1: require_tls: must be true or false, without quotes" },
	{ "require_tls = 0;", "t.conf:1: require_tls: must be true or false, without quotes" },
	{ "listen: { mode = 660; };", "t.conf:1: listen.mode: must be a string, in quotes" },
	{ "listen: { mode = \"0999\"; };", "t.conf:1: listen.mode: \"0999\" is not a mode; write it as in \"0660\"" },
	{ "listen: { check = \"check.sock\"; };", "t.conf:1: listen.check: \"check.sock\" is not an absolute path" },
	{ "listen: { check = \"\"; };", "t.conf:1: listen.check: must not be empty" },
	{ "origins = \"https://h\";", "t.conf:1: origins: must be a list of strings, as in [ \"a\", \"b\" ]" },
	{ "origins = ( 1 );", "t.conf:1: origins: element 1 is not a string" },
	{ "origins = [ \"https://h\", \"\" ];", "t.conf:1: origins: must not be empty" },
	{ "cookie_name = \"\";", "t.conf:1: cookie_name: must not be empty" },
	{ "@include \"inc.conf\"", "inc.conf:2: log.level: \"loud\" is not one of error, warn, info, debug" },
	{ "log: { @include \"x\" };", "t.conf:1: log: @include \"x\": No such file or directory" },
	{ "clients = 1;", "t.conf:1: clients: must be a list of groups, as in ( { id = \"app\"; } )" },
	{ "clients = { id = \"a\"; };", "t.conf:1: clients: must be a list of groups, as in ( { id = \"app\"; } )" },
	{ "clients = ( \"a\" );", "t.conf:1: clients[0]: must be a group, as in { id = \"app\"; }" },
	{ "clients = ( { id = \"a\"; },\n{ policy = \"fixed\"; } );", "t.conf:2: clients[1].id: is missing" },
	{ "clients = ( { id = \"\"; } );", "t.conf:1: clients[0].id: must not be empty" },
	{ "clients = ( { id = \"a b\"; } );",
	    "t.conf:1: clients[0].id: \"a b\" is not an id: letters, digits, '.', '_' and '-'" },
	{ "clients = ( { id = 7; } );", "t.conf:1: clients[0].id: must be a string, in quotes" },
	{ "clients = ( { id = \"a\"; }, { id = \"a\"; } );", "t.conf:1: clients[1].id: there is already a client \"a\"" },
	{ "clients = ( { id = \"a\"; secret = \"x\"; } );", "t.conf:1: clients[0].secret: there is no such option" },
	{ "alerts = 1;", "t.conf:1: alerts: must be a list of groups, as in ( { name = \"spray\"; … } )" },
	{ "alerts = ( 1 );", "t.conf:1: alerts[0]: must be a group, as in { name = \"spray\"; event = \"login_failed\"; … }" },
	{ "alerts = ( { } );", "t.conf:1: alerts[0].name: is missing\nt.conf:1: alerts[0].event: is missing\n"
			       "t.conf:1: alerts[0].count: is missing" },
	{ "alerts = ( { name = \"A b\"; event = \"login\"; count = 1; } );",
	    "t.conf:1: alerts[0].name: \"A b\" is not a name: lower case letters, digits, '-' and '_'" },
	{ "alerts = ( { name = \"a\"; event = \"login\"; count = 1; },\n{ name = \"a\"; event = \"kick\"; count = 1; } );",
	    "t.conf:2: alerts[1].name: there is already an alert \"a\"" },
	{ "alerts = ( { name = \"a\"; event = \"logins\"; count = 1; } );",
	    "t.conf:1: alerts[0].event: there is no event \"logins\"" },
	{ "alerts = ( { name = \"a\"; event = \"alert\"; count = 1; } );",
	    "t.conf:1: alerts[0].event: \"alert\" is what alerts are told by, and is not counted" },
	{ "alerts = ( { name = \"a\"; event = \"login\"; count = 0; } );",
	    "t.conf:1: alerts[0].count: 0 is out of range, 1 to 100000 is allowed" },
	{ "alerts = ( { name = \"a\"; event = \"login\"; count = 1; window = \"25s\"; } );",
	    "t.conf:1: alerts[0].window: must be a multiple of step" },
	{ "alerts = ( { name = \"a\"; event = \"login\"; count = 1; window = \"2h\"; } );",
	    "t.conf:1: alerts[0].step: must be longer: a window has at most 60 steps" },
	{ "alerts = ( { name = \"a\"; event = \"login\"; count = 1; step = \"1500ms\"; } );",
	    "t.conf:1: alerts[0].step: \"1500ms\" is not a whole number of seconds" },
	{ "alerts = ( { name = \"a\"; event = \"login\"; count = 1; by = \"name\"; } );",
	    "t.conf:1: alerts[0].by: \"name\" is not one of all, user, ip" },
	{ "alerts = ( { name = \"a\"; event = \"login\"; count = 1; action = \"kick\"; } );",
	    "t.conf:1: alerts[0].action: \"kick\" is not one of none, revoke" },
	{ "alerts = ( { name = \"a\"; event = \"login\"; count = 1; by = \"ip\"; action = \"revoke\"; } );",
	    "t.conf:1: alerts[0].action: \"revoke\" needs by = \"user\": whose sessions should end?" },
	{ "alerts = ( { name = \"a\"; event = \"login\"; count = 1; every = 1; } );",
	    "t.conf:1: alerts[0].every: there is no such option" },
	{ "trace: { otlp = \"collector:4318\"; };",
	    "t.conf:1: trace.otlp: \"collector:4318\" is not an address as in \"http://127.0.0.1:4318\"" },
	{ "trace: { otlp = \"http://c:4318/v1/traces\"; };", "t.conf:1: trace.otlp: leave /v1/traces away: it is added" },
	{ "trace: { sample = \"1.01\"; };", "t.conf:1: trace.sample: \"1.01\" is not a number from \"0\" to \"1\"" },
	{ "trace: { sample = \"nan\"; };", "t.conf:1: trace.sample: \"nan\" is not a number from \"0\" to \"1\"" },
	{ "sinks = [ \"a\" ];", "t.conf:1: sinks: must be a list of groups, as in ( { name = \"apps\"; … } )" },
	{ "sinks = 1;", "t.conf:1: sinks: must be a list of groups, as in ( { name = \"apps\"; … } )" },
	{ "sinks = ( 1 );", "t.conf:1: sinks[0]: must be a group, as in { name = \"apps\"; type = \"webhook\"; … }" },
	{ "sinks = ( { type = \"exec\"; command = [ \"/bin/true\" ]; } );", "t.conf:1: sinks[0].name: is missing" },
	{ "sinks = ( { name = \"a\"; command = [ \"/bin/true\" ]; } );", "t.conf:1: sinks[0].type: is missing" },
	{ "sinks = ( { name = \"a\"; type = \"mail\"; } );",
	    "t.conf:1: sinks[0].type: \"mail\" is not one of webhook, set, backchannel, amqp, exec" },
	{ "sinks = ( { name = \"ledger\"; type = \"exec\"; command = [ \"/bin/true\" ]; } );",
	    "t.conf:1: sinks[0].name: \"ledger\" is the one that is always there" },
	{ "sinks = ( { name = \"A b\"; type = \"exec\"; command = [ \"/bin/true\" ]; } );",
	    "t.conf:1: sinks[0].name: \"A b\" is not a name: lower case letters, digits, '-' and '_'" },
	{ "sinks = ( { name = \"a\"; type = \"exec\"; command = [ \"/bin/true\" ]; },\n"
	  "{ name = \"a\"; type = \"exec\"; command = [ \"/bin/true\" ]; } );",
	    "t.conf:2: sinks[1].name: there is already a sink \"a\"" },
	{ "sinks = ( { name = \"a\"; type = \"exec\"; } );",
	    "t.conf:1: sinks[0].command: is missing: a sink of type \"exec\" needs it" },
	{ "sinks = ( { name = \"a\"; type = \"exec\"; command = [ ]; } );", "t.conf:1: sinks[0].command: must not be empty" },
	{ "sinks = ( { name = \"a\"; type = \"exec\"; command = [ \"true\" ]; } );",
	    "t.conf:1: sinks[0].command: \"true\" is not an absolute path" },
	{ "sinks = ( { name = \"a\"; type = \"exec\"; command = [ \"/bin/true\" ]; url = \"https://a\"; } );",
	    "t.conf:1: sinks[0].url: is not for a sink of type \"exec\"" },
	{ "sinks = ( { name = \"a\"; type = \"exec\"; command = [ \"/bin/true\" ]; event = [ ]; } );",
	    "t.conf:1: sinks[0].event: there is no such option, did you mean events?" },
	{ "sinks = ( { name = \"a\"; type = \"exec\"; command = [ \"/bin/true\" ]; events = [ \"logout\", \"out\" ]; } );",
	    "t.conf:1: sinks[0].events: there is no event \"out\"" },
	{ "sinks = ( { name = \"a\"; type = \"set\"; url = \"ftp://a\"; audience = \"b\"; } );",
	    "t.conf:1: sinks[0].url: \"ftp://a\" is not https://… or, with allow_private, http://…" },
	{ "sinks = ( { name = \"a\"; type = \"set\"; url = \"https://a:b@c/\"; audience = \"b\"; } );",
	    "t.conf:1: sinks[0].url: must not have a password in it" },
	{ "sinks = ( { name = \"a\"; type = \"amqp\"; url = \"amqps://u:p@c/\"; } );",
	    "t.conf:1: sinks[0].url: must not have a password in it" },
	{ "sinks = ( { name = \"a\"; type = \"webhook\"; url = \"https://a\"; secret_file = \"/none\"; } );",
	    "t.conf:1: sinks[0].secret_file: \"/none\": No such file or directory" },
	{ "access: { alg = \"HS256\"; };\nsinks = ( { name = \"a\"; type = \"set\"; url = \"https://a\"; audience = \"b\"; } "
	  ");",
	    "t.conf:2: sinks[0].type: \"set\" sends tokens that others verify: access.alg must not be \"HS256\"" },
	{ "clients = ( { id = \"a\"; idle = \"x\"; } );",
	    "t.conf:1: clients[0].idle: \"x\" has no number: a duration is a number with a unit, ms, s, m, h or d, as "
	    "in \"30s\"" },
};

/* What is guessed of a line is the same where the file has a whole path, as a daemon's has. The guesses are of one line. */
static void
refuses_by_path(const char *error)
{
	char dir[PATH_MAX], path[PATH_MAX + 8], err[CONFIG_ERROR_MAX], expected[CONFIG_ERROR_MAX];

	if (strchr(error, '\n') != NULL || strncmp(error, "t.conf:", 7) != 0)
		return;
	assert_non_null(getcwd(dir, sizeof(dir)));
	snprintf(path, sizeof(path), "%s/t.conf", dir);
	snprintf(expected, sizeof(expected), "%s/%s", dir, error);
	assert_null(config_load(path, err, sizeof(err)));
	assert_string_equal(err, expected);
}

static void
test_refused(void **state)
{
	static const char inc[] = "\nlog: { level = \"loud\"; };";
	char err[CONFIG_ERROR_MAX];

	(void)state;
	file_write("inc.conf", inc, sizeof(inc) - 1, 0600);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (load(refused[i].text, err) != NULL)
			fail_msg("accepted: %s", refused[i].text);
		assert_string_equal(err, refused[i].error);
		refuses_by_path(refused[i].error);
	}
	assert_null(config_load("none.conf", err, sizeof(err)));
	assert_string_equal(err, "none.conf: No such file or directory");
	assert_null(config_load("/tmp", err, sizeof(err)));
	assert_string_equal(err, "/tmp: is not a regular file");
	assert_null(config_load("", err, sizeof(err)));
}

static void
test_defaults(void **state)
{
	struct config *c = load_good("");

	(void)state;
	assert_string_equal(c->file, "t.conf");
	assert_string_equal(c->user, "");
	assert_true(c->workers_check >= 2);
	assert_true(c->workers_login >= 1);
	assert_int_equal(c->drain_timeout, 30000);
	assert_int_equal(c->listen_mode, 0660);
	assert_string_equal(c->mount, "/auth");
	assert_null(c->origins[0]);
	assert_true(c->require_tls);
	assert_int_equal(c->session_policy, POLICY_SLIDING);
	assert_int_equal(c->session_idle, 30 * 60 * 1000);
	assert_false(c->session_reject);
	assert_string_equal(c->access_alg, "EdDSA");
	assert_string_equal(c->redis_url, "unix:/run/redis/redis-server.sock");
	assert_int_equal(c->log_level, 2);
	assert_int_equal(c->n_clients, 1);
	assert_string_equal(c->clients[0].id, "default");
	assert_string_equal(c->clients[0].secret_file, "");
	assert_int_equal(c->clients[0].access_ttl, 5 * 60 * 1000);
	config_free(c);
	config_free(NULL);
}

static void
test_values(void **state)
{
	struct config *c = load_good("workers: { check = 3; login = 1; };\n"
				     "listen: { mode = \"600\"; };\n"
				     "origins = [ \"https://a\", \"https://b\" ];\n"
				     "trusted_proxies = ( \"10.0.0.0/8\" );\n"
				     "require_tls = FALSE; issuer = \"http://h/auth\"; cookie_name = \"s\";\n"
				     "session: { policy = \"permanent\"; limit_policy = \"reject\"; };\n"
				     "log: { level = \"debug\"; };\n"
				     "title = \"Sign \" \"\\\"in\\\"\";\n"
				     "state_dir = \"/srv/d\"; redis: { spawn = true; };\n");

	(void)state;
	assert_int_equal(c->workers_check, 3);
	assert_int_equal(c->workers_login, 1);
	assert_int_equal(c->listen_mode, 0600);
	assert_string_equal(c->origins[1], "https://b");
	assert_null(c->origins[2]);
	assert_string_equal(c->trusted_proxies[0], "10.0.0.0/8");
	assert_false(c->require_tls);
	assert_int_equal(c->session_policy, POLICY_PERMANENT);
	assert_true(c->session_reject);
	assert_int_equal(c->log_level, 3);
	assert_string_equal(c->title, "Sign \"in\"");
	assert_string_equal(c->redis_url, "unix:/srv/d/redis/redis.sock");
	config_free(c);
}

static void
test_clients(void **state)
{
	struct config *c = load_good("session: { policy = \"fixed\"; absolute = \"8h\"; };\n"
				     "clients = ( { id = \"app\"; policy = \"permanent\"; refresh_absolute = \"90d\"; "
				     "},\n"
				     "            { id = \"A-z_0.9\"; } );\n");
	const struct client *app = config_client(c, "app"), *other = config_client(c, "A-z_0.9");

	(void)state;
	assert_int_equal(c->n_clients, 3);
	assert_ptr_equal(config_client(c, NULL), &c->clients[0]);
	assert_null(config_client(c, ""));
	assert_ptr_equal(config_client(c, "default"), &c->clients[0]);
	assert_null(config_client(c, "App"));
	assert_int_equal(app->policy, POLICY_PERMANENT);
	assert_int_equal(app->refresh_absolute, INT64_C(90) * 86400000);
	assert_int_equal(app->absolute, 8 * 3600000);
	assert_int_equal(other->policy, POLICY_FIXED);
	assert_int_equal(other->refresh_absolute, 7 * 86400000);
	config_free(c);

	c = load_good("clients = ( { id = \"app\"; }, { id = \"default\"; idle = \"1m\"; } );");
	assert_int_equal(c->n_clients, 2);
	assert_string_equal(c->clients[0].id, "app");
	assert_int_equal(config_client(c, NULL)->idle, 60000);
	config_free(c);
}

static void
test_sinks(void **state)
{
	struct config *c = load_good(
	    "sinks = ( { name = \"a\"; type = \"exec\"; command = [ \"/bin/x\", \"y\" ]; events = "
	    "[ \"logout\", \"kick\" ]; }, { name = \"q\"; type = \"amqp\"; url = \"amqp://u@h/v\"; } );");

	(void)state;
	assert_int_equal(c->n_sinks, 2);
	assert_string_equal(c->sinks[0].name, "a");
	assert_string_equal(c->sinks[0].command[1], "y");
	assert_string_equal(c->sinks[0].events[1], "kick");
	assert_null(c->sinks[0].events[2]);
	assert_false(c->sinks[0].ended_only);
	assert_string_equal(c->sinks[1].exchange, "doorward");
	assert_true(c->sinks[1].declare);
	assert_string_equal(c->sinks[1].password_file, "");
	config_free(c);
	for (size_t i = 0; i < 2; i++) {
		c = load_good(
		    i == 0 ? "sinks = ( ); alerts = ( ); clients = ( );" : "sinks = [ ]; alerts = [ ]; clients = [ ];");
		assert_int_equal(c->n_sinks + c->n_alerts, 0);
		assert_int_equal(c->n_clients, 1);
		config_free(c);
	}
}

static void
test_many_clients(void **state)
{
	static char text[CLIENTS_MAX * 32];
	char err[CONFIG_ERROR_MAX];
	struct config *c;
	size_t len;

	(void)state;
	for (int n = CLIENTS_MAX; n <= CLIENTS_MAX + 1; n++) {
		len = (size_t)snprintf(text, sizeof(text), "clients = (");
		for (int i = 0; i < n; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s{ id = \"c%d\"; }", i == 0 ? "" : ",", i);
		snprintf(text + len, sizeof(text) - len, ");");
		c = load(text, err);
		assert_int_equal(c != NULL, n == CLIENTS_MAX);
		config_free(c);
	}
	assert_string_equal(err, "t.conf:1: clients: has more than 256 elements");
}

/* The dump of ${c} in memory that the caller frees. */
static char *
dump(const struct config *c)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	config_dump(c, out);
	fclose(out);
	return (text);
}

static void
strip_comments(char *text)
{
	char *to = text;

	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '#')
			p += strcspn(p, "\n");
		*to++ = *p;
	}
	*to = '\0';
}

static void
test_dump(void **state)
{
	struct config *c = load_good(
	    "issuer = \"https://h/auth\";\n"
	    "title = \"a \\\"b\\\" \\\\ c\";\n"
	    "origins = [ \"https://a\" ];\n"
	    "session: { policy = \"permanent\"; };\n"
	    "clients = ( { id = \"app\";\n idle = \"90s\"; } );\n"
	    "sinks = ( { name = \"a\"; type = \"exec\"; command = [ \"/x\", \"y\" ]; },\n"
	    "{ name = \"b\"; type = \"set\"; url = \"https://h/p?q\"; audience = \"c\"; ended_only = true; } );\n");
	char *first = dump(c), *second;

	(void)state;
	assert_non_null(strstr(first, "issuer = \"https://h/auth\"; # t.conf:1\n"));
	assert_non_null(strstr(first, "title = \"a \\\"b\\\" \\\\ c\"; # t.conf:2\n"));
	assert_non_null(strstr(first, "\tpolicy = \"permanent\"; # t.conf:4\n"));
	assert_non_null(strstr(first, "\tidle = \"30m\"; # default\n"));
	assert_non_null(strstr(first, "\t\tidle = \"90s\"; # t.conf:6\n"));
	assert_non_null(strstr(first, "\t\tcommand = [ \"/x\", \"y\" ]; # t.conf:7\n"));
	assert_non_null(strstr(first, "\t\turl = \"https://h/p?q\"; # t.conf:8\n"));
	assert_non_null(strstr(first, "\t\trefresh_idle = \"1d\"; # refresh.idle\n"));
	config_free(c);

	c = load_good(first);
	second = dump(c);
	strip_comments(first);
	strip_comments(second);
	assert_string_equal(first, second);
	free(first);
	free(second);
	config_free(c);
}

/* A private Redis forbids redis.url: what is dumped must load all the same. */
static void
test_dump_spawn(void **state)
{
	struct config *c = load_good("redis: { spawn = true; };");
	char *text = dump(c);

	(void)state;
	config_free(c);
	c = load_good(text);
	assert_true(c->redis_spawn);
	free(text);
	config_free(c);
}

/* Takes the comment sign off every option of the sample file: the whole of it must be a good configuration. */
static void
test_sample(void **state)
{
	static char sample[SAMPLE_MAX], text[SAMPLE_MAX];
	char path[4200], *rest = sample, *line;
	struct config *c;
	FILE *in;

	(void)state;
	snprintf(path, sizeof(path), "%s/conf/doorward.conf", source_dir);
	assert_non_null(in = fopen(path, "r"));
	sample[fread(sample, 1, sizeof(sample) - 1, in)] = '\0';
	fclose(in);
	c = load_good(sample);
	assert_int_equal(c->n_clients, 1);
	config_free(c);

	text[0] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *sign = line + strspn(line, "\t");

		if (*sign == '#' && sign[1] != ' ')
			*sign = ' ';
		strcat(strcat(text, line), "\n");
	}
	c = load_good(text);
	assert_int_equal(c->n_clients, 2);
	assert_string_equal(c->clients[1].id, "mobile");
	config_free(c);
}

/* The way to the sources, before the tests change the directory. */
static void
find_sources(void)
{
	const char *srcdir = getenv("srcdir");

	if (realpath(srcdir == NULL ? srcdir_default : srcdir, source_dir) == NULL)
		abort();
}

/* A reload keeps what says of itself that a change needs a restart, and nothing else. */
static void
test_fixed(void **state)
{
	static const char text[] =
	    "state_dir = \"/state/%s\"; pid_file = \"/run/%s.pid\"; mount = \"/%s\"; spool: { file = \"%s.db\"; max = 1%s; };\n"
	    "cache: { size = \"1%sm\"; max_age = \"1%ss\"; lease = \"1%ss\"; }; redis: { hung_after = \"1%ss\"; spawn = %s; };";
	char one[512], two[512], err[128];
	struct config *running, *next;
	size_t kept = 0;

	(void)state;
	snprintf(one, sizeof(one), text, "1", "1", "1", "1", "01", "1", "1", "", "1", "false");
	snprintf(two, sizeof(two), text, "2", "2", "2", "2", "02", "2", "2", "0", "2", "true");
	running = load_good(one);
	next = load_good(two);
	assert_true(fixed_keep(running, next, err, sizeof(err)));
	for (const struct option *o = table_options; o->name != NULL; o++)
		if (strstr(o->doc, "change needs a restart") != NULL) {
			const void *a = (const char *)running + o->offset, *b = (const char *)next + o->offset;

			kept++;
			if (o->type == OPTION_STRING || o->type == OPTION_PATH)
				assert_string_equal(*(char *const *)b, *(char *const *)a);
			else if (o->type == OPTION_BOOL)
				assert_true(*(const bool *)b == *(const bool *)a);
			else
				assert_true(*(const int64_t *)b == *(const int64_t *)a);
		}
	assert_int_equal(kept, 9);
	assert_string_equal(next->redis_url, running->redis_url); /* not that of a private Redis that is not there */
	assert_string_equal(next->mount, "/2");
	config_free(next);
	config_free(running);
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, file_setup, file_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILES(test_refused),
		WITH_FILES(test_defaults),
		WITH_FILES(test_values),
		WITH_FILES(test_clients),
		WITH_FILES(test_sinks),
		WITH_FILES(test_many_clients),
		WITH_FILES(test_dump),
		WITH_FILES(test_dump_spawn),
		WITH_FILES(test_sample),
		WITH_FILES(test_fixed),
	};

	find_sources();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}

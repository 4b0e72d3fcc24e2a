/* SPDX-License-Identifier: ISC */
/* Each rule of the baseline, on both sides of its bound, and what it says of files. */
#include "config/baseline.h"
#include "config/load.h"
#include "file.h"

/* A file that deviates in nothing wherever the test runs and as whom: nobody is in every user database. */
#define USER "user = \"nobody\"; "
#define GOOD USER "state_dir = \"/nonexistent\"; "

static const struct {
	const char *text;
	const char *told; /* options that deviate, with their place, in order; "" = none */
} cases[] = {
	{ GOOD, "" },
	{ "state_dir = \"/nonexistent\"; user = \"root\";", "t.conf:1: user" },
	{ GOOD "require_tls = false;", "t.conf:1: require_tls" },
	{ GOOD "require_tls = false;\ncookie_name = \"sid\";", "t.conf:1: require_tls|t.conf:2: cookie_name" },
	{ GOOD "\ntrusted_proxies = [ \"10.0.0.0/8\", \"0.0.0.0/0\" ];", "t.conf:2: trusted_proxies" },
	{ GOOD "trusted_proxies = [ \"::/0\" ];", "t.conf:1: trusted_proxies" },
	{ GOOD "trusted_proxies = [ \"10.0.0.0/8\", \"192.0.2.7\", \"fd00::/8\" ];", "" },
	{ GOOD "issuer = \"https://a.example.org/auth\";\ncookie_domain = \"example.org\";", "t.conf:2: cookie_domain" },
	{ GOOD "hsts = \"\";", "t.conf:1: hsts" },
	{ GOOD "hsts = \"max-age=31535999\";", "t.conf:1: hsts" },
	{ GOOD "hsts = \"includeSubDomains; Max-Age=\\\"31536000\\\"\";", "" },
	{ GOOD "stale_if_error = \"5m\";", "" },
	{ GOOD "stale_if_error = \"301s\";", "t.conf:1: stale_if_error" },
	{ GOOD "access: { ttl = \"15m\"; };", "" },
	{ GOOD "access: {\n ttl = \"901s\"; };", "t.conf:2: access.ttl" },
	{ GOOD "access: { alg = \"HS256\"; };", "t.conf:1: access.alg" },
	{ GOOD "session: { absolute = \"24h\"; };", "" },
	{ GOOD "session: { absolute = \"25h\"; };", "t.conf:1: session.absolute" },
	{ GOOD "session: { idle = \"2h\"; };", "t.conf:1: session.idle" },
	{ GOOD "session: { policy = \"fixed\"; idle = \"2h\"; };", "" },
	{ GOOD "session: { policy = \"permanent\"; };", "t.conf:1: session.policy" },
	{ GOOD "session: { remember_absolute = \"31d\"; };", "t.conf:1: session.remember_absolute" },
	{ GOOD "refresh: { grace = \"10s\"; absolute = \"30d\"; };", "" },
	{ GOOD "refresh: { grace = \"11s\"; absolute = \"31d\"; };", "t.conf:1: refresh.absolute|t.conf:1: refresh.grace" },
	{ GOOD "listen: { mode = \"0666\"; };", "t.conf:1: listen.mode" },
	{ GOOD "listen: { check_tcp = \"127.0.0.1:9181\"; };", "t.conf:1: listen.check_tcp" },
	{ GOOD "admin: { mode = \"0664\"; };", "t.conf:1: admin.mode" },
	{ GOOD "admin: { listen = \"[::1]:9180\"; };", "t.conf:1: admin.listen" },
	{ GOOD "redis: { url = \"redis://127.0.0.1:6379\"; };", "t.conf: redis.password_file" },
	{ GOOD "redis: { url = \"redis://127.example.org\"; };",
	    "t.conf:1: redis.url|t.conf: redis.password_file|t.conf: userdb.url" },
	{ GOOD "redis: { url = \"redis://localhost:6379/1\"; };", "t.conf: redis.password_file" },
	{ GOOD "redis: { url = \"sentinel://127.0.0.1/m\"; };",
	    "t.conf:1: redis.url|t.conf: redis.password_file|t.conf: userdb.url" },
	{ GOOD "userdb: { url = \"postgresql://u@db.example.org/a\"; };", "t.conf:1: userdb.url" },
	{ GOOD "userdb: { url = \"postgresql://u@localhost:5432,db/a?sslmode=require\"; };", "t.conf:1: userdb.url" },
	{ GOOD "userdb: { url = \"postgresql://u@/a?host=db\"; };", "t.conf:1: userdb.url" },
	{ GOOD "userdb: { url = \"postgresql://u@db/a?sslmode=verify-full\"; };", "" },
	{ GOOD "userdb: { url = \"postgresql://u@127.0.0.1:5432,[::1]:5433,%2Frun%2Fpostgresql/a\"; };", "" },
	{ GOOD "userdb: { url = \"postgresql:///a\"; };", "" },
	{ GOOD "userdb: { url = \"postgresql:///a?host=/run/postgresql\"; };", "" },
	{ GOOD "userdb: { url = \"postgresql://u@/a?port=1&host=%2Frun%2Fpostgresql,/run/other\"; };", "" },
	{ GOOD "userdb: { url = \"postgresql://u@/a?host=/run/postgresql,db\"; };", "t.conf:1: userdb.url" },
	{ GOOD "userdb: { url = \"postgresql://u@/a?user=v&hostaddr=192.0.2.1\"; };", "t.conf:1: userdb.url" },
	{ GOOD "userdb: { url = \"postgresql://u@/a?h%6fst=db\"; };", "t.conf:1: userdb.url" },
	{ GOOD "userdb: { url = \"postgresql:///a?service=db\"; };", "t.conf:1: userdb.url" },
	{ GOOD "userdb: { records = \"postgresql://db/a?sslmode=prefer\"; };", "t.conf:1: userdb.records" },
	{ GOOD "ldap: { insecure = true; };", "t.conf:1: ldap.insecure" },
	{ GOOD "risk: { enabled = true; alert_at = 101; };", "t.conf:1: risk.alert_at" },
	{ GOOD "risk: { enabled = true; alert_at = 100; };", "" },
	{ GOOD "risk: { revoke_at = 30; };", "" },
	{ GOOD "cache: { max_age = \"6s\"; };", "t.conf:1: cache.max_age" },
	{ GOOD "password: { argon2_memory = \"46m\"; argon2_time = 1; };", "" },
	{ GOOD "password: { argon2_memory = \"45m\"; argon2_time = 1; };", "t.conf:1: password.argon2_memory" },
	{ GOOD "password: { argon2_time = 1; };", "t.conf: password.argon2_memory" },
	{ GOOD "password: { argon2_memory = \"7m\"; argon2_time = 6; };", "" },
	{ GOOD "password: { argon2_memory = \"8m\"; argon2_time = 4; };", "t.conf:1: password.argon2_memory" },
	{ GOOD "password: { scheme = \"yescrypt\"; argon2_time = 1; bcrypt_cost = 4; pbkdf2_rounds = 1000; };", "" },
	{ GOOD "password: { scheme = \"bcrypt\"; bcrypt_cost = 10; };", "" },
	{ GOOD "password: { scheme = \"bcrypt\"; bcrypt_cost = 9; };", "t.conf:1: password.bcrypt_cost" },
	{ GOOD "password: { scheme = \"pbkdf2-sha256\"; pbkdf2_rounds = 599999; };", "t.conf:1: password.pbkdf2_rounds" },
	{ GOOD "password: { min_length = 14; };", "t.conf:1: password.min_length" },
	{ GOOD "throttle: { enabled = false; };", "t.conf:1: throttle.enabled" },
	{ GOOD "throttle: { account_max = 100; exempt = [ \"10.0.0.0/8\", \"::1\" ]; };", "" },
	{ GOOD "throttle: { account_max = 101; };", "t.conf:1: throttle.account_max" },
	{ GOOD "throttle: { exempt = [ \"0.0.0.0/0\" ]; };", "t.conf:1: throttle.exempt" },
	{ GOOD "log: { level = \"debug\"; };", "t.conf:1: log.level" },
	{ GOOD "pid_file = \"/tmp/d.pid\"; admin: { socket = \"/tmp/a.sock\"; };",
	    "t.conf:1: pid_file|t.conf:1: admin.socket" },
	/* A client answers for what it sets itself, not for what it takes from above. */
	{ GOOD "access: { ttl = \"16m\"; };\nclients = ( { id = \"a\"; },\n{ id = \"b\"; access_ttl = \"17m\"; } );",
	    "t.conf:1: access.ttl|t.conf:3: clients[1].access_ttl" },
	{ GOOD "clients = ( { id = \"a\"; policy = \"fixed\"; idle = \"9h\"; },\n{ id = \"b\"; idle = \"9h\"; } );",
	    "t.conf:2: clients[1].idle" },
	{ GOOD "clients = ( { id = \"a\"; policy = \"permanent\"; refresh_absolute = \"90d\"; } );",
	    "t.conf:1: clients[0].policy|t.conf:1: clients[0].refresh_absolute" },
};

/* Cuts each of the lines in ${said} after its option, and joins them. */
static void
options_of(char *said, char *out)
{

	*out = '\0';
	for (char *line = strtok(said, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		char *end = strstr(line, ": the baseline is ");

		assert_non_null(end);
		if (*out != '\0')
			strcat(out, "|");
		strncat(out, line, (size_t)(end - line));
	}
}

static void
expect(const char *text, const char *told)
{
	char err[CONFIG_ERROR_MAX] = "", said[4096] = "", options[4096];
	FILE *out = fmemopen(said, sizeof(said), "w");
	size_t found, lines = 0;
	struct config *c;

	file_write("t.conf", text, strlen(text), 0600);
	c = config_load("t.conf", err, sizeof(err));
	if (c == NULL)
		fail_msg("%s: %s", text, err);
	found = baseline_check(c, out);
	fclose(out);
	config_free(c);
	for (const char *p = said; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	assert_int_equal(found, lines);
	options_of(said, options);
	if (strcmp(options, told) != 0)
		fail_msg("%s\ntells of: %s\nnot of: %s", text, options, told);
}

static void
test_rules(void **state)
{

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(cases[i].text, cases[i].told);
}

static void
test_secrets(void **state)
{
	char text[512];

	(void)state;
	file_write("short", "123456789012345\n\n", 17, 0600);
	file_write("long", "1234567890123456\n", 17, 0600);
	snprintf(text, sizeof(text), GOOD "admin: { listen = \"127.0.0.1:9180\"; token_file = \"%s/long\"; };", file_dir);
	expect(text, "");
	snprintf(text, sizeof(text), GOOD "clients = ( { id = \"a\"; secret_file = \"%s/short\"; } );", file_dir);
	expect(text, "t.conf:1: clients[0].secret_file");
}

static void
mode(const char *name, mode_t bits)
{

	assert_int_equal(chmod(name, bits), 0);
}

static void
test_files(void **state)
{
	char text[512];

	(void)state;
	snprintf(text, sizeof(text), USER "log: { file = \"%s/log\"; };\nstate_dir = \"%s/state\";", file_dir, file_dir);
	expect(text, ""); /* nothing there yet */
	assert_int_equal(mkdir("state", 0750), 0);
	assert_int_equal(mkdir("state/keys", 0700), 0);
	file_write("state/keys/k", "x", 1, 0600);
	file_write("log", "", 0, 0640);
	expect(text, "");
	mode("state", 0755);
	expect(text, "t.conf:2: state_dir");
	mode("state", 0700);
	mode("state/keys/k", 0640);
	expect(text, "t.conf:2: state_dir");
	mode("state/keys/k", 0600);
	mode("log", 0644);
	expect(text, "t.conf:1: log.file");
}

/* The file itself, which others could change. */
static void
test_writable_file(void **state)
{
	char err[CONFIG_ERROR_MAX], said[1024] = "";
	FILE *out = fmemopen(said, sizeof(said), "w");
	struct config *c;

	(void)state;
	file_write("w.conf", GOOD, sizeof(GOOD) - 1, 0660);
	assert_non_null(c = config_load("w.conf", err, sizeof(err)));
	assert_int_equal(baseline_check(c, out), 1);
	fclose(out);
	config_free(c);
	assert_string_equal(said, "w.conf: the file: the baseline is to be written by its owner only: w.conf is not\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rules, file_setup, file_teardown),
		cmocka_unit_test_setup_teardown(test_secrets, file_setup, file_teardown),
		cmocka_unit_test_setup_teardown(test_files, file_setup, file_teardown),
		cmocka_unit_test_setup_teardown(test_writable_file, file_setup, file_teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

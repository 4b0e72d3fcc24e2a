/* SPDX-License-Identifier: ISC */
/* Rules between options, and those that look beyond the file. */
#include "doorward/userdb.h"

#include "base/redis_url.h"
#include "config/load.h"
#include "crypto/mac.h"
#include "file.h"

#define PATH_107                                                                                                               \
	"/1234567890123456789012345678901234567890123456789"                                                                   \
	"/12345678901234567890123456789012345678901234567890/12345"

#define HOSTS(domain, more) "issuer = \"https://sso.example.org/auth\"; cookie_domain = \"" domain "\"; " more
#define NO_DOMAIN(domain)                                                                                                      \
	"t.conf:1: cookie_domain: \"" domain                                                                                   \
	"\" is not a domain such as example.org: lower case, at least two names, no dot in front, no address, no port"

static const struct {
	const char *text;
	const char *error; /* NULL: accepted */
} cases[] = {
	{ "workers: { check = 60; login = 60; };", NULL },
	{ "workers: { check = 61;\n login = 60; };",
	    "t.conf:1: workers.check: with workers.login makes 121 workers, at most 120 are allowed" },
	{ "listen: { check = \"/s\";\n login = \"/s\"; };", "t.conf:2: listen.login: is the same socket as listen.check" },
	{ "listen: { check = \"/s\"; };\nadmin: { socket = \"/s\"; };",
	    "t.conf:2: admin.socket: is the same socket as listen.check" },
	{ "listen: { login = \"/s\"; };\nadmin: { socket = \"/s\"; };",
	    "t.conf:2: admin.socket: is the same socket as listen.login" },
	{ "listen: { check = \"" PATH_107 "\"; };", NULL },
	{ "listen: { check = \"" PATH_107 "x\"; };", "t.conf:1: listen.check: is longer than 107 bytes" },
	{ "admin: { listen = \"127.0.0.1:9180\"; socket = \"\"; };", NULL },
	{ "admin: { listen = \"0.0.0.0:9180\"; };",
	    "t.conf:1: admin.listen: \"0.0.0.0:9180\" is not a loopback address with a port, such as 127.0.0.1:9180" },
	{ "listen: { check_tcp = \"192.0.2.1:9181\"; };",
	    "t.conf:1: listen.check_tcp: \"192.0.2.1:9181\" is not a loopback address with a port, such as 127.0.0.1:9181" },
	{ "admin: { listen = \"127.0.0.1:9180\"; }; listen: { check_tcp = \"127.0.0.1:9180\"; };",
	    "t.conf:1: listen.check_tcp: is the same address as admin.listen" },
	{ "mount = \"/auth/\";",
	    "t.conf:1: mount: \"/auth/\" is not a path such as /auth: it begins with '/' and ends without" },
	{ "issuer = \"http://h/auth\";", "t.conf:1: issuer: must be an https address unless require_tls is false" },
	{ "issuer = \"http://h/auth\"; require_tls = false;", NULL },
	{ "issuer = \"https://h/auth/\";",
	    "t.conf:1: issuer: \"https://h/auth/\" is not an address such as https://example.org/auth: host in lower "
	    "case, no "
	    "default port, no '/' at the end" },
	{ "origins = [ \"https://a\", \"https://b/\" ];",
	    "t.conf:1: origins: \"https://b/\" is not an origin such as https://example.org: lower case, no default "
	    "port, no "
	    "path" },
	{ "trusted_proxies = [ \"10.0.0.0/8\", \"proxy\" ];",
	    "t.conf:1: trusted_proxies: \"proxy\" is not an address or prefix such as 10.0.0.0/8" },
	{ "throttle: { exempt = [ \"10.0.0.0/8\", \"fd00::/8\", \"::1\" ]; };", NULL },
	{ "throttle: { exempt = [ \"office\" ]; };",
	    "t.conf:1: throttle.exempt: \"office\" is not an address or prefix such as 10.0.0.0/8" },
	{ "throttle: { exempt = [ \"unix:\" ]; };",
	    "t.conf:1: throttle.exempt: \"unix:\" is not an address or prefix such as 10.0.0.0/8" },
	{ "throttle: {\n delay = \"1m\";\n delay_max = \"10s\"; };",
	    "t.conf:3: throttle.delay_max: must not be shorter than throttle.delay" },
	{ "throttle: { delay = \"20m\"; };", NULL },
	{ "cookie_name = \"session\";", "t.conf:1: cookie_name: must begin with __Host- unless require_tls is false" },
	{ "cookie_name = \"session\"; require_tls = false;", NULL },
	{ HOSTS("example.org", ""), NULL },
	{ HOSTS("example.org",
	      "origins = [ \"https://example.org\", \"https://a.example.org\", \"https://b.c.example.org:8443\" ];"),
	    NULL },
	{ HOSTS("sso.example.org", "cookie_name = \"__Secure-x\";"), NULL },
	{ HOSTS("example.org", "cookie_name = \"__Host-x\";"),
	    "t.conf:1: cookie_name: with cookie_domain it must begin with __Secure-, not with __Host-" },
	{ HOSTS("example.org", "cookie_name = \"x\";"),
	    "t.conf:1: cookie_name: must begin with __Secure- unless require_tls is false" },
	{ HOSTS("example.org", "cookie_name = \"x\"; require_tls = false;"), NULL },
	{ HOSTS("example.org", "origins = [ \"https://example.com\" ];"),
	    "t.conf:1: origins: \"https://example.com\" is not in cookie_domain (example.org): the session's cookie would not "
	    "get there" },
	{ HOSTS("example.org", "origins = [ \"https://evilexample.org\" ];"),
	    "t.conf:1: origins: \"https://evilexample.org\" is not in cookie_domain (example.org): the session's cookie would "
	    "not get there" },
	{ HOSTS("example.org", "origins = [ \"http://a.example.org\" ];"),
	    "t.conf:1: origins: \"http://a.example.org\" is not an origin such as https://example.org: lower case, no default "
	    "port, no path" },
	{ HOSTS("example.org", "require_tls = false; origins = [ \"http://a.example.org\" ];"),
	    "t.conf:1: origins: \"http://a.example.org\" is not over https as the issuer is: they could not share a cookie" },
	{ HOSTS("example.com", ""),
	    "t.conf:1: cookie_domain: the issuer (https://sso.example.org/auth) is not in \"example.com\": no browser would "
	    "keep its cookie" },
	{ HOSTS("so.example.org", ""),
	    "t.conf:1: cookie_domain: the issuer (https://sso.example.org/auth) is not in \"so.example.org\": no browser would "
	    "keep its cookie" },
	{ HOSTS("org", ""), NO_DOMAIN("org") },
	{ HOSTS("localhost", ""), NO_DOMAIN("localhost") },
	{ HOSTS(".example.org", ""), NO_DOMAIN(".example.org") },
	{ HOSTS("example.org.", ""), NO_DOMAIN("example.org.") },
	{ HOSTS("example..org", ""), NO_DOMAIN("example..org") },
	{ HOSTS("Example.org", ""), NO_DOMAIN("Example.org") },
	{ HOSTS("example.org:8443", ""), NO_DOMAIN("example.org:8443") },
	{ HOSTS("https://example.org", ""), NO_DOMAIN("https://example.org") },
	{ HOSTS("-a.example.org", ""), NO_DOMAIN("-a.example.org") },
	{ HOSTS("example.org; Secure", ""), NO_DOMAIN("example.org; Secure") },
	{ HOSTS("192.0.2.1", ""), NO_DOMAIN("192.0.2.1") },
	{ HOSTS("b\303\274cher.example", ""), NO_DOMAIN("b\303\274cher.example") },
	{ "cookie_name = \"__Secure-x\";", "t.conf:1: cookie_name: must begin with __Host- unless require_tls is false" },
	{ "cookie_name = \"__Host-dw_device\";",
	    "t.conf:1: cookie_name: \"__Host-dw_device\" is another cookie of doorward's" },
	{ "cookie_name = \"dw_csrf\"; require_tls = false;",
	    "t.conf:1: cookie_name: \"dw_csrf\" is another cookie of doorward's" },
	{ "cookie_name = \"__Host-a b\";", "t.conf:1: cookie_name: \"__Host-a b\" holds what the name of a cookie may not" },
	{ "hsts = \"max-age=1\\n\";", "t.conf:1: hsts: holds control characters, such as the end of a line, or is not UTF-8" },
	{ "hsts = \"max-age=ä\";", "t.conf:1: hsts: holds characters that a header may not" },
	{ "hsts = \"\";", NULL },
	{ "title = \"äääääääääääääääääääääääääääääääää\";", "t.conf:1: title: is longer than 64 bytes" },
	{ "site: { help_url = \"https://example.org/help?a=b\"; };", NULL },
	{ "site: { help_url = \"mailto:help@example.org\"; };", NULL },
	{ "site: { help_url = \"/help/\"; };", NULL },
	{ "site: { help_url = \"javascript:alert(1)\"; };",
	    "t.conf:1: site.help_url: \"javascript:alert(1)\" is not an https, http or mailto address, nor a path" },
	{ "site: { help_url = \"//evil.example/\"; };",
	    "t.conf:1: site.help_url: \"//evil.example/\" is not an https, http or mailto address, nor a path" },
	{ "site: { help_url = \"https://\"; };",
	    "t.conf:1: site.help_url: \"https://\" is not an https, http or mailto address, nor a path" },
	{ "session: { idle = \"13h\"; };",
	    "t.conf:1: session.idle: session.idle (13h) must not be longer than session.absolute (12h)" },
	{ "session: { absolute = \"10m\"; };",
	    "t.conf:1: session.absolute: session.idle (30m) must not be longer than session.absolute (10m)" },
	{ "session: { policy = \"fixed\"; absolute = \"10m\"; };", NULL },
	{ "session: { remember_idle = \"31d\";\n remember_absolute = \"30d\"; };",
	    "t.conf:2: session.remember_absolute: session.remember_idle (31d) must not be longer than "
	    "session.remember_absolute "
	    "(30d)" },
	{ "session: { policy = \"fixed\"; };\nrefresh: { idle = \"8d\"; };",
	    "t.conf:2: refresh.idle: refresh.idle (8d) must not be longer than refresh.absolute (7d)" },
	{ "clients = ( { id = \"a\"; },\n{ id = \"b\";\n idle = \"13h\"; } );",
	    "t.conf:3: clients[1].idle: idle (13h) must not be longer than absolute (12h)" },
	{ "session: { policy = \"fixed\"; absolute = \"10m\"; };\nclients = ( { id = \"a\"; policy = \"sliding\"; } );",
	    "t.conf:2: clients[0].absolute: idle (30m) must not be longer than absolute (10m)" },
	{ "clients = ( { id = \"a\"; policy = \"fixed\"; absolute = \"10m\"; } );", NULL },
	{ "redis: { url = \"redis://h:6379/1\"; };", NULL },
	{ "redis: { url = \"sentinel://h:26379,i/mymaster/1\"; };", NULL },
	{ "redis: { url = \"sentinel://h:26379,i\"; };",
	    "t.conf:1: redis.url: \"sentinel://h:26379,i\" is not " REDIS_URL_FORMS },
	{ "redis: { url = \"sentinel://u:p@h/m\"; };",
	    "t.conf:1: redis.url: takes no user or password: see redis.user, redis.password_file" },
	{ "redis: { url = \"rediss://h:6379\"; };",
	    "t.conf:1: redis.url: TLS is not possible, libhiredis has none here: use a tunnel, doorward.conf(5) shows one" },
	{ "redis: { url = \"h:6379\"; };", "t.conf:1: redis.url: \"h:6379\" is not " REDIS_URL_FORMS },
	{ "redis: { url = \"redis://u:p@h\"; };",
	    "t.conf:1: redis.url: takes no user or password: see redis.user, redis.password_file" },
	{ "redis: { url = \"unix:" PATH_107 "x\"; };",
	    "t.conf:1: redis.url: makes a socket path of 108 bytes, at most 107 are allowed" },
	{ "state_dir = \"" PATH_107 "\"; redis: { spawn = true; };",
	    "t.conf:1: state_dir: makes a socket path of 124 bytes, at most 107 are allowed" },
	{ "redis: { spawn = true;\n url = \"unix:/s\"; };", "t.conf:2: redis.url: is not to be given with redis.spawn = true" },
	{ "userdb: { url = \"pgsql:x\"; };", "t.conf:1: userdb.url: \"pgsql:x\" is not " USERDB_URL_FORMS },
	{ "userdb: { url = \"sqlite:\"; };", "t.conf:1: userdb.url: \"sqlite:\" is not " USERDB_URL_FORMS },
	{ "userdb: { url = \"postgresql://u:p@db/x\"; };",
	    "t.conf:1: userdb.url: takes no password: see userdb.password_file" },
	{ "userdb: { url = \"postgresql://db/x?password=p\"; };",
	    "t.conf:1: userdb.url: takes no password: see userdb.password_file" },
	{ "userdb: { url = \"postgresql://db/x?sslmode=verify-full&sslpassword=p\"; };",
	    "t.conf:1: userdb.url: takes no password: see userdb.password_file" },
	{ "userdb: { url = \"postgresql://u@[::1]:5432/x\"; };", NULL },
	{ "userdb: { url = \"postgresql://u@/a\"; }; postgresql: { find = \"SELECT 1\"; };",
	    "t.conf:1: postgresql.find: has no $1" },
	{ "postgresql: { find = \"SELECT $1\"; };",
	    "t.conf:1: postgresql.find: is for accounts in PostgreSQL, and userdb.url is sqlite:" },
	{ "userdb: { url = \"pam:login\"; }; postgresql: { set_hash = \"SELECT $1 $2\"; };",
	    "t.conf:1: postgresql.set_hash: is for accounts in PostgreSQL, and userdb.url is pam:" },
	{ "userdb: { url = \"postgresql://u@/a\"; }; postgresql: { find_id = \"SELECT $1\"; };",
	    "t.conf:1: postgresql.find_id: belongs to a table of your own: postgresql.find is missing" },
	{ "userdb: { url = \"postgresql://u@/a\"; }; postgresql: { find = \"SELECT $1\"; set_hash = \"UPDATE t SET h = $1\"; "
	  "};",
	    "t.conf:1: postgresql.set_hash: has no $2" },
	{ "userdb: { url = \"postgresql://u@/a\"; }; postgresql: { find = \"SELECT $1\"; set_hash = \"UPDATE t SET h = $2 "
	  "WHERE i = $1\"; };",
	    NULL },
	{ "userdb: { records = \"ldap://db\"; };", "t.conf:1: userdb.records: \"ldap://db\" is not " USERDB_RECORDS_FORMS },
};

static void
expect(const char *text, const char *error)
{
	char err[CONFIG_ERROR_MAX] = "";
	struct config *c;

	file_write("t.conf", text, strlen(text), 0600);
	c = config_load("t.conf", err, sizeof(err));
	if ((c == NULL) != (error != NULL))
		fail_msg("%s: %s", text, c == NULL ? err : "accepted");
	assert_string_equal(err, error == NULL ? "" : error);
	config_free(c);
}

static void
test_rules(void **state)
{

	(void)state;
	assert_int_equal(strlen(PATH_107), 107);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(cases[i].text, cases[i].error);
}

#define SECRET_MODE "must be a regular file that only its owner can read or write (mode 0600)"

/* ${option} is where the file is named, ${place} how messages call that. */
static void
expect_secret(const char *before, const char *after, const char *place)
{
	static const struct {
		const char *file;
		const char *why; /* NULL: accepted */
	} files[] = {
		{ "good", NULL },
		{ "group", SECRET_MODE },
		{ "others", SECRET_MODE },
		{ "dir", SECRET_MODE },
		{ "none", "No such file or directory" },
		{ "empty", "is empty" },
		{ "large", "is too large for a secret" },
	};
	char text[512], error[CONFIG_ERROR_MAX];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(text, sizeof(text), "%s\"%s/%s\"%s", before, file_dir, files[i].file, after);
		snprintf(error, sizeof(error), "t.conf:1: %s: \"%s/%s\": %s", place, file_dir, files[i].file, files[i].why);
		expect(text, files[i].why == NULL ? NULL : error);
	}
}

static void
test_secrets(void **state)
{
	static char large[4096];

	(void)state;
	memset(large, 'x', sizeof(large));
	file_write("good", "a secret of ours\n", 17, 0600);
	file_write("group", "secret\n", 7, 0640);
	file_write("others", "secret\n", 7, 0604);
	file_write("empty", "", 0, 0600);
	file_write("large", large, sizeof(large), 0600);
	assert_int_equal(mkdir("dir", 0700), 0);
	expect_secret("admin: { token_file = ", "; };", "admin.token_file");
	expect_secret("redis: { password_file = ", "; };", "redis.password_file");
	expect_secret("clients = ( { id = \"a\"; secret_file = ", "; } );", "clients[0].secret_file");
}

static void
expect_file(const char *before, const char *file, const char *place, const char *why)
{
	char text[512], error[CONFIG_ERROR_MAX];

	snprintf(text, sizeof(text), "%s\"%s/%s\"; };", before, file_dir, file);
	snprintf(error, sizeof(error), "t.conf:1: %s: \"%s/%s\": %s", place, file_dir, file, why);
	expect(text, why == NULL ? NULL : error);
}

static void
expect_file_of_client(const char *file, const char *why)
{
	char text[512], error[CONFIG_ERROR_MAX];

	snprintf(text, sizeof(text), "clients = ( { id = \"a\"; secret_file = \"%s/%s\"; } );", file_dir, file);
	snprintf(
	    error, sizeof(error), "t.conf:1: clients[0].secret_file: \"%s/%s\": %s", file_dir, file, why == NULL ? "" : why);
	expect(text, why == NULL ? NULL : error);
}

/* What the daemon would refuse, or never be able to use, is refused here. */
static void
test_secrets_fit_their_readers(void **state)
{
	static char many[REDIS_PASSWORD_MAX];

	(void)state;
	memset(many, 'x', sizeof(many));
	file_write("short", "fifteen letters\n", 16, 0600);
	file_write("blank", "\r\n\n", 3, 0600);
	file_write("zero", "a secret\0of ours\n", 17, 0600);
	file_write("token", many, ADMIN_TOKEN_MAX - 1, 0600);
	file_write("no-token", many, ADMIN_TOKEN_MAX, 0600);
	file_write("password", many, REDIS_PASSWORD_MAX - 1, 0600);
	file_write("no-password", many, REDIS_PASSWORD_MAX, 0600);
	expect_file("admin: { token_file = ", "short", "admin.token_file", "is too short: at least 16 characters");
	expect_file("admin: { token_file = ", "zero", "admin.token_file", "holds a byte 0");
	expect_file("admin: { token_file = ", "token", "admin.token_file", NULL);
	expect_file("admin: { token_file = ", "no-token", "admin.token_file", "is too large for a secret");
	expect_file("redis: { password_file = ", "short", "redis.password_file", NULL);
	expect_file("redis: { password_file = ", "blank", "redis.password_file", "is empty");
	expect_file("redis: { password_file = ", "zero", "redis.password_file", "holds a byte 0");
	expect_file("redis: { password_file = ", "password", "redis.password_file", NULL);
	expect_file("redis: { password_file = ", "no-password", "redis.password_file", "is too large for a secret");
}

/* Of a client's secret what comes in requests is kept, as a hash: without the end of the line, and UTF-8. */
static void
test_client_secrets(void **state)
{
	static const char text[] = "a: \xc3\xbc%+ \t\"'";
	static char many[CLIENT_SECRET_MAX];
	char err[CONFIG_ERROR_MAX], file[512];
	uint8_t digest[MAC_LEN];
	struct config *c;

	(void)state;
	memset(many, 'x', sizeof(many));
	file_write("large", many, sizeof(many), 0600);
	file_write("latin", "caf\xe9\n", 5, 0600);
	file_write("zero", "a secret\0of ours\n", 17, 0600);
	file_write("blank", "\r\n\n", 3, 0600);
	file_write("fits", many, sizeof(many) - 1, 0600);
	file_write("odd", text, sizeof(text) - 1, 0600);
	expect_file_of_client("large", "is too large for a secret");
	expect_file_of_client("latin", "is not UTF-8");
	expect_file_of_client("zero", "holds a byte 0");
	expect_file_of_client("blank", "is empty");
	expect_file_of_client("fits", NULL);
	file_write("odd", "a: \xc3\xbc%+ \t\"'\r\n", sizeof(text) + 1, 0600);
	snprintf(file, sizeof(file), "clients = ( { id = \"a\"; secret_file = \"%s/odd\"; }, { id = \"b\"; } );", file_dir);
	file_write("t.conf", file, strlen(file), 0600);
	assert_non_null(c = config_load("t.conf", err, sizeof(err)));
	mac_sha256(text, sizeof(text) - 1, digest);
	assert_memory_equal(config_client(c, "a")->secret_hash, digest, MAC_LEN);
	config_free(c);
}

/* Only root can become somebody else; for others these options mean nothing. */
static void
test_accounts(void **state)
{
	bool root = geteuid() == 0;

	(void)state;
	expect("user = \"root\"; group = \"root\"; listen: { owner = \"root\"; group = \"root\"; };", NULL);
	expect("user = \"no-such-user\";", root ? "t.conf:1: user: there is no user \"no-such-user\"" : NULL);
	expect("group = \"no-such-group\";", root ? "t.conf:1: group: there is no group \"no-such-group\"" : NULL);
	expect("listen: { owner = \"no-such-user\"; };",
	    root ? "t.conf:1: listen.owner: there is no user \"no-such-user\"" : NULL);
	expect("listen: { group = \"no-such-group\"; };",
	    root ? "t.conf:1: listen.group: there is no group \"no-such-group\"" : NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rules, file_setup, file_teardown),
		cmocka_unit_test_setup_teardown(test_secrets, file_setup, file_teardown),
		cmocka_unit_test_setup_teardown(test_secrets_fit_their_readers, file_setup, file_teardown),
		cmocka_unit_test_setup_teardown(test_client_secrets, file_setup, file_teardown),
		cmocka_unit_test_setup_teardown(test_accounts, file_setup, file_teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

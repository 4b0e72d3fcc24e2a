/* SPDX-License-Identifier: ISC */
/*
 * What a single option cannot know: combinations of options, and what the machine has to say (users, groups, secret files).
 * Runs last in loading, on a configuration that is filled in completely.
 *
 * Every check says all it finds where the option was set, in the file and the line, and loading goes on to the next: who mends
 * a file wants to see all mistakes at once. Whatever would stop the daemon later is refused here, so that "-t" tells the truth.
 */
#include <sys/un.h>

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/groups.h"
#include "base/log.h"
#include "base/redis_url.h"
#include "base/str.h"
#include "config/hosts.h"
#include "config/secret.h"
#include "config/syntax.h"
#include "config/table.h"
#include "config/value.h"
#include "crypto/mac.h"
#include "doorward/board.h"
#include "doorward/userdb.h"

#include "config/check.h"

/* Slots of the board that are not for workers: administration, private Redis, what later roles need. */
#define HELPERS 16
/* While it reloads, the master has two generations of both pools. */
#define WORKERS_MAX ((BOARD_SLOTS - HELPERS) / 2)

#define SOCKET_PATH_CAP sizeof(((struct sockaddr_un *)0)->sun_path)
#define FAULT_MAX 384 /* bytes of a sentence about the settings of a user database */
#define GLOBAL (-1)   /* instead of the index of a client */

static void
check_workers(const struct loading *l)
{
	int64_t check = l->c->check_max > l->c->workers_check ? l->c->check_max : l->c->workers_check;
	int64_t n = check + l->c->workers_login;

	if (l->c->check_max > 0 && l->c->check_max < l->c->workers_check)
		wrong(l, "workers.check_max", "must not be less than workers.check");
	if (l->c->spare_min > l->c->spare_max)
		wrong(l, "workers.spare_max", "must not be less than workers.spare_min");
	if (n > WORKERS_MAX)
		wrong(
		    l, "workers.check", "with workers.login makes %" PRId64 " workers, at most %d are allowed", n, WORKERS_MAX);
}

/* Two pools on one socket would each accept the other's requests. */
static void
check_sockets(const struct loading *l)
{
	const struct config *c = l->c;

	if (strcmp(c->listen_check, c->listen_login) == 0)
		wrong(l, "listen.login", "is the same socket as listen.check");
	if (strcmp(c->admin_socket, c->listen_check) == 0)
		wrong(l, "admin.socket", "is the same socket as listen.check");
	else if (strcmp(c->admin_socket, c->listen_login) == 0)
		wrong(l, "admin.socket", "is the same socket as listen.login");
	if (c->admin_listen[0] != '\0' && !syntax_is_loopback(c->admin_listen))
		wrong(
		    l, "admin.listen", "\"%s\" is not a loopback address with a port, such as 127.0.0.1:9180", c->admin_listen);
	if (c->listen_check_tcp[0] != '\0' && !syntax_is_loopback(c->listen_check_tcp))
		wrong(l, "listen.check_tcp", "\"%s\" is not a loopback address with a port, such as 127.0.0.1:9181",
		    c->listen_check_tcp);
	else if (c->listen_check_tcp[0] != '\0' && strcmp(c->listen_check_tcp, c->admin_listen) == 0)
		wrong(l, "listen.check_tcp", "is the same address as admin.listen");
}

static void
check_place(const struct loading *l)
{
	const struct config *c = l->c;

	if (!syntax_is_mount(c->mount))
		wrong(l, "mount", "\"%s\" is not a path such as /auth: it begins with '/' and ends without", c->mount);
	for (size_t i = 0; c->trusted_proxies[i] != NULL; i++)
		if (!syntax_is_prefix(c->trusted_proxies[i]))
			wrong(l, "trusted_proxies", "\"%s\" is not an address or prefix such as 10.0.0.0/8",
			    c->trusted_proxies[i]);
}

/* One that nobody can have would silently leave nothing. */
static void
check_groups(const struct loading *l)
{

	for (char **p = l->c->userdb_groups; *p != NULL; p++)
		if (!groups_name_ok(str_of(*p)))
			wrong(
			    l, "userdb.groups", "\"%s\" cannot be a group: no commas, no controls, no blanks at the ends", *p);
}

static void
check_throttle(const struct loading *l)
{
	const struct config *c = l->c;

	for (size_t i = 0; c->throttle_exempt[i] != NULL; i++)
		if (!syntax_is_prefix(c->throttle_exempt[i]) || strcmp(c->throttle_exempt[i], "unix:") == 0)
			wrong(l, "throttle.exempt", "\"%s\" is not an address or prefix such as 10.0.0.0/8",
			    c->throttle_exempt[i]);
	if (source_of(c, "throttle.delay") != NULL && source_of(c, "throttle.delay_max") != NULL &&
	    c->throttle_delay > c->throttle_delay_max)
		wrong(l, "throttle.delay_max", "must not be shorter than throttle.delay");
}

/* What becomes part of an answer's header or of a page. */
static void
check_headers(const struct loading *l)
{
	const struct config *c = l->c;

	if (c->site_help_url[0] != '\0' && !syntax_is_link(c->site_help_url))
		wrong(l, "site.help_url", "\"%s\" is not an https, http or mailto address, nor a path", c->site_help_url);
	for (const char *p = c->hsts; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x7f)
			return ((void)wrong(l, "hsts", "holds characters that a header may not"));
}

/* An idle limit longer than the absolute one would never be reached: more likely one of the two is a mistake. */
struct pair {
	const char *idle, *absolute;
	int64_t idle_ms, absolute_ms;
};

/* Says what is wrong with ${option} of client ${i}, or with the global one if that is GLOBAL. */
static void
wrong_of(const struct loading *l, int i, const char *option, const char *what)
{
	const config_setting_t *row, *at;
	char name[OPTION_NAME_MAX];

	if (i == GLOBAL || (row = l->c->source->rows[i]) == NULL) {
		wrong(l, option, "%s", what);
		return;
	}
	at = source_of_client(l->c, (size_t)i, option);
	snprintf(name, sizeof(name), "clients[%d].%s", config_setting_index(row), option);
	source_wrong(l, at == NULL ? row : at, name, "%s", what);
}

static bool
is_set(const struct loading *l, int i, const char *option)
{

	return ((i == GLOBAL ? source_of(l->c, option) : source_of_client(l->c, (size_t)i, option)) != NULL);
}

/* Blames the one that was set; the absolute one if both or neither were. */
static void
check_pair(const struct loading *l, const struct pair *p, int i)
{
	char idle[32], absolute[32], what[192];

	/* A client inherits the global ones: what is wrong there is said once. */
	if (p->idle_ms <= p->absolute_ms ||
	    (i != GLOBAL && !is_set(l, i, p->idle) && !is_set(l, i, p->absolute) && !is_set(l, i, "policy")))
		return;
	value_duration(p->idle_ms, idle, sizeof(idle));
	value_duration(p->absolute_ms, absolute, sizeof(absolute));
	snprintf(what, sizeof(what), "%s (%s) must not be longer than %s (%s)", p->idle, idle, p->absolute, absolute);
	wrong_of(l, i, is_set(l, i, p->idle) && !is_set(l, i, p->absolute) ? p->idle : p->absolute, what);
}

static void
check_pairs(const struct loading *l, const struct pair *pairs, size_t n, int i)
{

	for (size_t k = 0; k < n; k++)
		check_pair(l, &pairs[k], i);
}

/* The idle limits of cookies mean something only to the sliding policy. */
static void
check_lifetimes(const struct loading *l)
{
	const struct config *c = l->c;
	const struct pair pairs[] = {
		{ "refresh.idle", "refresh.absolute", c->refresh_idle, c->refresh_absolute },
		{ "session.idle", "session.absolute", c->session_idle, c->session_absolute },
		{ "session.remember_idle", "session.remember_absolute", c->session_remember_idle,
		    c->session_remember_absolute },
	};

	check_pairs(l, pairs, c->session_policy == POLICY_SLIDING ? 3 : 1, GLOBAL);
}

static void
check_client_lifetimes(const struct loading *l, int i)
{
	const struct client *cl = &l->c->clients[i];
	const struct pair pairs[] = {
		{ "refresh_idle", "refresh_absolute", cl->refresh_idle, cl->refresh_absolute },
		{ "idle", "absolute", cl->idle, cl->absolute },
		{ "remember_idle", "remember_absolute", cl->remember_idle, cl->remember_absolute },
	};

	check_pairs(l, pairs, cl->policy == POLICY_SLIDING ? 3 : 1, i);
}

/* What stands between "://" and the next "/": user:password@host. A password may also be a parameter. */
static bool
holds_password(const char *url)
{
	const char *authority = strstr(url, "://"), *at, *colon;

	if (authority == NULL)
		return (false);
	authority += 3;
	at = memchr(authority, '@', strcspn(authority, "/?"));
	colon = strchr(authority, ':');
	return ((at != NULL && colon != NULL && colon < at) || strstr(url, "?password=") != NULL ||
		strstr(url, "&password=") != NULL || strstr(url, "sslpassword=") != NULL);
}

/* Records are asked by many at once, and have to be written: not every kind of database has room for them. */
static void
check_userdb(const struct loading *l)
{
	const struct config *c = l->c;
	const struct userdb_driver *accounts = userdb_driver(c->userdb_url), *records = userdb_driver(c->userdb_records);
	char what[FAULT_MAX];
	const char *option;

	if (holds_password(c->userdb_url))
		wrong(l, "userdb.url", "takes no password: see userdb.password_file");
	else if (accounts == NULL)
		wrong(l, "userdb.url", "\"%s\" is not " USERDB_URL_FORMS, c->userdb_url);
	else if (accounts->fault != NULL && (option = accounts->fault(c, what, sizeof(what))) != NULL)
		wrong(l, option, "%s", what);
	else if ((option = userdb_stray(c, what, sizeof(what))) != NULL)
		wrong(l, option, "%s", what);
	if (holds_password(c->userdb_records))
		wrong(l, "userdb.records", "takes no password: see userdb.records_password_file");
	else if (records == NULL || !records->records)
		wrong(l, "userdb.records", "\"%s\" is not " USERDB_RECORDS_FORMS, c->userdb_records);
}

/* The socket's path is bounded by sun_path, which a path below a long state directory can exceed. */
static void
check_backends(const struct loading *l)
{
	const struct config *c = l->c;
	struct redis_url url;
	bool good = redis_url_read(c->redis_url, &url);
	size_t path = good && url.kind == REDIS_UNIX ? strlen(url.path) : 0;

	if (strchr(c->redis_url, '@') != NULL)
		wrong(l, "redis.url", "takes no user or password: see redis.user, redis.password_file");
	else if (strncmp(c->redis_url, "rediss:", 7) == 0)
		wrong(
		    l, "redis.url", "TLS is not possible, libhiredis has none here: use a tunnel, doorward.conf(5) shows one");
	else if (!good)
		wrong(l, "redis.url", "\"%s\" is not " REDIS_URL_FORMS, c->redis_url);
	else if (c->redis_spawn && c->redis_durability == DURABILITY_REPLICA)
		wrong(l, "redis.durability", "\"replica\" is not possible with redis.spawn: a private Redis has no replicas");
	else if (path >= SOCKET_PATH_CAP)
		wrong(l, c->redis_spawn ? "state_dir" : "redis.url",
		    "makes a socket path of %zu bytes, at most %zu are allowed", path, SOCKET_PATH_CAP - 1);
	check_userdb(l);
}

/* Says what is wrong with the secret in ${file}; nothing if ${fault} is NULL. */
static void
judge_secret(const struct loading *l, int i, const char *option, const char *file, const char *fault)
{
	char what[256];

	if (fault == NULL)
		return;
	snprintf(what, sizeof(what), "\"%s\": %s", file, fault);
	wrong_of(l, i, option, what);
}

static void
check_secret(const struct loading *l, const char *option, const char *file, size_t most, size_t least)
{

	judge_secret(l, GLOBAL, option, file, secret_file_fault(file, most, least));
}

/* All are looked at even if the first is wrong, so that all are told. */
static void
check_secrets(const struct loading *l)
{

	check_secret(l, "admin.token_file", l->c->admin_token_file, ADMIN_TOKEN_MAX, ADMIN_TOKEN_MIN);
	check_secret(l, "redis.password_file", l->c->redis_password_file, REDIS_PASSWORD_MAX, 1);
	check_secret(l, "redis.sentinel_password_file", l->c->redis_sentinel_password_file, REDIS_PASSWORD_MAX, 1);
	check_secret(l, "userdb.password_file", l->c->userdb_password_file, USERDB_PASSWORD_MAX, 1);
	check_secret(l, "userdb.records_password_file", l->c->userdb_records_password_file, USERDB_PASSWORD_MAX, 1);
}

/*
 * Keeps the hash of a client's secret. It is read here, and not where it is needed: processes that answer requests need not be
 * able to, and all of one generation know the same. It comes in forms, which are UTF-8.
 */
static void
take_client_secret(const struct loading *l, int i)
{
	struct client *client = &l->c->clients[i];
	char secret[CLIENT_SECRET_MAX];
	const char *fault;
	ssize_t len;

	if (client->secret_file[0] == '\0')
		return;
	len = fd_read_secret(client->secret_file, secret, sizeof(secret));
	fault = secret_fault(secret, &len, 1);
	if (fault == NULL && !str_is_utf8((struct str){ secret, (size_t)len }))
		fault = "is not UTF-8";
	if (fault == NULL)
		mac_sha256(secret, (size_t)len, client->secret_hash);
	explicit_bzero(secret, sizeof(secret));
	judge_secret(l, i, "secret_file", client->secret_file, fault);
}

static void
check_clients(const struct loading *l)
{

	for (size_t i = 0; i < l->c->n_clients; i++) {
		check_client_lifetimes(l, (int)i);
		take_client_secret(l, (int)i);
	}
}

static void
check_account(const struct loading *l, const char *name, const char *value, bool group)
{

	if (value[0] == '\0' || (group ? getgrnam(value) != NULL : getpwnam(value) != NULL))
		return;
	wrong(l, name, "there is no %s \"%s\"", group ? "group" : "user", value);
}

static void
check_log(const struct loading *l)
{

	if (l->c->log_target == LOG_TARGET_FILE && l->c->log_file[0] == '\0')
		wrong(l, "log.target", "is \"file\", but log.file names none");
}

/* Without root nobody changes users, so the accounts need not exist. */
static void
check_accounts(const struct loading *l)
{
	const struct config *c = l->c;

	if (geteuid() != 0)
		return;
	check_account(l, "user", c->user, false);
	check_account(l, "group", c->group, true);
	check_account(l, "listen.owner", c->listen_owner, false);
	check_account(l, "listen.group", c->listen_group, true);
}

/* The path is ours to add. Where it leads may be anybody's: nothing secret is sent there. */
static void
check_trace(const struct loading *l)
{
	const char *url = l->c->trace_otlp;

	if (!syntax_is_fraction(l->c->trace_sample))
		wrong(l, "trace.sample", "\"%s\" is not a number from \"0\" to \"1\"", l->c->trace_sample);
	if (url[0] == '\0')
		return;
	if (!syntax_is_issuer(url, true))
		wrong(l, "trace.otlp", "\"%s\" is not an address as in \"http://127.0.0.1:4318\"", url);
	else if (strstr(url, "/v1/traces") != NULL)
		wrong(l, "trace.otlp", "leave /v1/traces away: it is added");
}

void
check_all(const struct loading *l)
{

	check_workers(l);
	check_sockets(l);
	check_place(l);
	hosts_check(l);
	check_headers(l);
	check_lifetimes(l);
	check_backends(l);
	check_groups(l);
	check_throttle(l);
	check_log(l);
	check_accounts(l);
	check_secrets(l);
	check_clients(l);
	check_trace(l);
}

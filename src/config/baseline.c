/* SPDX-License-Identifier: ISC */
/*
 * "doorward -t --strict" and "doorwardctl config test --strict": where a configuration is weaker than the security baseline
 * that doorward.conf(5) explains. It only reports; what must not be is refused in check.c.
 *
 * The rules are a table of an option, the test it has to pass and the sentence that says why. A rule is held against the global
 * option and against the same option of each client that sets one of its own. What is no option follows by hand: secrets
 * (length), files and directories (mode).
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/redis_url.h"
#include "config/baseline_files.h"
#include "config/source.h"
#include "config/syntax.h"
#include "config/table.h"
#include "crypto/pwhash.h"
#include "doorward/userdb.h"

#include "config/baseline.h"

#define SECONDS(n) ((int64_t)(n)*1000)
#define MINUTES(n) (SECONDS(n) * 60)
#define HOURS(n) (MINUTES(n) * 60)
#define DAYS(n) (HOURS(n) * 24)

#define HSTS_AGE_MIN 31536000 /* seconds: one year, ASVS 3.4.1 */
#define SECRET_MIN 16         /* bytes: 128 bits if they are random ones */
#define BCRYPT_COST_MIN 10    /* ASVS 5, appendix C */
#define PBKDF2_ROUNDS_MIN 600000
#define PASSWORD_LENGTH_MIN 15 /* characters: NIST SP 800-63B-4, of the only factor */
#define ACCOUNT_FAILURES_MAX 100
#define LOOPBACK_NET 127u /* 127.0.0.0/8 */

/* One configuration that is held against the rules. */
struct baseline {
	const struct config *c;
	FILE *out;
	size_t found;
};

struct rule {
	const char *option; /* of table_options */
	const char *client; /* the option of table_client_options that the same goes for; NULL = none */
	/* NULL: a duration of at most ${bound} milliseconds; else true if ${value}, the option's field, deviates */
	bool (*deviates)(const struct config *c, const void *value);
	int64_t bound;
	const char *says; /* what the baseline says, and why */
};

static const char *
text(const void *value)
{

	return (*(const char *const *)value);
}

static bool
is_false(const struct config *c, const void *value)
{

	(void)c;
	return (!*(const bool *)value);
}

static bool
is_set(const struct config *c, const void *value)
{

	(void)c;
	return (text(value)[0] != '\0');
}

/* As root, "" stays root. Others cannot change, whatever the file says. */
static bool
is_root(const struct config *c, const void *value)
{
	const struct passwd *pw;

	(void)c;
	if (text(value)[0] == '\0')
		return (geteuid() == 0);
	pw = getpwnam(text(value));
	return (pw != NULL && pw->pw_uid == 0);
}

static bool
is_for_others(const struct config *c, const void *value)
{

	(void)c;
	return ((*(const int64_t *)value & S_IRWXO) != 0);
}

/* A port has no mode: on it only the token tells operators from other local users. */
static bool
is_without_token(const struct config *c, const void *value)
{

	return (is_set(c, value) && c->admin_token_file[0] == '\0');
}

static bool
is_wide(const struct config *c, const void *value)
{
	char *const *list = *(char *const *const *)value;

	(void)c;
	for (size_t i = 0; list[i] != NULL; i++)
		if (syntax_is_wide(list[i]))
			return (true);
	return (false);
}

/* Quotes around the number are allowed (RFC 6797, 6.1). */
static bool
is_short_hsts(const struct config *c, const void *value)
{
	const char *age = strcasestr(text(value), "max-age=");

	(void)c;
	if (age == NULL)
		return (true);
	age += sizeof("max-age=") - 1;
	return (strtoll(age + (*age == '"'), NULL, 10) < HSTS_AGE_MIN);
}

static bool
is_plain_name(const struct config *c, const void *value)
{

	return (c->cookie_domain[0] == '\0' && strncmp(text(value), COOKIE_HOST_PREFIX, sizeof(COOKIE_HOST_PREFIX) - 1) != 0);
}

static bool
is_permanent(const struct config *c, const void *value)
{

	(void)c;
	return (*(const enum session_policy *)value == POLICY_PERMANENT);
}

static bool
is_hmac(const struct config *c, const void *value)
{

	(void)c;
	return (strcmp(text(value), "HS256") == 0);
}

/* A name that only begins like a loopback address is another host's; 127.1 is not how one is written here. */
static bool
is_loopback_host(const char *name)
{
	struct in_addr a;

	return (strcmp(name, "localhost") == 0 || strcmp(name, "::1") == 0 ||
		(inet_pton(AF_INET, name, &a) == 1 && ntohl(a.s_addr) >> 24 == LOOPBACK_NET));
}

/* A sentinel on this host says nothing about where the master is, or will be. */
static bool
is_remote(const struct config *c, const void *value)
{
	struct redis_url url;

	(void)c;
	if (!redis_url_read(text(value), &url))
		return (true);
	return (url.kind != REDIS_UNIX && (url.kind != REDIS_TCP || !is_loopback_host(url.hosts[0].name)));
}

static bool
is_open_redis(const struct config *c, const void *value)
{

	return (text(value)[0] == '\0' && strncmp(c->redis_url, "unix:", 5) != 0);
}

/* Does its driver say that its address does not prove who answers? */
static bool
is_unproved(const struct config *c, const void *value)
{
	const struct userdb_driver *d = userdb_driver(text(value));

	(void)c;
	return (d != NULL && d->is_unproved != NULL && d->is_unproved(text(value)));
}

static bool
is_true(const struct config *c, const void *value)
{

	return (!is_false(c, value));
}

/* OWASP's and ASVS's least, of the scheme that is used. */
static bool
is_weak_argon2(const struct config *c, const void *value)
{
	static const int64_t least[] = { 46, 19, 12, 9, 7 }; /* MiB by passes, and for more passes */
	size_t last = sizeof(least) / sizeof(least[0]), passes = (size_t)c->argon2_time;

	return (c->password_scheme == PWHASH_SCHEME_ARGON2ID &&
		*(const int64_t *)value < least[(passes < last ? passes : last) - 1] << 20);
}

static bool
is_weak_bcrypt(const struct config *c, const void *value)
{

	return (c->password_scheme == PWHASH_SCHEME_BCRYPT && *(const int64_t *)value < BCRYPT_COST_MIN);
}

static bool
is_weak_pbkdf2(const struct config *c, const void *value)
{

	return (c->password_scheme == PWHASH_SCHEME_PBKDF2_SHA256 && *(const int64_t *)value < PBKDF2_ROUNDS_MIN);
}

static bool
is_short(const struct config *c, const void *value)
{

	(void)c;
	return (*(const int64_t *)value < PASSWORD_LENGTH_MIN);
}

static bool
is_debug(const struct config *c, const void *value)
{

	(void)c;
	return (*(const int64_t *)value == LOG_LEVEL_DEBUG);
}

/* What is told begins at a smaller sum than what ends everything, else nothing is ever only told. */
static bool
is_above_revoke(const struct config *c, const void *value)
{

	return (c->risk_enabled && *(const int64_t *)value > c->risk_revoke_at);
}

/* clang-format off */
#define NO(option, deviates, says) { option, NULL, deviates, 0, says }
#define NO_CLIENT(option, client, deviates, says) { option, client, deviates, 0, says }
#define AT_MOST(option, client, bound, says) { option, client, NULL, bound, says }

/* The order is that of doorward.conf(5), section SECURITY BASELINE; tests/lint/baseline.sh holds the two together. */
static const struct rule rules[] = {
	NO("user", is_root,
	    "a user of its own, not root: a fault in what reads requests would give away the machine"),
	NO("listen.check_tcp", is_set,
	    "a unix socket only: whoever can connect is believed like the front server"),
	NO("listen.mode", is_for_others,
	    "nothing for others: whoever can connect is believed like the front server"),
	NO("admin.mode", is_for_others, "nothing for others: whoever can connect can end every session"),
	NO("admin.listen", is_without_token,
	    "a unix socket, or admin.token_file with it: every local user can connect to a port"),
	NO("require_tls", is_false, "true: over plain HTTP everybody on the way reads passwords and sessions"),
	NO("trusted_proxies", is_wide,
	    "the proxies' own addresses or private networks: others could claim TLS and any client address"),
	NO("hsts", is_short_hsts,
	    "max-age of at least a year (31536000): the first request of a visit could go over plain HTTP"),
	NO("cookie_name", is_plain_name,
	    "a name that begins with " COOKIE_HOST_PREFIX ": otherwise another host of the domain can plant a session"),
	NO("cookie_domain", is_set,
	    "\"\": the session goes to every host of a domain, and each of them can plant one"),
	AT_MOST("stale_if_error", NULL, MINUTES(5),
	    "at most 5m: while Redis is away, who was signed out everywhere still passes for this long"),
	NO_CLIENT("session.policy", "policy", is_permanent,
	    "\"sliding\" or \"fixed\": a forgotten browser stays signed in to the absolute limit"),
	AT_MOST("session.idle", "idle", HOURS(1), "at most 1h: a browser left alone is somebody else's soon"),
	AT_MOST("session.absolute", "absolute", HOURS(24),
	    "at most 24h: a stolen session has to end although it is used"),
	AT_MOST("session.remember_absolute", "remember_absolute", DAYS(30),
	    "at most 30d: even who asked to be remembered proves it once a month"),
	AT_MOST("refresh.absolute", "refresh_absolute", DAYS(30),
	    "at most 30d: a stolen device has to end although it is used"),
	AT_MOST("refresh.grace", NULL, SECONDS(10),
	    "at most 10s: within it a stolen refresh token is not told from a second tab"),
	AT_MOST("access.ttl", "access_ttl", MINUTES(15),
	    "at most 15m: who only verifies the signature believes a token for this long after a logout"),
	NO("access.alg", is_hmac,
	    "\"EdDSA\", \"ES256\" or \"RS256\": who can verify an HS256 token can make one"),
	NO("redis.url", is_remote,
	    "a unix socket or a loopback address: what goes to Redis is not encrypted"),
	NO("redis.password_file", is_open_redis,
	    "a password where Redis is asked over TCP: whoever can connect can make sessions"),
	NO("userdb.url", is_unproved,
	    "sslmode=verify-full to another machine: who can answer in its place lets anybody in"),
	NO("userdb.records", is_unproved,
	    "sslmode=verify-full to another machine: others could read and write what is recorded"),
	NO("ldap.insecure", is_true, "false: everybody on the way to the directory reads passwords, and can answer in its place"),
	AT_MOST("cache.max_age", NULL, SECONDS(5),
	    "at most 5s: the longest that a lost notice may hide a logout"),
	NO("password.argon2_memory", is_weak_argon2,
	    "with password.argon2_time one of 46m and 1, 19m and 2, 12m and 3, 9m and 4, 7m and 5: a stolen hash is guessed at"),
	NO("password.bcrypt_cost", is_weak_bcrypt, "at least 10: a stolen hash is guessed at"),
	NO("password.pbkdf2_rounds", is_weak_pbkdf2, "at least 600000: a stolen hash is guessed at"),
	NO("password.min_length", is_short, "at least 15: the password is all that stands before the account"),
	NO("throttle.enabled", is_false, "true: else anybody may guess passwords for ever"),
	AT_MOST("throttle.account_max", NULL, ACCOUNT_FAILURES_MAX,
	    "at most 100: so many guesses in a row are allowed by NIST SP 800-63B"),
	NO("throttle.exempt", is_wide, "own addresses or private networks: others could guess passwords of all accounts"),
	NO("risk.alert_at", is_above_revoke,
	    "at most risk.revoke_at: what is unusual would end everything before anybody was told of less"),
	NO("log.level", is_debug, "not \"debug\" for longer than it takes: it tells more of users than is needed"),
	/* clang-format on */
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

static void __attribute__((format(printf, 4, 5)))
tell(struct baseline *b, const config_setting_t *at, const char *name, const char *fmt, ...)
{
	char line[16] = "";
	va_list ap;

	if (at != NULL)
		snprintf(line, sizeof(line), ":%u", (unsigned)config_setting_source_line(at));
	fprintf(b->out, "%s%s: %s: the baseline is ", source_file(b->c, at), line, name);
	va_start(ap, fmt);
	vfprintf(b->out, fmt, ap);
	va_end(ap);
	fputc('\n', b->out);
	b->found++;
}

/* Numbers are durations in milliseconds, whatever their type in the table. */
static bool
deviates(const struct baseline *b, const struct rule *r, const struct option *o, const void *base)
{
	const void *value = (const char *)base + o->offset;

	if (r->deviates != NULL)
		return (r->deviates(b->c, value));
	return (*(const int64_t *)value > r->bound);
}

/* A sliding session is the only one that has an idle limit. */
static bool
is_void(const struct rule *r, enum session_policy policy)
{

	return (strcmp(r->option, "session.idle") == 0 && policy != POLICY_SLIDING);
}

static void
hold_global(struct baseline *b, const struct rule *r)
{

	if (!is_void(r, b->c->session_policy) && deviates(b, r, table_find(table_options, r->option), b->c))
		tell(b, source_of(b->c, r->option), r->option, "%s", r->says);
}

/* What a client inherits was reported at the global option. */
static void
hold_client(struct baseline *b, const struct rule *r, size_t i)
{
	const config_setting_t *at = r->client == NULL ? NULL : source_of_client(b->c, i, r->client);
	const struct client *cl = &b->c->clients[i];
	char name[OPTION_NAME_MAX];

	if (at == NULL || is_void(r, cl->policy) || !deviates(b, r, table_find(table_client_options, r->client), cl))
		return;
	snprintf(name, sizeof(name), "clients[%d].%s", config_setting_index(b->c->source->rows[i]), r->client);
	tell(b, at, name, "%s", r->says);
}

static void
hold_file(struct baseline *b, enum look found, const config_setting_t *at, const char *name, const char *path, const char *says)
{

	if (found == LOOK_OPEN)
		tell(b, at, name, "%s: %s is not", says, path);
	else if (found == LOOK_UNKNOWN)
		tell(b, at, name, "%s: %s: %s", says, path, strerror(errno));
}

static void
hold_secret(struct baseline *b, const config_setting_t *at, const char *name, const char *path)
{

	if (path[0] != '\0')
		hold_file(b, baseline_files_secret(path, SECRET_MIN), at, name, path,
		    "a secret of at least 16 bytes, made at random");
}

static void
hold_secrets(struct baseline *b)
{
	const struct config *c = b->c;
	char name[OPTION_NAME_MAX];

	hold_secret(b, source_of(c, "redis.password_file"), "redis.password_file", c->redis_password_file);
	hold_secret(
	    b, source_of(c, "redis.sentinel_password_file"), "redis.sentinel_password_file", c->redis_sentinel_password_file);
	for (size_t i = 0; i < c->n_clients; i++) {
		if (c->source->rows[i] == NULL)
			continue;
		snprintf(name, sizeof(name), "clients[%d].secret_file", config_setting_index(c->source->rows[i]));
		hold_secret(b, source_of_client(c, i, "secret_file"), name, c->clients[i].secret_file);
	}
	for (size_t i = 0; i < c->n_sinks; i++) {
		snprintf(name, sizeof(name), "sinks[%zu].secret_file", i);
		hold_secret(b, source_of_sink(c, i, "secret_file"), name, c->sinks[i].secret_file);
		snprintf(name, sizeof(name), "sinks[%zu].password_file", i);
		hold_secret(b, source_of_sink(c, i, "password_file"), name, c->sinks[i].password_file);
	}
}

/* In a directory that others can write to, somebody could create the file first or replace it. */
static void
hold_place(struct baseline *b, const char *name, const char *path)
{

	if (path[0] != '\0')
		hold_file(b, baseline_files_parent(path, S_IWOTH), source_of(b->c, name), name, path,
		    "in a directory that others cannot write to");
}

/* Files by hand, since each is asked something else. */
static void
hold_files(struct baseline *b)
{
	const struct config *c = b->c;
	char path[PATH_MAX], worst[PATH_MAX];

	hold_file(
	    b, baseline_files_mode(c->file, S_IWGRP | S_IWOTH), NULL, "the file", c->file, "to be written by its owner only");
	hold_file(b, baseline_files_mode(c->state_dir, S_IWGRP | S_IRWXO), source_of(c, "state_dir"), "state_dir", c->state_dir,
	    "closed to others");
	snprintf(path, sizeof(path), "%s/keys", c->state_dir);
	hold_file(b, baseline_files_all(path, S_IRWXG | S_IRWXO, worst, sizeof(worst)), source_of(c, "state_dir"), "state_dir",
	    worst, "keys for their owner only (0700, 0600)");
	hold_place(b, "pid_file", c->pid_file);
	hold_place(b, "listen.check", c->listen_check);
	hold_place(b, "listen.login", c->listen_login);
	hold_place(b, "admin.socket", c->admin_socket);
	if (c->log_file[0] != '\0')
		hold_file(b, baseline_files_mode(c->log_file, S_IRWXO), source_of(c, "log.file"), "log.file", c->log_file,
		    "closed to others: who signs in from where is nobody else's business");
}

/* Of several hosts one delivers to the ledger at a time: a file that only this host sees has a part of it. */
static void
hold_ledger(struct baseline *b)
{
	const char *url = userdb_url(b->c, USERDB_RECORDS), *option = userdb_is_one(b->c) ? "userdb.url" : "userdb.records";
	const struct userdb_driver *d = userdb_driver(url);

	if (b->c->relay_enabled && !b->c->redis_spawn && is_remote(b->c, &b->c->redis_url) && d != NULL && d->make != NULL)
		tell(b, source_of(b->c, option), option,
		    "a database that all hosts share, where they share a Redis: else each has a part of the ledger");
}

size_t
baseline_check(const struct config *c, FILE *out)
{
	struct baseline b = { .c = c, .out = out };

	for (size_t i = 0; i < RULES; i++)
		hold_global(&b, &rules[i]);
	for (size_t i = 0; i < c->n_clients; i++)
		for (size_t k = 0; k < RULES; k++)
			hold_client(&b, &rules[k], i);
	hold_secrets(&b);
	hold_files(&b);
	hold_ledger(&b);
	return (b.found);
}

/* SPDX-License-Identifier: ISC */
/* The rules of the security baseline: an option, the test it has to pass and the sentence that says why. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/redis_url.h"
#include "config/syntax.h"
#include "crypto/pwhash.h"
#include "doorward/userdb.h"

#include "config/baseline_rules.h"

#define SECONDS(n) ((int64_t)(n)*1000)
#define MINUTES(n) (SECONDS(n) * 60)
#define HOURS(n) (MINUTES(n) * 60)
#define DAYS(n) (HOURS(n) * 24)

#define HSTS_AGE_MIN 31536000 /* seconds: one year, ASVS 3.4.1 */
#define BCRYPT_COST_MIN 10    /* ASVS 5, appendix C */
#define PBKDF2_ROUNDS_MIN 600000
#define PASSWORD_LENGTH_MIN 15 /* characters: NIST SP 800-63B-4, of the only factor */
#define ACCOUNT_FAILURES_MAX 100
#define LOOPBACK_NET 127u /* 127.0.0.0/8 */

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

bool
baseline_redis_is_remote(const char *text)
{
	struct redis_url url;

	if (!redis_url_read(text, &url))
		return (true);
	return (url.kind != REDIS_UNIX && (url.kind != REDIS_TCP || !is_loopback_host(url.hosts[0].name)));
}

static bool
is_remote(const struct config *c, const void *value)
{

	(void)c;
	return (baseline_redis_is_remote(text(value)));
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
const struct baseline_rule baseline_rules[] = {
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
	{ .option = NULL },
	/* clang-format on */
};

bool
baseline_deviates(const struct baseline_rule *r, const struct config *c, const struct option *o, const void *base)
{
	const void *value = (const char *)base + o->offset;

	return (r->deviates != NULL ? r->deviates(c, value) : *(const int64_t *)value > r->bound);
}

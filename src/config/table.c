/* SPDX-License-Identifier: ISC */
/*
 * The one list of options: name, type, default, bounds, place in the struct, one sentence. The parser, the dump, the hints and
 * the checks work from it; lints hold the sample file and the manual page against it. A new option is a row here and a field in
 * doorward/config.h.
 */
#include <string.h>

#include "base/redis_url.h"
#include "doorward/config.h"
#include "doorward/event.h"
#include "doorward/userdb.h"

#include "config/table.h"

#define MS(n) ((int64_t)(n))
#define SECONDS(n) (MS(n) * 1000)
#define MINUTES(n) (SECONDS(n) * 60)
#define HOURS(n) (MINUTES(n) * 60)
#define DAYS(n) (HOURS(n) * 24)

#define TEXT_MAX 1024       /* bytes of a text: a URL, a header value */
#define STATEMENT_MAX 4095  /* bytes of an SQL statement */
#define DOMAIN_MAX 253      /* of a DNS name */
#define PATH_MAX_LEN 4095   /* PATH_MAX without its terminator */
#define SOCKET_PATH_MAX 107 /* sun_path without its terminator */
#define NAME_MAX_LEN 64     /* user, group, cookie, Redis user */
#define POOL_MAX 120        /* of one pool; check.c bounds the two together */
#define KILOBYTES(n) ((int64_t)(n) << 10)
#define GIGABYTES(n) ((int64_t)(n) << 30)
#define LIFETIME_MAX DAYS(3650)
#define ACCESS_TTL_MAX HOURS(1) /* an access token is believed without asking: it must not live long */
#define GRACE_MAX SECONDS(60)   /* of a used refresh token: long enough for two tabs, too short for a thief */
#define GROUPS_LISTED_MAX 256   /* groups that count: a name is looked for among them at each login */
#define WAIT_MAX 16             /* replicas: more is a mistake in writing */
#define RISK_WEIGHT_MAX 1000    /* of a signal: 0 is off */
#define RISK_SUM_MAX 10000      /* more than all signals together: never */
#define SPEED_MAX 100000        /* km/h: nobody is faster */
#define THROTTLE_MAX 10000      /* failures: a counter holds as many undecided tries at the most */

static const char *const policies[] = { "fixed", "sliding", "permanent", NULL };
static const char *const limit_policies[] = { "replace_oldest", "reject", NULL };
static const char *const algorithms[] = { "EdDSA", "ES256", "RS256", "HS256", NULL };
static const char *const schemes[] = { "argon2id", "bcrypt", "yescrypt", "pbkdf2-sha256", NULL };
static const char *const targets[] = { "auto", "stderr", "file", "syslog", NULL };
static const char *const formats[] = { "text", "json", NULL };
static const char *const sink_types[] = { "webhook", "set", "backchannel", "amqp", "exec", NULL };
static const char *const counted_by[] = { "all", "user", "ip", NULL };
static const char *const actions[] = { "none", "revoke", NULL };
static const char *const durabilities[] = { "memory", "replica", "disk", NULL };
static const char *const all[] = { "all", NULL };
static const char *const at_login[] = { "allow", "deny", NULL };
static const char *const levels[] = { "error", "warn", "info", "debug", NULL };

#define AT(field) offsetof(struct config, field)

/* clang-format off */
#define OPT(type, name, def, min, max, field, doc) \
	{ name, OPTION_##type, def, min, max, AT(field), NULL, NULL, doc }
#define ONE_OF(type, words, name, def, field, doc) \
	{ name, OPTION_##type, def, 0, 0, AT(field), words, NULL, doc }
/* clang-format on */

/* In the order in which the sample file and the manual page explain them. */
const struct option table_options[] = {
	OPT(STRING, "user", "", 0, NAME_MAX_LEN, user, "User to run as when started by root; \"\" stays who started it."),
	OPT(STRING, "group", "", 0, NAME_MAX_LEN, group, "Group to run as when started by root; \"\" is the user's own."),
	OPT(PATH, "state_dir", LOCALSTATEDIR "/lib/doorward", 1, PATH_MAX_LEN, state_dir,
	    "Keys, the user database and the private Redis live here; a change needs a restart."),
	OPT(PATH, "pid_file", "", 0, PATH_MAX_LEN, pid_file,
	    "The master's process id is written here; \"\" writes none; a change needs a restart."),
	OPT(BOOL, "seccomp", "true", 0, 1, seccomp,
	    "Processes that answer requests may not start programs or change the system, where the build has libseccomp."),

	OPT(INT, "workers.check", "0", 0, POOL_MAX, workers_check,
	    "Workers that answer everything but logins; 0 is one a core, at least 2."),
	OPT(INT, "workers.check_max", "0", 0, POOL_MAX, check_max,
	    "Let their number follow the need, from workers.check up to this; 0 keeps it fixed."),
	OPT(INT, "workers.spare_min", "1", 1, POOL_MAX, spare_min, "More of them are started when fewer are idle."),
	OPT(INT, "workers.spare_max", "4", 1, POOL_MAX, spare_max, "One of them leaves when more are idle."),
	OPT(INT, "workers.login", "0", 0, POOL_MAX, workers_login, "Workers that hash passwords; 0 is one a core."),
	OPT(INT, "workers.max_hashing", "0", 0, POOL_MAX, max_hashing,
	    "Passwords hashed at a time where one pool serves all; 0 leaves a worker free for checks."),
	OPT(DURATION, "workers.receive_deadline", "5s", MS(100), MINUTES(5), receive_deadline,
	    "How long a front server may take to send a request."),
	OPT(DURATION, "workers.start_timeout", "10s", MS(100), MINUTES(10), start_timeout,
	    "How long a new worker may take to become ready."),
	OPT(DURATION, "workers.drain_timeout", "30s", MS(100), HOURS(1), drain_timeout,
	    "How long an old generation may take to finish after a reload."),
	OPT(DURATION, "workers.stop_timeout", "5s", MS(100), HOURS(1), stop_timeout,
	    "How long workers may take to finish when the daemon is stopped."),
	OPT(DURATION, "workers.slow_after", "1s", MS(1), HOURS(1), slow_after,
	    "A request that takes longer is reported in the log."),
	OPT(DURATION, "workers.request_timeout", "15s", MS(100), HOURS(1), request_timeout,
	    "A worker whose request takes longer is killed and replaced."),
	OPT(INT, "workers.max_requests", "0", 0, INT32_MAX, max_requests,
	    "Requests after which a worker is replaced by a fresh one; 0 is never."),
	OPT(DURATION, "workers.max_age", "0s", 0, DAYS(365), max_age,
	    "Age at which a worker is replaced by a fresh one; 0s is never."),
	OPT(SIZE, "workers.max_rss", "0k", 0, GIGABYTES(64), max_rss,
	    "Private memory at which a worker is replaced by a fresh one; 0k is never."),

	OPT(PATH, "listen.check", RUNSTATEDIR "/doorward/check.sock", 1, SOCKET_PATH_MAX, listen_check,
	    "FastCGI socket for everything but logins."),
	OPT(PATH, "listen.login", RUNSTATEDIR "/doorward/login.sock", 1, SOCKET_PATH_MAX, listen_login,
	    "FastCGI socket for /login and /password."),
	OPT(STRING, "listen.check_tcp", "", 0, NAME_MAX_LEN, listen_check_tcp,
	    "listen.check on a loopback address too, \"127.0.0.1:9181\"; every local user can connect; \"\" is none."),
	OPT(STRING, "listen.owner", "", 0, NAME_MAX_LEN, listen_owner, "Owner of both sockets; \"\" is the daemon's user."),
	OPT(STRING, "listen.group", "", 0, NAME_MAX_LEN, listen_group,
	    "Group of both sockets: that of the front server; \"\" is the daemon's group."),
	OPT(MODE, "listen.mode", "0660", 0, 0777, listen_mode, "Mode of both sockets."),
	OPT(INT, "listen.backlog", "511", 1, 65535, listen_backlog,
	    "Connections that may wait in the kernel; it caps this at net.core.somaxconn."),

	OPT(PATH, "admin.socket", RUNSTATEDIR "/doorward/admin.sock", 0, SOCKET_PATH_MAX, admin_socket,
	    "HTTP socket for operators: status, metrics, health, kick."),
	OPT(MODE, "admin.mode", "0660", 0, 0777, admin_mode, "Mode of the operators' socket."),
	OPT(STRING, "admin.listen", "", 0, NAME_MAX_LEN, admin_listen,
	    "The same on a loopback address, \"127.0.0.1:9180\" or \"[::1]:9180\"; \"\" is none."),
	OPT(LIST, "admin.hosts", "[ ]", 0, LIST_MAX, admin_hosts,
	    "Names besides that address under which it may be asked, such as \"localhost\": what else a Host says is refused."),
	OPT(PATH, "admin.token_file", "", 0, PATH_MAX_LEN, admin_token_file,
	    "File with the bearer token that allows /admin/ on that address; \"\" serves only what reads."),

	OPT(STRING, "mount", "/auth", 2, NAME_MAX_LEN, mount, "URL prefix under which the front server hands requests over."),
	OPT(STRING, "issuer", "https://localhost/auth", 1, TEXT_MAX, issuer,
	    "Our address as browsers see it, with the mount: goes into tokens and links."),
	OPT(STRING, "audience", "", 0, TEXT_MAX, audience, "Audience of access tokens; \"\" is the issuer."),
	OPT(LIST, "origins", "[ ]", 0, LIST_MAX, origins,
	    "Origins besides the issuer's own whose pages may write with a cookie, and to which a login may return."),
	OPT(BOOL, "require_tls", "true", 0, 1, require_tls, "Refuse credentials that came over plain HTTP."),
	OPT(LIST, "trusted_proxies", "[ ]", 0, LIST_MAX, trusted_proxies,
	    "Addresses, prefixes and \"unix:\" whose X-Forwarded-Proto and -For are believed."),
	OPT(STRING, "hsts", "max-age=63072000; includeSubDomains", 0, TEXT_MAX, hsts,
	    "Strict-Transport-Security on answers over TLS; \"\" sends none."),
	OPT(BOOL, "clear_site_data", "false", 0, 1, clear_site_data,
	    "Send Clear-Site-Data at logout; it wipes the application's data in the browser too."),
	OPT(STRING, "cookie_name", "__Host-dw_session", 1, NAME_MAX_LEN, cookie_name, "Name of the session cookie."),
	OPT(STRING, "cookie_domain", "", 0, DOMAIN_MAX, cookie_domain,
	    "Domain whose hosts all have one session, as in \"example.org\"; \"\" is the one host alone."),
	OPT(STRING, "title", "", 0, NAME_MAX_LEN, title,
	    "Title of the login page, in all languages; \"\" is \"Sign in\" in the person's."),
	OPT(STRING, "site.name", "", 0, NAME_MAX_LEN, site_name, "Name of the site, shown on every page; \"\" shows none."),
	OPT(STRING, "site.help_url", "", 0, TEXT_MAX, site_help_url,
	    "Where people who cannot sign in get help: a link on every page; \"\" shows none."),
	OPT(PATH, "site.logo_file", "", 0, PATH_MAX_LEN, site_logo_file,
	    "Image above the heading of every page, at most 6 KB (PNG, JPEG, GIF, WebP, SVG); \"\" shows none."),
	OPT(PATH, "theme.css_file", "", 0, PATH_MAX_LEN, theme_css_file,
	    "Style sheet that every page has after its own, at most 4 KB; \"\" is none."),
	OPT(DURATION, "stale_if_error", "0s", 0, HOURS(1), stale_if_error,
	    "While Redis cannot be asked, let pass who was seen valid at most this long ago; 0s is never."),

	OPT(BOOL, "check.preflight", "false", 0, 1, check_preflight,
	    "Let a CORS preflight (OPTIONS without a credential) pass a check, so that the application answers it."),

	ONE_OF(POLICY, policies, "session.policy", "sliding", session_policy,
	    "When a session ends: \"fixed\", \"sliding\" (when idle) or \"permanent\"; always at its absolute limit."),
	OPT(LIFETIME, "session.idle", "30m", SECONDS(1), LIFETIME_MAX, session_idle,
	    "A sliding session ends when unused for this long."),
	OPT(LIFETIME, "session.absolute", "12h", SECONDS(1), LIFETIME_MAX, session_absolute,
	    "A session ends this long after the login at the latest."),
	OPT(LIFETIME, "session.remember_idle", "7d", SECONDS(1), LIFETIME_MAX, session_remember_idle,
	    "session.idle for logins with \"remember\"."),
	OPT(LIFETIME, "session.remember_absolute", "30d", SECONDS(1), LIFETIME_MAX, session_remember_absolute,
	    "session.absolute for logins with \"remember\"."),
	OPT(INT, "session.limit", "64", 1, SESSION_LIMIT_MAX, session_limit, "Sessions a user may have at a time."),
	ONE_OF(CHOICE, limit_policies, "session.limit_policy", "replace_oldest", session_reject,
	    "A login beyond the limit: \"replace_oldest\" ends the least recently used, \"reject\" answers 409."),

	OPT(LIFETIME, "refresh.idle", "24h", SECONDS(1), LIFETIME_MAX, refresh_idle,
	    "A refresh token must be used within this time."),
	OPT(LIFETIME, "refresh.absolute", "7d", SECONDS(1), LIFETIME_MAX, refresh_absolute,
	    "Refreshing ends this long after the login."),
	OPT(LIFETIME, "refresh.grace", "10s", 0, GRACE_MAX, refresh_grace,
	    "A used refresh token gives the same successor again for this long."),
	OPT(LIFETIME, "access.ttl", "5m", SECONDS(1), ACCESS_TTL_MAX, access_ttl, "Life of an access token."),
	ONE_OF(WORD, algorithms, "access.alg", "EdDSA", access_alg,
	    "Signature of the first key for access tokens, and the default of new ones: \"EdDSA\", \"ES256\", \"RS256\" or "
	    "\"HS256\"."),
	OPT(LIFETIME, "logout.keep", "7d", HOURS(1), LIFETIME_MAX, logout_keep,
	    "How long the record of an ended session is kept, to answer repeated logouts alike."),
	OPT(LIFETIME, "outbox.keep", "1h", SECONDS(1), LIFETIME_MAX, outbox_keep,
	    "How long an event is kept for who may ask for it later."),
	OPT(INT, "outbox.max", "1000000", 1, 4000000, outbox_max,
	    "Events kept in all outboxes together; where no relay reads them the oldest go, endings last."),

	OPT(BOOL, "relay.enabled", "true", 0, 1, relay_enabled,
	    "Run a relay: the process that carries events from Redis to the ledger, the audit file and the sinks."),
	OPT(DURATION, "relay.retry_max", "5m", SECONDS(1), HOURS(24), relay_retry_max,
	    "Longest pause before an event that could not be delivered is tried again; the first is a second."),
	OPT(DURATION, "relay.give_up", "24h", SECONDS(1), DAYS(365), relay_give_up,
	    "Age at which an event that cannot be delivered goes to the dead letters of its sink."),
	OPT(INT, "relay.dead_max", "10000", 1, 1000000, relay_dead_max, "Dead letters kept for a sink; the oldest go first."),
	OPT(INT, "sweep.rate", "2000", 1, 100000, sweep_rate,
	    "User records that the relay looks through in a second, at most."),
	OPT(DURATION, "sweep.every", "10m", SECONDS(1), MINUTES(30), sweep_every,
	    "Time within which a session that expired is reported, as far as sweep.rate allows."),
	OPT(PATH, "audit.file", "", 0, PATH_MAX_LEN, audit_file,
	    "File to append every event to, each line with the hash of the one before; \"\" is none."),

	OPT(STRING, "trace.otlp", "", 0, TEXT_MAX, trace_otlp,
	    "Collector that spans of requests are sent to by OTLP over HTTP; \"\" is none."),
	OPT(STRING, "trace.sample", "0.01", 1, 16, trace_sample,
	    "Part of the requests that are traced, of those for which nobody before has decided."),

	OPT(STRING, "redis.url", "unix:/run/redis/redis-server.sock", 1, TEXT_MAX, redis_url,
	    "Where Redis is: " REDIS_URL_FORMS "."),
	OPT(STRING, "redis.user", "", 0, NAME_MAX_LEN, redis_user, "ACL user to authenticate as; \"\" is the default user."),
	OPT(PATH, "redis.password_file", "", 0, PATH_MAX_LEN, redis_password_file, "File with that user's password."),
	OPT(STRING, "redis.sentinel_user", "", 0, NAME_MAX_LEN, redis_sentinel_user,
	    "ACL user to authenticate as to the sentinels; \"\" is their default user."),
	OPT(PATH, "redis.sentinel_password_file", "", 0, PATH_MAX_LEN, redis_sentinel_password_file,
	    "File with that user's password; \"\": the sentinels take questions from everybody."),
	OPT(BOOL, "redis.spawn", "false", 0, 1, redis_spawn,
	    "Start and watch a private Redis in the state directory; redis.url is then not to be given. A change needs a "
	    "restart."),
	OPT(STRING, "redis.server", "redis-server", 1, PATH_MAX_LEN, redis_server, "Program of the private Redis."),
	OPT(DURATION, "redis.hung_after", "10s", SECONDS(1), HOURS(1), redis_hung_after,
	    "A private Redis that does not answer for this long is replaced; a change needs a restart."),
	OPT(DURATION, "redis.connect_timeout", "200ms", MS(1), MINUTES(1), redis_connect_timeout,
	    "How long connecting may take."),
	OPT(DURATION, "redis.command_timeout", "100ms", MS(1), MINUTES(1), redis_command_timeout,
	    "How long an answer may take."),
	ONE_OF(LEVEL, durabilities, "redis.durability", "memory", redis_durability,
	    "What an ending is safe against when it is acknowledged: \"memory\" a restart, \"replica\" a failover, \"disk\" a "
	    "crash of Redis' machine."),
	{ "redis.wait_replicas", OPTION_COUNT, "1", 1, WAIT_MAX, AT(redis_wait_replicas), all, NULL,
	    "Replicas that must have an ending, with \"replica\"; \"all\" is the most that have been seen." },
	OPT(DURATION, "redis.wait_timeout", "200ms", MS(1), SECONDS(10), redis_wait_timeout,
	    "How long replicas may take, on top of redis.command_timeout."),
	OPT(INT, "redis.breaker_failures", "5", 1, 1000, redis_breaker_failures,
	    "Failures in a row after which a worker stops asking for a while."),
	OPT(DURATION, "redis.breaker_open", "2s", MS(10), MINUTES(10), redis_breaker_open, "How long that while is."),

	OPT(BOOL, "spool.enabled", "true", 0, 1, spool_enabled,
	    "Promise endings (202) while Redis cannot be asked, keep them on disk, and refuse those sessions here at once."),
	OPT(STRING, "spool.file", "spool.db", 1, PATH_MAX_LEN, spool_file,
	    "Where they are kept; a relative path is below state_dir; a change needs a restart."),
	OPT(INT, "spool.max", "50000", 16, 1000000, spool_max,
	    "Endings kept at the most; what is beyond is answered 503. A change needs a restart."),

	OPT(BOOL, "cache.enabled", "true", 0, 1, cache_enabled,
	    "Answer a repeated check from shared memory, which Redis keeps true by telling of every change."),
	OPT(SIZE, "cache.size", "16m", KILOBYTES(512), GIGABYTES(4), cache_size,
	    "Memory of that cache, about 550 bytes a session; a change needs a restart."),
	OPT(DURATION, "cache.max_age", "2s", MS(10), MINUTES(5), cache_max_age,
	    "How long an answer is kept at most; a change needs a restart."),
	OPT(DURATION, "cache.lease", "300ms", MS(200), SECONDS(10), cache_lease,
	    "How long the cache is believed without a sign of life from Redis; a change needs a restart."),

	OPT(STRING, "userdb.url", USERDB_URL_DEFAULT, 1, PATH_MAX_LEN, userdb_url,
	    "Accounts: " USERDB_URL_FORMS "; a relative path is below state_dir."),
	OPT(PATH, "userdb.password_file", "", 0, PATH_MAX_LEN, userdb_password_file,
	    "File with the password that doorward shows to that database; \"\" is none."),
	OPT(DURATION, "userdb.timeout", "2s", MS(50), MINUTES(1), userdb_timeout,
	    "How long that database may take to connect, and to answer."),
	OPT(STRING, "userdb.records", USERDB_RECORDS_DEFAULT, 1, PATH_MAX_LEN, userdb_records,
	    "Devices and ended sessions, where accounts cannot be written: " USERDB_RECORDS_FORMS "."),
	OPT(PATH, "userdb.records_password_file", "", 0, PATH_MAX_LEN, userdb_records_password_file,
	    "File with the password for that one; \"\" is none."),
	OPT(PATH, "userdb.groups_file", "", 0, PATH_MAX_LEN, userdb_groups_file,
	    "File with the groups of htpasswd: users, \"group: name name\" a line; \"\" is none."),
	OPT(DURATION, "userdb.reconcile", "15m", 0, DAYS(1), userdb_reconcile,
	    "How often accounts kept elsewhere are asked about those who are signed in; 0s is never."),
	OPT(LIST, "userdb.groups", "[ ]", 0, GROUPS_LISTED_MAX, userdb_groups,
	    "Groups that count: others are left out of sessions, headers and tokens; none listed is all."),

	OPT(STRING, "ldap.base", "", 0, TEXT_MAX, ldap_base, "Entry of the directory below which users are searched for."),
	OPT(STRING, "ldap.filter", "(&(objectClass=person)(uid=%u))", 1, TEXT_MAX, ldap_filter,
	    "Search for the one entry of the user who calls himself %u; who does not match is unknown."),
	OPT(STRING, "ldap.bind_dn", "", 0, TEXT_MAX, ldap_bind_dn,
	    "Entry that searches, with the password in userdb.password_file; \"\" searches as nobody."),
	OPT(STRING, "ldap.id", "entryUUID", 1, TEXT_MAX, ldap_id,
	    "Attribute that stays with a user for good, and becomes his id."),
	OPT(STRING, "ldap.name", "uid", 1, TEXT_MAX, ldap_name, "Attribute with the name that applications are told."),
	OPT(STRING, "ldap.group_base", "", 0, TEXT_MAX, ldap_group_base,
	    "Entry below which groups are searched for; \"\" is no groups."),
	OPT(STRING, "ldap.group_filter", "(&(objectClass=groupOfNames)(member=%d))", 1, TEXT_MAX, ldap_group_filter,
	    "Search for the groups of the user whose entry is %d and whose name is %u."),
	OPT(STRING, "ldap.group_name", "cn", 1, TEXT_MAX, ldap_group_name, "Attribute with the name of a group."),
	OPT(BOOL, "ldap.starttls", "false", 0, 1, ldap_starttls, "Encrypt the connection to an ldap:// address with StartTLS."),
	OPT(PATH, "ldap.ca_file", "", 0, PATH_MAX_LEN, ldap_ca_file,
	    "Certificates of those who may vouch for the directory; \"\" is whom this system trusts."),
	OPT(BOOL, "ldap.insecure", "false", 0, 1, ldap_insecure,
	    "Let passwords travel unencrypted to an ldap:// address that is not on this machine."),

	OPT(STRING, "postgresql.find", "", 0, STATEMENT_MAX, postgresql_find,
	    "Statement that finds the account named $1 in a table of your own; \"\" is doorward's own tables."),
	OPT(STRING, "postgresql.find_id", "", 0, STATEMENT_MAX, postgresql_find_id,
	    "The same by the id $1; \"\" asks postgresql.find for the name it had."),
	OPT(STRING, "postgresql.set_hash", "", 0, STATEMENT_MAX, postgresql_set_hash,
	    "Statement that gives the account $1 the password hash $2 in place of $3; \"\" allows no change."),

	ONE_OF(LEVEL, schemes, "password.scheme", "argon2id", password_scheme,
	    "How new passwords are hashed: \"argon2id\", \"bcrypt\", \"yescrypt\" or \"pbkdf2-sha256\"."),
	OPT(SIZE, "password.argon2_memory", "19m", KILOBYTES(1024), KILOBYTES(262144), argon2_memory,
	    "Memory of an argon2id hash."),
	OPT(INT, "password.argon2_time", "2", 1, 16, argon2_time, "Passes over it."),
	OPT(INT, "password.bcrypt_cost", "12", 4, 15, bcrypt_cost, "Cost of a bcrypt hash; each step doubles it."),
	OPT(INT, "password.pbkdf2_rounds", "600000", 1000, 5000000, pbkdf2_rounds, "Rounds of a pbkdf2-sha256 hash."),
	OPT(BOOL, "password.rehash", "true", 0, 1, password_rehash,
	    "Renew a hash of another scheme, or a weaker one, when its owner signs in."),
	OPT(INT, "password.min_length", "15", 8, 64, password_min_length, "Characters that a new password must have."),
	OPT(PATH, "password.blocklist_file", "", 0, PATH_MAX_LEN, password_blocklist_file,
	    "File of passwords that nobody may choose, one a line; \"\" is none."),

	OPT(BOOL, "throttle.enabled", "true", 0, 1, throttle_enabled, "Let nobody guess passwords for ever."),
	OPT(INT, "throttle.free", "5", 1, THROTTLE_MAX, throttle_free, "Failures of an account in a row that cost no delay."),
	OPT(DURATION, "throttle.delay", "1s", MS(100), HOURS(1), throttle_delay,
	    "How long the next try then has to wait; doubled by each further failure."),
	OPT(DURATION, "throttle.delay_max", "15m", MS(100), DAYS(1), throttle_delay_max, "The longest of these delays."),
	OPT(INT, "throttle.account_max", "100", 1, THROTTLE_MAX, throttle_account_max,
	    "Failures of an account in a row after which nobody may try any more."),
	OPT(DURATION, "throttle.reset", "24h", SECONDS(1), DAYS(365), throttle_reset,
	    "How long after the last failure an account's are forgotten."),
	OPT(INT, "throttle.address_max", "100", 1, THROTTLE_MAX, throttle_address_max,
	    "Failures of one address (IPv6: of a /64) within throttle.address_window."),
	OPT(DURATION, "throttle.address_window", "10m", SECONDS(1), DAYS(1), throttle_address_window,
	    "How long after the first failure an address's are forgotten."),
	OPT(INT, "throttle.device_max", "10", 1, THROTTLE_MAX, throttle_device_max,
	    "Failures that a device the user is known by has for itself, when the account's are used up."),
	OPT(LIST, "throttle.exempt", "[ ]", 0, LIST_MAX, throttle_exempt,
	    "Addresses and prefixes whose failures are not counted by address."),

	OPT(BOOL, "risk.enabled", "false", 0, 1, risk_enabled,
	    "Weigh what is unusual about a login or a refresh, by what the user did before."),
	OPT(PATH, "risk.geoip", "", 0, PATH_MAX_LEN, risk_geoip,
	    "Database of countries or cities (MaxMind DB) to look addresses up in; \"\" is none."),
	OPT(PATH, "risk.asn", "", 0, PATH_MAX_LEN, risk_asn,
	    "Database of autonomous systems (MaxMind DB): who an address belongs to; \"\" is none."),
	OPT(INT, "risk.new_device", "25", 0, RISK_WEIGHT_MAX, risk_weight[RISK_NEW_DEVICE],
	    "Weight of a login from a device the user is not known by; 0 looks for none, here and below."),
	OPT(INT, "risk.new_country", "40", 0, RISK_WEIGHT_MAX, risk_weight[RISK_NEW_COUNTRY],
	    "Weight of another country than the last one."),
	OPT(INT, "risk.travel", "80", 0, RISK_WEIGHT_MAX, risk_weight[RISK_TRAVEL],
	    "Weight of a distance of more than 300 km that nobody travels in the time since."),
	OPT(INT, "risk.travel_speed", "900", 1, SPEED_MAX, risk_travel_speed, "How fast people travel, in km/h."),
	OPT(INT, "risk.hour", "15", 0, RISK_WEIGHT_MAX, risk_weight[RISK_HOUR],
	    "Weight of an hour of the day (UTC) that was never used in at least 20 logins."),
	OPT(INT, "risk.failures", "25", 0, RISK_WEIGHT_MAX, risk_weight[RISK_FAILURES],
	    "Weight of at least 5 wrong passwords just before the right one."),
	OPT(INT, "risk.refresh_moved", "40", 0, RISK_WEIGHT_MAX, risk_weight[RISK_REFRESH_MOVED],
	    "Weight of a refresh from another country or autonomous system than its login."),
	OPT(INT, "risk.alert_at", "40", 1, RISK_SUM_MAX, risk_alert_at, "Sum of weights that is reported, as \"anomaly\"."),
	OPT(INT, "risk.revoke_at", "100", 1, RISK_SUM_MAX, risk_revoke_at,
	    "Sum of weights that ends all sessions of the user."),
	ONE_OF(CHOICE, at_login, "risk.at_login", "allow", risk_deny,
	    "At that sum, a login itself is \"allow\", let in after all others were ended, or \"deny\", answered 403."),

	ONE_OF(LEVEL, targets, "log.target", "auto", log_target,
	    "\"stderr\", \"file\" (log.file), \"syslog\", or \"auto\": the file if one is named, else standard error."),
	OPT(PATH, "log.file", "", 0, PATH_MAX_LEN, log_file, "File to append the log to; \"\" is none."),
	OPT(PATH, "log.socket", "/dev/log", 1, SOCKET_PATH_MAX, log_socket, "Socket of the syslog daemon."),
	ONE_OF(LEVEL, formats, "log.format", "text", log_format,
	    "\"text\", or \"json\": one object a line, with the values of the event as members."),
	ONE_OF(LEVEL, levels, "log.level", "info", log_level,
	    "Least important lines that are written: \"error\", \"warn\", \"info\" or \"debug\"."),
	{ 0 },
};

#undef AT
#define AT(field) offsetof(struct client, field)
/* clang-format off */
#define LIFETIME(name, field, max, from, doc) \
	{ name, OPTION_LIFETIME, "", SECONDS(1), max, AT(field), NULL, from, doc }
/* clang-format on */

/* Of one row of `clients`. */
const struct option table_client_options[] = {
	{ "id", OPTION_ID, "", 1, CLIENT_ID_MAX, AT(id), NULL, NULL, "What the client calls itself in client_id." },
	{ "secret_file", OPTION_PATH, "", 0, PATH_MAX_LEN, AT(secret_file), NULL, NULL,
	    "File with the secret of a confidential client; \"\" is a public one." },
	{ "policy", OPTION_POLICY, "", 0, 0, AT(policy), policies, "session.policy", "As session.policy." },
	LIFETIME("idle", idle, LIFETIME_MAX, "session.idle", "As session.idle."),
	LIFETIME("absolute", absolute, LIFETIME_MAX, "session.absolute", "As session.absolute."),
	LIFETIME("remember_idle", remember_idle, LIFETIME_MAX, "session.remember_idle", "As session.remember_idle."),
	LIFETIME(
	    "remember_absolute", remember_absolute, LIFETIME_MAX, "session.remember_absolute", "As session.remember_absolute."),
	LIFETIME("refresh_idle", refresh_idle, LIFETIME_MAX, "refresh.idle", "As refresh.idle."),
	LIFETIME("refresh_absolute", refresh_absolute, LIFETIME_MAX, "refresh.absolute", "As refresh.absolute."),
	LIFETIME("access_ttl", access_ttl, ACCESS_TTL_MAX, "access.ttl", "As access.ttl."),
	{ 0 },
};

#undef AT
#define AT(field) offsetof(struct sink_conf, field)

/* Of one row of `sinks`. */
const struct option table_sink_options[] = {
	OPT(STRING, "name", "", 1, SINK_NAME_MAX, name, "What the sink is called in commands and metrics."),
	{ "type", OPTION_WORD, "", 1, 0, AT(type), sink_types, NULL,
	    "What it is: \"webhook\", \"set\", \"backchannel\", \"amqp\" or \"exec\"." },
	OPT(STRING, "url", "", 0, TEXT_MAX, url, "Where events are sent to."),
	OPT(PATH, "secret_file", "", 0, PATH_MAX_LEN, secret_file, "File with the secret that signs a webhook, whsec_…"),
	OPT(PATH, "password_file", "", 0, PATH_MAX_LEN, password_file, "File with the password of the user in the url."),
	OPT(PATH, "ca_file", "", 0, PATH_MAX_LEN, ca_file,
	    "Certificates of the authorities that are believed; \"\" is those of the system."),
	OPT(STRING, "audience", "", 0, TEXT_MAX, audience, "Audience of the tokens that are sent."),
	OPT(STRING, "exchange", "doorward", 0, NAME_MAX_LEN, exchange, "Exchange that messages are published to."),
	OPT(BOOL, "declare", "true", 0, 1, declare, "Declare that exchange, durable and of type topic, if it is missing."),
	OPT(LIST, "command", "[ ]", 0, LIST_MAX, command, "Program, by its absolute path, and its arguments."),
	OPT(LIST, "events", "[ ]", 0, LIST_MAX, events, "Types of the events that are wanted; none listed is all."),
	OPT(BOOL, "ended_only", "false", 0, 1, ended_only, "Only events that ended a session."),
	OPT(BOOL, "allow_private", "false", 0, 1, allow_private,
	    "The address may be one that only this host or network can reach."),
	{ 0 },
};

#undef AT
#define AT(field) offsetof(struct alert_conf, field)

/* Of one row of `alerts`. */
const struct option table_alert_options[] = {
	OPT(STRING, "name", "", 1, ALERT_NAME_MAX, name, "What the alert is called: the reason of its event."),
	OPT(STRING, "event", "", 1, EVENT_TYPE_MAX, event, "Type of the events that are counted."),
	ONE_OF(LEVEL, counted_by, "by", "all", by, "Count all of them, or those of each user or each address by themselves."),
	OPT(LIFETIME, "window", "60s", SECONDS(1), HOURS(24), window, "Length of the time in which they are counted."),
	OPT(LIFETIME, "step", "10s", SECONDS(1), HOURS(24), step, "The window moves on in steps of this."),
	OPT(INT, "count", "", 1, 100000, count, "So many in a window raise the alert."),
	ONE_OF(CHOICE, actions, "action", "none", revoke,
	    "What else is done: \"none\", or \"revoke\" to end the user's sessions."),
	{ 0 },
};

bool
table_is_required(const struct option *o)
{

	return (o->inherits == NULL && o->def[0] == '\0' && o->min > 0);
}

_Static_assert(sizeof(table_options) / sizeof(table_options[0]) <= OPTIONS_MAX, "raise OPTIONS_MAX");

const struct option *
table_find(const struct option *table, const char *name)
{

	for (const struct option *o = table; o->name != NULL; o++)
		if (strcmp(o->name, name) == 0)
			return (o);
	return (NULL);
}

bool
table_is_group(const struct option *table, const char *name)
{
	size_t len = strlen(name);

	for (const struct option *o = table; o->name != NULL; o++)
		if (strncmp(o->name, name, len) == 0 && o->name[len] == '.')
			return (true);
	return (false);
}

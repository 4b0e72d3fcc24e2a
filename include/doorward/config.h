/* SPDX-License-Identifier: ISC */
/*
 * The settings, typed. src/config/table.c has one row for each (name, type, default, range, doc); the parser, `-t`, the sample
 * file and the man page are checked against that table. Durations are milliseconds. Strings are never NULL; "" means not set.
 * Read-only after loading.
 */
#ifndef DOORWARD_CONFIG_H
#define DOORWARD_CONFIG_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/risk.h"
#include "doorward/session.h"

#define CLIENT_SECRET_HASH_LEN 32

/* One row of `clients`: who may ask for sessions and tokens, and how long they live. */
struct client {
	char id[CLIENT_ID_MAX + 1];
	uint8_t client_hash[CLIENT_HASH_LEN];        /* filled by worker start-up: SHA-256(id)[0..4] */
	char *secret_file;                           /* confidential clients; "" = public */
	uint8_t secret_hash[CLIENT_SECRET_HASH_LEN]; /* SHA-256 of what that file holds, read when the configuration is */
	enum session_policy policy;                  /* clients[].policy, else session.policy */
	int64_t idle, absolute;                      /* of cookies */
	int64_t remember_idle, remember_absolute;
	int64_t refresh_idle, refresh_absolute;
	int64_t access_ttl;
};

/* Browsers take cookies whose names begin so only over TLS; the first only from the very host that gets them back. */
#define COOKIE_HOST_PREFIX "__Host-"
#define COOKIE_DOMAIN_PREFIX "__Secure-"
#define COOKIE_CSRF_NAME "dw_csrf" /* beside the session's, which may not be called so */
#define COOKIE_DEVICE_NAME "dw_device"

#define ORIGINS_BYTES_MAX 2048 /* of all origins with a blank before each: the login page's policy names them */

/* Files with secrets: what -t accepts the daemon can use. Bytes, the end of the line and a terminator included. */
#define ADMIN_TOKEN_MAX 512
#define ADMIN_TOKEN_MIN 16 /* characters: shorter ones can be guessed by who may connect */
#define REDIS_PASSWORD_MAX 1024
#define USERDB_PASSWORD_MAX 1024
#define CLIENT_SECRET_MAX 1024 /* every byte of it escaped, it still fits the line of an Authorization header */

#define SINK_NAME_MAX 32
#define SINK_SECRET_MAX 1024 /* bytes of its secret's or password's file, the end of the line and a terminator included */
#define SINK_LEDGER "ledger" /* the name of the one that is always there, and has no row */
#define SINK_ALERTS "alerts" /* of the one that counts events for `alerts`: where there are some */

/* One row of `sinks`: where events go. Which of these a type has and needs: src/config/sinks.c. Texts "" and lists empty: not
 * set. */
struct sink_conf {
	char *name; /* lower case letters, digits, '-' and '_'; of the consumer group, in commands and metrics */
	char *type; /* "webhook", "set", "backchannel", "amqp", "exec" */
	char *url;
	char *secret_file, *password_file, *ca_file;
	char *audience;
	char *exchange;
	bool declare;       /* the exchange, where it is missing */
	char **command;     /* program and its arguments */
	char **events;      /* types that it wants; empty = all */
	bool ended_only;    /* only what ended a session */
	bool allow_private; /* addresses that only this host or network can reach */
	bool plain_private; /* and by http; no option: of where spans go, which are no secret */
};

#define ALERT_NAME_MAX 32
#define ALERT_STEPS_MAX 60 /* of a window: each is looked at for every event that is counted */

enum alert_by { ALERT_BY_ALL = 0, ALERT_BY_USER = 1, ALERT_BY_IP = 2 };

/* One row of `alerts`: so many events of a type within a window are told of. */
struct alert_conf {
	char *name; /* lower case letters, digits, '-' and '_' */
	char *event;
	int64_t by;           /* enum alert_by: counted together, or each for itself */
	int64_t window, step; /* ms; whole seconds, and a window is whole steps */
	int64_t count;
	bool revoke; /* end the user's sessions */
};

/* What an ending is safe against when it is acknowledged. */
enum durability {
	DURABILITY_MEMORY = 0,  /* the server has it */
	DURABILITY_REPLICA = 1, /* replicas have it, too */
	DURABILITY_DISK = 2     /* the server's disk has it */
};

struct config {
	char *file; /* it was read from */

	/* processes */
	char *user, *group; /* to run as when started by root; "" = stay */
	char *state_dir;    /* keys, database, private Redis */
	char *pid_file;
	int64_t workers_check, workers_login; /* where 0 was given: by the number of cores */
	int64_t check_max;                    /* more than workers_check: the pool sizes itself */
	int64_t spare_min, spare_max;         /* idle workers it then keeps */
	int64_t max_hashing; /* concurrent password hashings where one pool serves all; where 0 was given: max(1, min(cores,
				workers - 1)) */
	int64_t receive_deadline, start_timeout, drain_timeout, stop_timeout, slow_after, request_timeout;
	int64_t max_requests;     /* a worker retires after so many; 0 = never */
	int64_t max_age, max_rss; /* ms; bytes of its own: the same */

	/* sockets */
	char *listen_check, *listen_login; /* unix socket paths */
	char *listen_check_tcp;            /* "127.0.0.1:PORT" or "[::1]:PORT", "" = none */
	char *listen_owner, *listen_group; /* "" = as created */
	int64_t listen_mode;               /* 0660 */
	int64_t listen_backlog;
	char *admin_socket;
	int64_t admin_mode;
	char *admin_listen; /* "127.0.0.1:PORT" or "[::1]:PORT", "" = none */
	char **admin_hosts; /* names for that address besides itself, with or without a port; NULL-terminated */
	char *admin_token_file;

	/* where we are mounted, and whom we believe */
	char *mount;    /* "/auth" */
	char *issuer;   /* "https://host/auth" */
	char *audience; /* "" = issuer */
	char **origins; /* own origins besides the issuer's (auth/origin.h), NULL-terminated; ORIGINS_BYTES_MAX together */
	bool require_tls;
	bool seccomp;                    /* filter the system calls of processes that answer requests */
	char **trusted_proxies;          /* addresses or prefixes (10.0.0.0/8, fd00::/8), NULL-terminated */
	char *hsts;                      /* Strict-Transport-Security value; "" = none */
	bool clear_site_data;            /* on logout */
	bool check_preflight;            /* a CORS preflight passes a check without identity */
	char *cookie_name;               /* where there is a domain and none was given: with __Secure- */
	char *cookie_domain;             /* whose hosts have one session; "" = this host alone */
	char *title;                     /* of the login page */
	char *site_name, *site_help_url; /* on every page; "" = none */
	char *site_logo_file, *theme_css_file;
	char *site_logo; /* what that file holds, as a data: URL; "" = none */
	char *theme_css; /* likewise, as text */

	/* lifetimes */
	enum session_policy session_policy;
	int64_t session_idle, session_absolute, session_remember_idle, session_remember_absolute;
	int64_t session_limit;
	bool session_reject; /* session.limit_policy = "reject" */
	int64_t refresh_idle, refresh_absolute, refresh_grace;
	int64_t access_ttl;
	char *access_alg; /* "EdDSA", "ES256", "RS256", "HS256" */
	int64_t logout_keep;
	int64_t outbox_keep; /* ms */
	int64_t outbox_max;

	/* what becomes of events */
	bool relay_enabled;
	int64_t relay_retry_max, relay_give_up; /* ms */
	int64_t relay_dead_max;                 /* of one sink */
	int64_t sweep_rate;                     /* records a second */
	int64_t sweep_every;                    /* ms */
	char *trace_otlp;                       /* "" = none */
	char *trace_sample;                     /* as text; what it says is here: */
	double trace_fraction;                  /* 0 to 1 */
	char *audit_file;                       /* "" = none */

	/* Redis */
	char *redis_url; /* base/redis_url.h */
	char *redis_user, *redis_password_file;
	char *redis_sentinel_user, *redis_sentinel_password_file;
	bool redis_spawn;   /* the master runs a private redis-server; redis_url is then its socket in the state directory */
	char *redis_server; /* program */
	int64_t redis_hung_after; /* ms; the private one is replaced */
	int64_t redis_connect_timeout, redis_command_timeout;
	int64_t redis_durability;    /* enum durability */
	int64_t redis_wait_replicas; /* 0: as many as were ever seen */
	int64_t redis_wait_timeout;  /* ms, beside that of the command */
	int64_t redis_breaker_failures, redis_breaker_open;

	/* endings while Redis is away */
	bool spool_enabled;
	char *spool_file; /* relative ones are below state_dir */
	int64_t spool_max;

	/* L1 */
	bool cache_enabled;
	int64_t cache_size; /* bytes */
	int64_t cache_max_age, cache_lease;
	int64_t stale_if_error; /* ms; 0 = never */

	/* accounts */
	char *userdb_url; /* see userdb_driver() */
	char *userdb_password_file;
	int64_t userdb_timeout; /* ms */
	char *userdb_groups_file;
	char *ldap_base, *ldap_filter, *ldap_bind_dn, *ldap_id, *ldap_name;
	char *ldap_group_base, *ldap_group_filter, *ldap_group_name, *ldap_ca_file;
	bool ldap_starttls, ldap_insecure;
	char *userdb_records, *userdb_records_password_file;
	char *postgresql_find, *postgresql_find_id, *postgresql_set_hash; /* "" = our own tables */
	int64_t userdb_reconcile;                                         /* ms; 0 = never */
	char **userdb_groups;                                             /* those that count, NULL-terminated; empty = all */

	/* new passwords */
	int64_t password_scheme; /* enum pwhash_scheme */
	int64_t argon2_memory;   /* bytes */
	int64_t argon2_time, bcrypt_cost, pbkdf2_rounds;
	bool password_rehash;          /* outdated hashes, at the login */
	int64_t password_min_length;   /* characters */
	char *password_blocklist_file; /* "" = none */

	/* guessing; times in ms */
	bool throttle_enabled;
	int64_t throttle_free, throttle_delay, throttle_delay_max;
	int64_t throttle_account_max, throttle_reset;
	int64_t throttle_address_max, throttle_address_window;
	int64_t throttle_device_max;
	char **throttle_exempt; /* addresses or prefixes, NULL-terminated */

	/* unusual logins */
	bool risk_enabled;
	char *risk_geoip, *risk_asn;           /* MaxMind databases; "" = none */
	int64_t risk_weight[RISK_SIGNALS];     /* by enum risk_signal */
	int64_t risk_travel_speed;             /* km/h */
	int64_t risk_alert_at, risk_revoke_at; /* sums of weights */
	bool risk_deny;                        /* risk.at_login = "deny": at risk_revoke_at */

	/* log */
	char *log_file;     /* "" = none */
	char *log_socket;   /* of the syslog daemon */
	int64_t log_target; /* enum log_target */
	int64_t log_format; /* enum log_format */
	int64_t log_level;  /* enum log_level */

	struct client *clients; /* the first is "default" unless the file says otherwise */
	size_t n_clients;

	struct sink_conf *sinks; /* the ledger is not among them */
	size_t n_sinks;

	struct alert_conf *alerts;
	size_t n_alerts;

	struct config_source *source; /* where each value was set; src/config only */
};

/* The client ${id} (NULL = "default"), or NULL. Pure. */
const struct client *config_client(const struct config *c, const char *id);

/* Writes where the option ${name} was set, "FILE:LINE: NAME", or "FILE: NAME" if it has its default. */
void config_place(const struct config *c, const char *name, char *out, size_t len);

/*
 * Writes where the option ${name} of sink ${i} was set, "FILE:LINE: sinks[I].NAME"; if it was not, where its row begins. What a
 * sink itself finds wrong is said there.
 */
void config_place_of_sink(const struct config *c, size_t i, const char *name, char *out, size_t len);

#endif

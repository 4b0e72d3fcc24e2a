/* SPDX-License-Identifier: ISC */
/* What the commands of doorwardctl share: the settings, and what they open on the way to Redis and to the user database. */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "doorward/result.h"
#include "doorward/session.h"
#include "doorward/userdb.h"

#define CTL_DONE 0
#define CTL_FAILED 1 /* refused, or it could not be done */
#define CTL_USAGE 2

struct config;
struct keyring;
struct end_reply;
struct end_write;
struct redis_store;
struct notice;
struct spool;
struct user_keys;

struct ctl {
	const char *file; /* the configuration */
	struct config *conf;
	struct keyring *keys;
	const struct userdb_driver *userdb;
	const struct userdb_ops *users; /* the driver's */
	void *users_ctx;
	const struct userdb_driver *recorddb; /* as in struct app */
	const struct userdb_ops *records;
	void *records_ctx;
	struct redis_store *store;
	struct spool *spool; /* before it; NULL = spool.enabled is off */
	struct arena arena;  /* answers of the two; made by ctl_arena() */
};

/* Says "doorwardctl: …" on standard error. */
void ctl_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Reads the configuration. Returns 0, or -1 after saying why. */
int ctl_config(struct ctl *c);

/* Opens the user database. Returns 0, or -1 after saying why. */
int ctl_users(struct ctl *c);

/* Opens it to change accounts; refused where accounts are another program's. Returns 0, or -1 after saying why. */
int ctl_users_to_change(struct ctl *c);

/* Opens it to change a password, which may be allowed where nothing else is. Returns 0, or -1 after saying why. */
int ctl_users_to_passwd(struct ctl *c);

/* Opens what keeps the records, without the accounts where these are elsewhere. Returns 0, or -1 after saying why. */
int ctl_records(struct ctl *c);

/*
 * Opens it to add an account: makes what a new installation has not got yet, the state directory, the keys and the database,
 * owned by the user the daemon runs as, so that this can come before the first start of the daemon. Returns 0, or -1 after
 * saying why.
 */
int ctl_users_to_add(struct ctl *c);

/* Who the daemon runs as, for files made here; (uid_t)-1 = stay who we are. Returns 0, or -1 after saying why. */
int ctl_owner(const struct ctl *c, uid_t *uid, gid_t *gid);

/* Loads the keys and prepares the connection to Redis. Returns 0, or -1 after saying why. */
int ctl_store(struct ctl *c);

/*
 * Ends sessions as the store's operation does. DW_PENDING: Redis cannot be asked, so it is in the spool, which the daemon of
 * this host honours within a second.
 */
enum dw_result ctl_end(struct ctl *c, const struct end_write *w, struct arena *arena, struct end_reply *out);

/* Tells of something in the same way. */
enum dw_result ctl_notify(struct ctl *c, const struct notice *n);

/* Gives ${c}->arena ${size} bytes. Returns 0, or -1 after saying why. */
int ctl_arena(struct ctl *c, size_t size);

/* Finds the account ${name}, as typed, or the one of this id; the hash is wiped. DW_ABSENT, and could not ask, are different
 * answers, and nothing is said. */
enum dw_result ctl_find_account(struct ctl *c, const char *name, struct account *out);

/* Finds the account ${name}, as typed, or the one of this id. Returns 0, or -1 after saying why not. The hash is wiped. */
int ctl_account(struct ctl *c, const char *name, struct account *out);

/* The pseudonym under which the store has the user ${id}. After ctl_store(). */
void ctl_pseudonym(const struct ctl *c, const char *id, uint8_t user_key[USER_KEY_LEN]);

/* The keys that name sessions. After ctl_store(). */
const struct user_keys *ctl_keys(const struct ctl *c);

/*
 * Makes void what the daemon of this host, if one runs, remembers of sessions: after a command that ended some, no worker here
 * accepts them any more. (On other hosts Redis tells, within milliseconds.)
 */
void ctl_flush(const struct ctl *c);

/* Says why the store did not answer about the user ${user_key}: it could not be asked, or his record makes no sense, which is
 * named. */
void ctl_say_store(enum dw_result rc, const uint8_t user_key[USER_KEY_LEN]);

/* Closes and wipes everything. */
void ctl_close(struct ctl *c);

#endif

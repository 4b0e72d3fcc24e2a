/* SPDX-License-Identifier: ISC */
/*
 * What the commands share: messages, and opening the configuration, the user database and the store, each only when a command
 * needs it. Redis and the database are used directly, so that the tool also works while the daemon does not.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/clients.h"
#include "auth/name.h"
#include "auth/password.h"
#include "auth/pseudonym.h"
#include "config/load.h"
#include "crypto/keyring.h"
#include "ctl/http.h"
#include "ctl/print.h"
#include "doorward/config.h"
#include "doorward/spool.h"
#include "state.h"
#include "store/keys.h"
#include "store/redis.h"

#include "ctl/ctl.h"

#define ERROR_MAX 512       /* bytes of a sentence, a path included */
#define STATE_PATH_MAX 4096 /* PATH_MAX */

void
ctl_say(const char *fmt, ...)
{
	char text[OBJECT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fputs("doorwardctl: ", stderr);
	print_shown(stderr, str_of(text));
	fputc('\n', stderr);
}

int
ctl_config(struct ctl *c)
{
	char err[CONFIG_ERROR_MAX];

	if ((c->conf = config_load(c->file, err, sizeof(err))) == NULL) {
		for (char *line = strtok(err, "\n"); line != NULL; line = strtok(NULL, "\n"))
			ctl_say("%s", line);
		return (-1);
	}
	clients_hash(c->conf);
	password_configure(c->conf);
	return (0);
}

/* Opens ${part}. Returns NULL after saying why it cannot be asked. */
static void *
open_database(struct ctl *c, enum userdb_part part, const struct userdb_driver **driver)
{
	char err[ERROR_MAX + STATE_PATH_MAX] = "";
	void *db = NULL;

	if ((*driver = userdb_load(c->conf, part, err, sizeof(err))) != NULL)
		db = (*driver)->open(c->conf, part, err, sizeof(err));
	if (db != NULL && err[0] == '\0') {
		if ((*driver)->greet != NULL)
			(*driver)->greet(db);
		return (db);
	}
	ctl_say("%s", err);
	if (*driver != NULL)
		(*driver)->close(db);
	return (NULL);
}

int
ctl_users(struct ctl *c)
{

	if (c->users_ctx != NULL)
		return (0);
	if ((c->users_ctx = open_database(c, USERDB_ACCOUNTS, &c->userdb)) == NULL)
		return (-1);
	c->users = c->userdb->ops;
	return (0);
}

int
ctl_records(struct ctl *c)
{

	if (c->records_ctx != NULL)
		return (0);
	if (userdb_is_one(c->conf)) {
		if (ctl_users(c) != 0)
			return (-1);
		c->recorddb = c->userdb;
		c->records_ctx = c->users_ctx;
	} else if ((c->records_ctx = open_database(c, USERDB_RECORDS, &c->recorddb)) == NULL) {
		return (-1);
	}
	c->records = c->recorddb->ops;
	return (0);
}

/* Where accounts are another program's, only that one can change them. ${passwords}: more may change these. */
static int
can_change(struct ctl *c, bool passwords)
{
	char err[ERROR_MAX];
	const struct userdb_driver *d = userdb_load(c->conf, USERDB_ACCOUNTS, err, sizeof(err));

	if (d == NULL)
		ctl_say("%s", err);
	else if (d->writable || (passwords && d->passwords))
		return (0);
	else
		ctl_say("the accounts of userdb.url (%s) cannot be changed here: %s", c->conf->userdb_url,
		    d->instead != NULL ? d->instead : "change them where they are kept");
	return (-1);
}

int
ctl_users_to_change(struct ctl *c)
{

	return (can_change(c, false) == 0 ? ctl_users(c) : -1);
}

int
ctl_users_to_passwd(struct ctl *c)
{

	return (can_change(c, true) == 0 ? ctl_users(c) : -1);
}

int
ctl_users_to_add(struct ctl *c)
{
	char err[ERROR_MAX + STATE_PATH_MAX];

	if (can_change(c, false) != 0)
		return (-1);
	if (state_make(c->conf, err, sizeof(err)) != 0) {
		ctl_say("%s", err);
		return (-1);
	}
	return (ctl_users(c));
}

int
ctl_owner(const struct ctl *c, uid_t *uid, gid_t *gid)
{
	char err[ERROR_MAX];

	if (state_owner(c->conf, uid, gid, err, sizeof(err)) == 0)
		return (0);
	ctl_say("%s", err);
	return (-1);
}

/* Whether there are no keys at all: then nothing has been set up yet. */
static bool
is_new(const struct config *conf)
{
	char path[STATE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/keys", conf->state_dir);
	return (access(path, F_OK) != 0 && errno == ENOENT);
}

int
ctl_store(struct ctl *c)
{
	char err[ERROR_MAX];

	if (c->store != NULL)
		return (0);
	if (c->keys == NULL && (c->keys = keyring_load(c->conf->state_dir, err, sizeof(err))) == NULL) {
		ctl_say("%s", err);
		if (is_new(c->conf))
			ctl_say("the keys are made by the first \"user add\" or the first start of the daemon");
		return (-1);
	}
	if ((c->store = redis_store_new(c->conf, c->keys, NULL, err, sizeof(err))) == NULL) {
		ctl_say("%s", err);
		return (-1);
	}
	if (c->conf->spool_enabled && (c->spool = spool_new(c->conf, &redis_store_ops, c->store, NULL)) == NULL) {
		ctl_say("spool.file: %s", strerror(errno));
		return (-1);
	}
	return (0);
}

enum dw_result
ctl_end(struct ctl *c, const struct end_write *w, struct arena *arena, struct end_reply *out)
{

	if (c->spool != NULL)
		return (spool_store_ops.end(c->spool, w, arena, out));
	return (redis_store_ops.end(c->store, w, arena, out));
}

enum dw_result
ctl_notify(struct ctl *c, const struct notice *n)
{

	return (c->spool != NULL ? spool_store_ops.notify(c->spool, n) : redis_store_ops.notify(c->store, n));
}

int
ctl_arena(struct ctl *c, size_t size)
{
	void *block = malloc(size);

	if (block == NULL) {
		ctl_say("out of memory");
		return (-1);
	}
	free(c->arena.block);
	arena_init(&c->arena, block, size);
	return (0);
}

enum dw_result
ctl_find_account(struct ctl *c, const char *name, struct account *out)
{
	char canonical[USERNAME_MAX + 1];
	/* as it is: a name in conflict has no canonical form of its own */
	enum dw_result r = c->users->find(c->users_ctx, name, out);

	if (r == DW_ABSENT && name_canonical(str_of(name), canonical))
		r = c->users->find(c->users_ctx, canonical, out);
	if (r == DW_ABSENT) /* and it may be one that cannot be typed */
		r = c->users->find_id(c->users_ctx, name, out);
	explicit_bzero(out->hash, sizeof(out->hash));
	return (r);
}

int
ctl_account(struct ctl *c, const char *name, struct account *out)
{
	enum dw_result r = ctl_find_account(c, name, out);
	const struct userdb_driver *row = userdb_driver(c->conf->userdb_url);

	if (r == DW_ABSENT)
		ctl_say("there is no user %s", name);
	else if (r != DW_OK && row != NULL && row->join != NULL)
		ctl_say(
		    "accounts of %s cannot be looked up here: only processes of the daemon can do that", c->conf->userdb_url);
	else if (r != DW_OK)
		ctl_say("the user database could not be asked");
	return (r == DW_OK ? 0 : -1);
}

void
ctl_pseudonym(const struct ctl *c, const char *id, uint8_t user_key[USER_KEY_LEN])
{

	pseudonym_of(ctl_keys(c), str_of(id), user_key);
}

const struct user_keys *
ctl_keys(const struct ctl *c)
{

	return (keyring_user(c->keys));
}

/* The daemon's cache does not see a change in Redis at once. If the daemon is not running there is nothing to flush. */
void
ctl_flush(const struct ctl *c)
{

	if (!c->conf->cache_enabled || c->conf->admin_socket[0] == '\0')
		return;
	if (http_post(c->conf->admin_socket, "/admin/flush") < 0)
		ctl_say("the daemon could not be told at %s: it may accept ended sessions for a moment", c->conf->admin_socket);
}

void
ctl_say_store(enum dw_result rc, const uint8_t user_key[USER_KEY_LEN])
{
	char key[KEYS_RECORD_LEN + 1];

	keys_record(user_key, key);
	if (rc == DW_UNAVAILABLE)
		ctl_say("Redis could not be asked");
	else
		ctl_say("the record %s in Redis makes no sense; to end its sessions: redis-cli DEL '%s'", key, key);
}

void
ctl_close(struct ctl *c)
{

	spool_free(c->spool);
	redis_store_free(c->store);
	if (c->records_ctx != NULL && c->records_ctx != c->users_ctx)
		c->recorddb->close(c->records_ctx);
	if (c->users_ctx != NULL)
		c->userdb->close(c->users_ctx);
	keyring_free(c->keys);
	config_free(c->conf);
	free(c->arena.block);
}

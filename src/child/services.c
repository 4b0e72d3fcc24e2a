/* SPDX-License-Identifier: ISC */
/*
 * What a child that speaks for users lives on: keys, the user database, the store, where addresses are, each opened once and
 * for its whole life. Keys are needed. A user database or a Redis that cannot be asked now is not: they may come back, and
 * requests say 503 until then.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "auth/clients.h"
#include "auth/password.h"
#include "base/log.h"
#include "base/wordlist.h"
#include "child/outcome.h"
#include "crypto/keyring.h"
#include "geo/geo.h"
#include "store/redis.h"

#include "child/services.h"

#define REASON_BYTES 1024
#define LOOK_MS 1000 /* how old what was read of the accounts may be, at the most: a stat(2) or two */

/* A database that cannot be asked, broken ones included, is an answer (503) and not a reason not to start: checks need none. */
static void *
open_database(const struct config *conf, enum userdb_part part, bool asks, const struct userdb_driver **driver, char *why)
{
	void *db;

	*driver = asks ? userdb_load(conf, part, why, REASON_BYTES) : userdb_load_later(conf, part, why, REASON_BYTES);
	if (*driver == NULL)
		return (NULL);
	if ((db = (*driver)->open(conf, part, why, REASON_BYTES)) != NULL && why[0] != '\0')
		log_warn("the user database cannot be asked yet: %s", why);
	return (db);
}

static bool
is_role(const struct child *c, const char *name)
{

	return (c->role != NULL && strcmp(c->role, name) == 0);
}

/* Checks do not wait for a database, others may have to. */
static void
greet(const struct app *app)
{

	if (app->userdb->greet != NULL)
		app->userdb->greet(app->users_ctx);
	if (app->records_ctx != app->users_ctx && app->recorddb->greet != NULL)
		app->recorddb->greet(app->records_ctx);
}

static bool
open_users(struct app *app, const struct config *conf, const struct child *c, char *why)
{
	bool asks = !is_role(c, "check") && !is_role(c, "relay");

	if ((app->users_ctx = open_database(conf, USERDB_ACCOUNTS, asks, &app->userdb, why)) == NULL)
		return (false);
	app->asks_users = asks;
	app->users = app->userdb->ops;
	if (app->userdb->join != NULL)
		app->userdb->join(app->users_ctx, c->helper);
	app->recorddb = app->userdb;
	app->records_ctx = app->users_ctx;
	if (!userdb_is_one(conf) && (app->records_ctx = open_database(conf, USERDB_RECORDS, true, &app->recorddb, why)) == NULL)
		return (false);
	app->records = app->recorddb->ops;
	if (!is_role(c, "check"))
		greet(app);
	return (true);
}

/* Redis, and the spool before it. */
static bool
open_store(struct app *app, const struct config *conf, const struct child *c, char *why)
{

	app->store = &redis_store_ops;
	app->store_ctx = app->redis;
	if (!conf->spool_enabled)
		return (true);
	app->deny = c->deny;
	if ((app->spool = spool_new(conf, app->store, app->store_ctx, app->deny)) == NULL) {
		snprintf(why, REASON_BYTES, "spool.file: %s", strerror(errno));
		return (false);
	}
	spool_set_cache(app->spool, app->cache);
	spool_keep_company(app->spool, &c->board->company);
	app->store = &spool_store_ops;
	app->store_ctx = app->spool;
	return (true);
}

/* Where addresses are, if that is asked. */
static bool
open_geo(struct app *app, const struct config *conf, char *why)
{

	if (!conf->risk_enabled || (conf->risk_geoip[0] == '\0' && conf->risk_asn[0] == '\0'))
		return (true);
	app->place = geo_place;
	app->place_fault = geo_fault;
	if ((app->geo = geo_open(conf, true)) == NULL)
		snprintf(why, REASON_BYTES, "out of memory");
	return (app->geo != NULL);
}

int
services_open(struct app *app, const struct config *conf, const struct child *c)
{
	char why[REASON_BYTES] = "";
	int failure;

	memset(app, 0, sizeof(*app));
	app->conf = conf;
	app->board = c->board;
	app->slot = c->slot;
	app->cache = c->cache;
	app->trace = c->trace;
	app->lookup = wordlist_find;
	clients_hash(conf);
	password_configure(conf);
	errno = 0; /* what was read and made no sense leaves it so */
	if ((app->keys = keyring_load(conf->state_dir, why, sizeof(why))) == NULL || !open_users(app, conf, c, why))
		goto err0;
	if ((app->redis = redis_store_new(conf, app->keys, c->slot, why, sizeof(why))) == NULL)
		goto err0;
	redis_store_set_cache(app->redis, c->cache);
	redis_store_set_nodes(app->redis, c->board->nodes);
	if (!open_store(app, conf, c, why) || !open_geo(app, conf, why))
		goto err0;
	return (0);

err0:
	failure = errno;
	log_error("%s", why);
	services_close(app);
	return (outcome_code(failure));
}

void
services_close(struct app *app)
{

	geo_close(app->geo);
	spool_free(app->spool);
	redis_store_free(app->redis);
	if (app->records_ctx != NULL && app->records_ctx != app->users_ctx)
		app->recorddb->close(app->records_ctx);
	if (app->userdb != NULL)
		app->userdb->close(app->users_ctx);
	keyring_free((struct keyring *)(uintptr_t)app->keys);
	memset(app, 0, sizeof(*app));
}

int
services_look(struct app *app, int64_t now)
{

	if (app->users == NULL || app->users->look == NULL)
		return (-1);
	if (now >= app->users_look_at) {
		app->users->look(app->users_ctx, app->asks_users);
		app->users_look_at = now + LOOK_MS;
	}
	return ((int)(app->users_look_at - now));
}

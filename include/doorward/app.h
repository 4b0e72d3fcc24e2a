/* SPDX-License-Identifier: ISC */
/* What a process that answers requests works with: made once after the fork, handed to every handler. */
#ifndef DOORWARD_APP_H
#define DOORWARD_APP_H

#include "doorward/board.h"
#include "doorward/cache.h"
#include "doorward/config.h"
#include "doorward/deny.h"
#include "doorward/spool.h"
#include "doorward/store.h"
#include "doorward/userdb.h"

#include "base/str.h"

struct geo;
struct keyring;
struct redis_store;

struct app {
	const struct config *conf;
	const struct keyring *keys;
	const struct store_ops *store;
	void *store_ctx;
	struct redis_store *redis; /* the same without the spool before it: for what is no operation of all stores */
	struct spool *spool;       /* NULL: there is none */
	struct deny *deny;         /* NULL: there is none, or no memory that is shared */
	const struct userdb_driver *userdb;
	const struct userdb_ops *users; /* the driver's */
	void *users_ctx;
	bool asks_users;                      /* this process is there to ask for accounts, others do so now and then */
	int64_t users_look_at;                /* mono, ms: when services_look() is due */
	const struct userdb_driver *recorddb; /* of the records; the same three where these live with the accounts */
	const struct userdb_ops *records;
	void *records_ctx;
	enum dw_result (*lookup)(const char *file, struct str word);    /* in a list of words: base/wordlist.h */
	bool (*place)(void *geo, const char *ip, struct location *out); /* geo/geo.h; NULL: addresses are not looked up */
	bool (*place_fault)(void *geo, char *why, size_t len);          /* with it */
	struct geo *geo;
	struct cache *cache;       /* NULL = none: no keeper, no cache */
	struct trace_rings *trace; /* NULL = none */
	struct board *board;
	struct board_slot *slot;
};

#endif

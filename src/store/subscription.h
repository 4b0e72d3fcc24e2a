/* SPDX-License-Identifier: ISC */
/* A server that tells the keeper of every changed record there. */
#ifndef STORE_SUBSCRIPTION_H
#define STORE_SUBSCRIPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cache;
struct config;
struct conn;
struct node;

struct subscription {
	const struct config *conf;
	struct cache *cache;
	int ready; /* an epoll set that says when it has something to tell */

	struct conn *conn;    /* NULL: there is no such subscription */
	struct conn *looking; /* the second connection */
	int64_t looked_at;    /* mono, ms */
	bool kept;            /* subscribed, and told the last time we asked */
	uint64_t asked;       /* number of the proof that is awaited, or was last */
	bool awaiting;
	int64_t asked_at;  /* mono, ms */
	int64_t proved_at; /* until then everything is proved to have been told; 0 = nothing is */
	int64_t retry_at;
};

/* One to ${url}; conf, cache and ready are set already. Connects to nothing yet. False with a sentence in ${err}. */
bool subscription_make(struct subscription *s, const char *url, struct node *node, char *err, size_t errlen);

/* Ends it, and with it the lease and all that is cached. */
void subscription_drop(struct subscription *s);

/* Connects and subscribes, if there is no connection and it is time to try. */
void subscription_connect(struct subscription *s);

/* Takes what has arrived. Returns true if a proof was among it: s->proved_at is another. */
bool subscription_take(struct subscription *s);

/* Looks after the connection: whether the server is still the one, whether it answers; asks for the next proof. */
void subscription_attend(struct subscription *s);

#endif

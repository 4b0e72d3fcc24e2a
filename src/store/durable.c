/* SPDX-License-Identifier: ISC */
/*
 * "memory": the server's answer is enough. "replica": WAIT goes out behind the script, in the same piece, and counts the
 * replicas that have all that was written before it, by whomever: so also a repeat of what another connection has written is
 * acknowledged only when that is safe. "disk": a server with appendfsync always answers when its disk has it, so it is enough
 * to know that it is one (store/look.h), by this connection's look and by the last of anybody on this host.
 *
 * Who waited in vain tells all processes: for a second they do not try. A replay tries to write and does not wait.
 */
#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "doorward/config.h"
#include "doorward/node.h"
#include "store/args.h"
#include "store/call.h"
#include "store/conn.h"
#include "store/look.h"

#include "store/durable.h"

#define HOPELESS_MS 1000 /* after replicas were too slow */
#define NOT_SYNCED (LOOK_BIT(LOOK_UNSYNCED) | LOOK_BIT(LOOK_UNPROVEN) | LOOK_BIT(LOOK_VOLATILE) | LOOK_BIT(LOOK_UNSAVED))

/* Replicas are too slow just now, as somebody has found. */
static bool
is_short(struct conn *c)
{

	return (clock_mono_ms() < atomic_load_explicit(&conn_node(c)->short_until, memory_order_relaxed));
}

static bool
waits(const struct redis_store *s, struct conn *c)
{

	return (s->conf->redis_durability == DURABILITY_REPLICA && !is_short(c));
}

/* How many replicas must have it: a number, or all that were ever seen, and at least one. */
static int64_t
wanted(const struct redis_store *s, struct conn *c)
{
	int64_t seen = atomic_load_explicit(&conn_node(c)->replicas, memory_order_relaxed);

	if (s->conf->redis_wait_replicas > 0)
		return (s->conf->redis_wait_replicas);
	return (seen > 0 ? seen : 1);
}

int64_t
durable_begin(struct redis_store *s, struct conn *c)
{

	s->waiting = waits(s, c) ? wanted(s, c) : 0;
	return (s->waiting > 0 ? s->conf->redis_wait_timeout : 0);
}

bool
durable_ask(const struct redis_store *s, struct conn *c)
{
	struct args a;

	if (s->waiting == 0)
		return (true);
	args_init(&a, "WAIT");
	args_int(&a, s->waiting);
	args_int(&a, s->conf->redis_wait_timeout);
	return (conn_append(c, a.n, (const char **)a.v, a.len));
}

static bool
is_synced(struct conn *c)
{

	return (conn_seen(c)->synced && (atomic_load_explicit(&conn_node(c)->faults, memory_order_relaxed) & NOT_SYNCED) == 0);
}

/* Refused counts as none, and is told by the look. */
static bool
take_wait(struct redis_store *s, struct conn *c, int64_t deadline, bool *kept)
{
	redisReply *r = conn_read(c, deadline);
	bool is_number;

	if (r == NULL)
		return (false);
	is_number = r->type == REDIS_REPLY_INTEGER;
	*kept = is_number && r->integer >= s->waiting;
	freeReplyObject(r);
	if (is_number && !*kept)
		atomic_store(&conn_node(c)->short_until, clock_mono_ms() + HOPELESS_MS);
	return (true);
}

bool
durable_take(struct redis_store *s, struct conn *c, int64_t deadline, bool *kept)
{

	if (s->waiting > 0)
		return (take_wait(s, c, deadline, kept));
	*kept = s->conf->redis_durability == DURABILITY_MEMORY ||
		(s->conf->redis_durability == DURABILITY_DISK && is_synced(c));
	return (true);
}

bool
durable_is_hopeless(const struct redis_store *s, unsigned bucket)
{
	const struct link *l = route_link(&s->route, bucket);

	return (s->conf->redis_durability == DURABILITY_REPLICA && l != NULL && is_short(l->conn));
}

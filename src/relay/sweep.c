/* SPDX-License-Identifier: ISC */
/*
 * Walks round and round over all user records: SCAN names some, a piece of these is read (store/stale.h), and where a session
 * is past the script "prune" takes it out of its record, with its logout record and its event. That script does nothing where
 * there is nothing, so it does not matter how many hosts sweep, or that a walk begins anew.
 *
 * The pace is sweep.rate, in pieces of a twentieth of a second at most; a round begins twice in sweep.every, so that what
 * expired just behind the walk is met by the next. A server that could not be asked is left alone for a second, and the walk
 * goes on where it was.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/random.h"
#include "doorward/config.h"
#include "store/look.h"
#include "store/redis.h"
#include "store/stale.h"

#include "relay/sweep.h"

#define PIECES_A_SECOND 20
#define SCAN_PAUSE_MS 5      /* at least between two SCANs: where the keys are others' there is nothing to count */
#define AWAY_MS 1000         /* a server that could not be asked, or where our user may not */
#define ROUNDS 2             /* in sweep.every */
#define US 1000              /* in a millisecond */
#define ARENA_SESSIONS 10001 /* of one record: an older version allowed so many */

struct sweep {
	const struct config *conf;
	struct redis_store *store;
	struct arena arena;
	uint64_t cursor;
	bool walking;     /* in a round; the keys of the last SCAN may still wait */
	int64_t round_at; /* mono, us: when this round began, or the next begins */
	int64_t next_at;  /* mono, us: when there may be more work */
	uint8_t (*user_keys)[USER_KEY_LEN];
	size_t n, at, room; /* of those: named by SCAN, done */
	uint64_t seen, pruned;
};

static int64_t
now_us(void)
{

	return (clock_mono_ns() / 1000);
}

static void *
sweep_open(struct relay *r, bool *off, char *why, int len)
{
	struct sweep *s = calloc(1, sizeof(*s));
	uint16_t phase = 0;
	void *block;

	(void)off;
	(void)why;
	(void)len;
	if (s == NULL || (block = malloc(ARENA_SESSIONS * sizeof(struct session))) == NULL) {
		free(s);
		errno = ENOMEM;
		return (NULL);
	}
	arena_init(&s->arena, block, ARENA_SESSIONS * sizeof(struct session));
	s->conf = r->app.conf;
	s->store = r->app.redis;
	/* several hosts that are started together do not sweep together */
	(void)random_bytes(&phase, sizeof(phase));
	s->round_at = s->next_at = now_us() + s->conf->sweep_every * US / ROUNDS * phase / UINT16_MAX;
	return (s);
}

static void
sweep_close(void *task)
{
	struct sweep *s = task;

	free(s->arena.block);
	free(s->user_keys);
	free(s);
}

static int
sweep_fd(void *task)
{

	(void)task;
	return (-1);
}

static int64_t
sweep_due(void *task)
{
	const struct sweep *s = task;
	int64_t left = s->next_at - now_us();

	return (left <= 0 ? 0 : (left + US - 1) / US);
}

static void
collect(void *arg, const uint8_t user_key[USER_KEY_LEN])
{
	struct sweep *s = arg;
	size_t room = s->room == 0 ? 1024 : 2 * s->room;
	void *p;

	if (s->n == s->room) {
		if ((p = reallocarray(s->user_keys, room, USER_KEY_LEN)) == NULL)
			return; /* the next round names it again */
		s->user_keys = p;
		s->room = room;
	}
	memcpy(s->user_keys[s->n++], user_key, USER_KEY_LEN);
}

/* Behind the work of ${us} microseconds at our pace. What was lost is not made up for: no burst follows a pause. */
static void
rest(struct sweep *s, int64_t us)
{
	int64_t now = now_us(), late = US * US / PIECES_A_SECOND;

	if (s->next_at < now - late)
		s->next_at = now - late;
	s->next_at += us;
}

static void
stay_away(struct sweep *s)
{

	s->next_at = now_us() + AWAY_MS * US;
}

/* May our user do it? Else asking would look like an outage. A server that cannot be asked is met later. */
static bool
may_sweep(struct sweep *s)
{
	const char *why;
	struct look l;

	return (redis_store_look(s->store, &l, &why) == DW_OK && (l.faults & (LOOK_NO_SCRIPTS | LOOK_BIT(LOOK_UNSWEPT))) == 0);
}

static void
begin(struct sweep *s)
{

	if (!may_sweep(s)) {
		stay_away(s);
		return;
	}
	s->walking = true;
	s->cursor = s->seen = s->pruned = 0;
	s->round_at = s->next_at = now_us();
}

static void
end(struct sweep *s)
{

	if (s->pruned > 0)
		log_debug("swept records=%llu with_expired=%llu", (unsigned long long)s->seen, (unsigned long long)s->pruned);
	s->walking = false;
	s->round_at += s->conf->sweep_every * US / ROUNDS;
	if (s->next_at < s->round_at)
		s->next_at = s->round_at;
}

/* The next keys. The last SCAN of a round gives some, too: the round ends when they are done. */
static void
scan(struct sweep *s)
{

	s->n = s->at = 0;
	if (redis_store_scan(s->store, &s->cursor, collect, s) != DW_OK) {
		stay_away(s);
		return;
	}
	rest(s, SCAN_PAUSE_MS * US);
	if (s->cursor == 0 && s->n == 0)
		end(s);
}

static size_t
piece(const struct sweep *s)
{
	int64_t n = s->conf->sweep_rate / PIECES_A_SECOND;

	n = n < 1 ? 1 : n > STALE_MAX ? STALE_MAX : n;
	return ((size_t)n < s->n - s->at ? (size_t)n : s->n - s->at);
}

static void
visit(struct sweep *s)
{
	bool stale[STALE_MAX];
	size_t n = piece(s);

	if (stale_find(s->store, s->user_keys + s->at, n, &s->arena, stale) != DW_OK) {
		stay_away(s);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (stale[i] && redis_store_prune(s->store, s->user_keys[s->at + i]) == DW_UNAVAILABLE) {
			stay_away(s); /* and the piece is read again */
			return;
		} else
			s->pruned += stale[i];
	s->seen += n;
	s->at += n;
	rest(s, (int64_t)n * US * US / s->conf->sweep_rate);
	if (s->at == s->n && s->cursor == 0)
		end(s);
}

static void
sweep_run(void *task)
{
	struct sweep *s = task;

	if (now_us() < s->next_at)
		return;
	if (!s->walking)
		begin(s);
	else if (s->at < s->n)
		visit(s);
	else
		scan(s);
}

const struct relay_task sweep_task = {
	.name = "sweep",
	.open = sweep_open,
	.fd = sweep_fd,
	.due = sweep_due,
	.run = sweep_run,
	.close = sweep_close,
};

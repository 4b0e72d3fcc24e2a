/* SPDX-License-Identifier: ISC */
/*
 * Nobody tells us when an account that is kept elsewhere goes: so every userdb.reconcile all user records are walked over, and
 * for each with a live session the database is asked about its user. Who is absent there, or disabled, is kicked. What could
 * not be asked changes nothing: an outage of a directory must not sign everybody out.
 *
 * It is a process of its own and not a part of the relay, since a database may keep who asks it for userdb.timeout, for which
 * no delivery should wait. One user is asked about at a time, and not more than RATE in a second; a database that cannot be
 * asked is given time, and is asked about the same user again, but not for ever: one account may be broken, and the others are
 * not.
 *
 * Nobody is ended by one answer: who seems to be gone is asked about again a moment later. A PAM service that is being written
 * anew is empty for a moment, and libpam then answers by the service "other"; a directory, or a table, that is being filled
 * again lacks somebody for a moment too.
 *
 * Every host does so for itself: to end a session twice is to end it once.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "child/sandbox.h"
#include "child/services.h"
#include "child/wait.h"
#include "crypto/random.h"
#include "doorward/app.h"
#include "session/liveness.h"
#include "store/look.h"
#include "store/redis.h"

#include "reconcile/reconcile.h"

#define RATE 20         /* users a second: gentle on a directory, and still 18 000 in a quarter of an hour */
#define SCAN_PAUSE_MS 5 /* between two SCANs: where the keys are others' there is nothing to count */
#define AWAY_MS 2000    /* that Redis, or the database, is left alone when it could not be asked */
#define TRIES 3         /* for one user, before the next is asked about */
#define AGAIN_MS 1000   /* from the last one's answer to the second questions: a file, or a table, has been written by then */
#define ARENA_BYTES ((SESSION_LIMIT_MAX + 1) * sizeof(struct session))

struct walk {
	struct app app;
	struct arena arena;
	bool walking;
	bool again; /* those who seemed to be gone are asked about once more */
	uint64_t cursor;
	uint8_t (*user_keys)[USER_KEY_LEN];
	size_t n, at, room; /* of those: named by SCAN, done */
	size_t gone;        /* of those done, and kept before ${at}: seem to be gone */
	unsigned tries;     /* for the user at ${at} */
	uint64_t asked, ended;
	int64_t round_at; /* mono, ms: when this round began, or the next begins */
	int64_t next_at;  /* when there is more to do */
};

static void
collect(void *arg, const uint8_t user_key[USER_KEY_LEN])
{
	struct walk *w = arg;
	size_t room = w->room == 0 ? 1024 : 2 * w->room;
	void *p;

	if (w->n == w->room) {
		if ((p = reallocarray(w->user_keys, room, USER_KEY_LEN)) == NULL)
			return; /* the next round names it again */
		w->user_keys = p;
		w->room = room;
	}
	memcpy(w->user_keys[w->n++], user_key, USER_KEY_LEN);
}

static void
pause_for(struct walk *w, int64_t ms)
{

	w->next_at = clock_mono_ms() + ms;
}

/* May our user scan? Else asking would look like an outage. */
static bool
may_scan(struct walk *w)
{
	const char *why;
	struct look l;

	return (
	    redis_store_look(w->app.redis, &l, &why) == DW_OK && (l.faults & (LOOK_NO_SCRIPTS | LOOK_BIT(LOOK_UNSWEPT))) == 0);
}

static void
begin(struct walk *w)
{

	if (!may_scan(w)) {
		pause_for(w, AWAY_MS);
		return;
	}
	w->walking = true;
	w->cursor = w->asked = w->ended = 0;
	w->n = w->at = w->gone = 0;
	w->tries = 0;
	w->round_at = w->next_at = clock_mono_ms();
}

/* A round that took longer than its interval is followed by the next at once. */
static void
finish(struct walk *w)
{

	if (w->ended > 0)
		log_info("accounts elsewhere were looked at users=%llu left=%llu", (unsigned long long)w->asked,
		    (unsigned long long)w->ended);
	w->walking = false;
	w->round_at += w->app.conf->userdb_reconcile;
	w->next_at = w->round_at;
}

static void
scan(struct walk *w)
{

	w->n = w->at = 0;
	w->again = false;
	if (redis_store_scan(w->app.redis, &w->cursor, collect, w) != DW_OK)
		pause_for(w, AWAY_MS);
	else if (w->cursor == 0 && w->n == 0)
		finish(w);
	else
		pause_for(w, SCAN_PAUSE_MS);
}

static bool
has_live_session(struct walk *w, const struct session_list *l)
{
	int64_t now = w->app.store->now(w->app.store_ctx);

	for (size_t i = 0; i < l->n; i++)
		if (session_is_alive(&l->sessions[i], l->not_before, now))
			return (true);
	return (false);
}

/*
 * DW_ABSENT: he has no account any more, or may not use it. Where two have his name now it is not known whose it is: who can
 * make a second one, as in a directory where people edit their own entries, must not be able to sign him out.
 */
static enum dw_result
ask(struct walk *w, const struct session_list *l)
{
	struct account a;
	enum dw_result rc = userdb_again(w->app.userdb, w->app.users_ctx, l->user_id, l->username, &a);

	explicit_bzero(a.hash, sizeof(a.hash));
	if (rc == DW_ABSENT && a.conflict)
		return (DW_OK); /* nor hold up the round */
	return (rc == DW_OK && a.disabled ? DW_ABSENT : rc);
}

static enum dw_result
kick(struct walk *w, const uint8_t user_key[USER_KEY_LEN], const struct session_list *l)
{
	struct end_write e = { .cause = END_DISABLED, .scope = SCOPE_ALL, .said_scope = SCOPE_ALL };
	struct end_reply reply;
	enum dw_result rc;

	memcpy(e.user_key, user_key, USER_KEY_LEN);
	if ((rc = w->app.store->end(w->app.store_ctx, &e, NULL, &reply)) != DW_OK)
		return (rc);
	w->ended++;
	log_info("an account is gone or disabled, its sessions were ended user=%s sessions=%u", l->user_id, reply.ended);
	return (DW_OK);
}

/* He is kept for a second question. */
static enum dw_result
doubt(struct walk *w, const uint8_t user_key[USER_KEY_LEN])
{

	memmove(w->user_keys[w->gone++], user_key, USER_KEY_LEN);
	return (DW_OK);
}

/* DW_UNAVAILABLE: something could not be asked; any other: done with this user, whatever it was. */
static enum dw_result
visit(struct walk *w, const uint8_t user_key[USER_KEY_LEN])
{
	struct session_list l;
	enum dw_result rc;

	arena_reset(&w->arena);
	if ((rc = w->app.store->list(w->app.store_ctx, user_key, &w->arena, &l)) != DW_OK || !has_live_session(w, &l))
		return (rc);
	w->asked += !w->again;
	if ((rc = ask(w, &l)) == DW_ABSENT)
		return (w->again ? kick(w, user_key, &l) : doubt(w, user_key));
	return (rc == DW_OK ? DW_OK : DW_UNAVAILABLE);
}

static void
next_user(struct walk *w)
{
	enum dw_result rc = visit(w, w->user_keys[w->at]);

	if (rc == DW_UNAVAILABLE && ++w->tries < TRIES) {
		pause_for(w, AWAY_MS);
		return;
	}
	w->tries = 0;
	w->at++;
	pause_for(w, 1000 / RATE);
	if (w->at == w->n && w->gone == 0 && w->cursor == 0)
		finish(w);
}

static void
ask_again(struct walk *w)
{

	w->n = w->gone;
	w->at = w->gone = 0;
	w->again = true;
	pause_for(w, AGAIN_MS);
}

static void
step(struct walk *w)
{

	if (!w->walking)
		begin(w);
	else if (w->at < w->n)
		next_user(w);
	else if (w->gone > 0)
		ask_again(w);
	else
		scan(w);
}

/* An account that is missing in what was read long ago may have been made since. */
static int64_t
until_next(struct walk *w, int64_t now)
{
	int64_t left = w->next_at > now ? w->next_at - now : 0;
	int look = services_look(&w->app, now);

	return (look >= 0 && look < left ? look : left);
}

static int
walk(struct child *c, struct walk *w)
{
	struct pollfd fds[1];
	enum child_word word;

	do {
		if ((word = child_poll(c, fds, 1, until_next(w, clock_mono_ms()))) == CHILD_GO_ON &&
		    w->next_at <= clock_mono_ms())
			step(w);
	} while (word == CHILD_GO_ON);
	return (word == CHILD_LEAVE ? EXIT_RETIRED : EXIT_RUNTIME);
}

/* Several hosts that are started together do not ask together. */
static void
choose_phase(struct walk *w)
{
	uint16_t phase = 0;

	(void)random_bytes(&phase, sizeof(phase));
	w->round_at = w->next_at = clock_mono_ms() + w->app.conf->userdb_reconcile * phase / UINT16_MAX;
}

int
reconcile_run(struct child *c, const struct config *conf)
{
	struct walk w = { .walking = false };
	void *block;
	int rc;

	child_signals();
	if ((rc = services_open(&w.app, conf, c)) != 0)
		return (rc);
	if ((block = malloc(ARENA_BYTES)) == NULL) {
		services_close(&w.app);
		return (EXIT_RESOURCE);
	}
	arena_init(&w.arena, block, ARENA_BYTES);
	choose_phase(&w);
	sandbox_enter(conf->seccomp);
	child_ready(c);
	rc = walk(c, &w);
	board_leave(c->slot);
	free(block);
	free(w.user_keys);
	services_close(&w.app);
	return (rc);
}

/* SPDX-License-Identifier: ISC */
/*
 * All sessions of everybody, page by page. Redis gives users in batches (SCAN), in no order
 * and perhaps twice; a batch is sorted, so that a cursor into it means the same the next time.
 *
 * A page ends when it is full or when its time is up: this process also answers health checks, and a large Redis must not keep
 * those waiting. So a page may be empty and still have a next one.
 */
#include <stdlib.h>
#include <string.h>

#include "admin/routes.h"
#include "base/arena.h"
#include "base/base64url.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/keys.h"
#include "store/redis.h"

#include "admin/sessions.h"

#define BATCH_MAX 8192          /* users of one SCAN: it is asked for 512 and gives whole buckets */
#define SCANS_MAX 64            /* of one call: an empty stretch of a large Redis must end somewhere */
#define CALL_MS 200             /* nor may a page of many users keep health checks waiting */
#define SCRATCH_BYTES (4 << 20) /* the sessions of one user */
#define PLACE_BYTES (8 + 4 + 8 + 8 + SESSION_KEY_LEN)

/*
 * Where a page ended: after ${done} users of the batch that SCAN gives for ${scan}, and within the next user after
 * ${session_key} (zero = before the first). ${sum} is made of those ${done}: if the batch has changed since it is begun anew,
 * since repeating is better than leaving out.
 */
struct place {
	uint64_t scan;
	uint32_t done;
	uint64_t sum;
	uint64_t users; /* looked at, on all pages so far */
	uint8_t session_key[SESSION_KEY_LEN];
};

struct batch {
	uint8_t user_keys[BATCH_MAX][USER_KEY_LEN];
	size_t n;
	bool full;
};

struct listing {
	struct app *app;
	const struct sessions_taker *t;
	const struct wanted *w;
	struct arena arena; /* of one user */
	int64_t until;      /* mono, ms */
	uint64_t shown;
	struct place place;
	bool more;
};

static void
collect(void *arg, const uint8_t user_key[USER_KEY_LEN])
{
	struct batch *b = arg;

	if (b->n == BATCH_MAX)
		b->full = true;
	else
		memcpy(b->user_keys[b->n++], user_key, USER_KEY_LEN);
}

static int
compare(const void *a, const void *b)
{

	return (memcmp(a, b, USER_KEY_LEN));
}

/* In an order of its own and without repeats, so that the same users are the same batch. */
static void
arrange(struct batch *b)
{
	size_t n = 0;

	qsort(b->user_keys, b->n, USER_KEY_LEN, compare);
	for (size_t i = 0; i < b->n; i++)
		if (n == 0 || memcmp(b->user_keys[n - 1], b->user_keys[i], USER_KEY_LEN) != 0)
			memmove(b->user_keys[n++], b->user_keys[i], USER_KEY_LEN);
	b->n = n;
}

/* Against chance, not against somebody; the cursor is an operator's. */
static uint64_t
sum_of(const struct batch *b, size_t n)
{

	return (str_hash(STR_HASH, b->user_keys, n * USER_KEY_LEN));
}

static bool
read_cursor(struct str text, struct place *p)
{
	uint8_t raw[BASE64URL_BYTES(BASE64URL_LEN(PLACE_BYTES)) + 1];
	size_t n;

	*p = (struct place){ 0 };
	if (text.p == NULL)
		return (true);
	if (text.len != BASE64URL_LEN(PLACE_BYTES) || !base64url_decode(text, raw, sizeof(raw), &n) || n != PLACE_BYTES)
		return (false);
	memcpy(&p->scan, raw, 8);
	memcpy(&p->done, raw + 8, 4);
	memcpy(&p->sum, raw + 12, 8);
	memcpy(&p->users, raw + 20, 8);
	memcpy(p->session_key, raw + 28, SESSION_KEY_LEN);
	return (true);
}

static void
write_cursor(const struct place *p, char out[BASE64URL_LEN(PLACE_BYTES) + 1])
{
	uint8_t raw[PLACE_BYTES];

	memcpy(raw, &p->scan, 8);
	memcpy(raw + 8, &p->done, 4);
	memcpy(raw + 12, &p->sum, 8);
	memcpy(raw + 20, &p->users, 8);
	memcpy(raw + 28, p->session_key, SESSION_KEY_LEN);
	base64url_encode(raw, sizeof(raw), out);
}

/* The index of the first session to show: the one after the last that was. */
static size_t
first_of(const struct session_list *list, const uint8_t session_key[SESSION_KEY_LEN])
{
	static const uint8_t none[SESSION_KEY_LEN];

	if (memcmp(session_key, none, SESSION_KEY_LEN) == 0)
		return (0);
	for (size_t i = 0; i < list->n; i++)
		if (memcmp(list->sessions[i].session_key, session_key, SESSION_KEY_LEN) == 0)
			return (i + 1);
	return (0); /* it has ended since: show the user's again */
}

/* Shows one user's. False: the page is full; then ${place.session_key} says how far it came. */
static bool
put_user(struct listing *l, const uint8_t user_key[USER_KEY_LEN], struct session_list *list)
{
	int64_t now = l->app->store->now(l->app->store_ctx);

	sessions_sort(list);
	for (size_t i = first_of(list, l->place.session_key); i < list->n; i++) {
		const struct session *s = &list->sessions[i];

		if (!sessions_match(l->w, list, s, now))
			continue;
		if (l->shown == l->w->limit)
			return (false);
		l->shown++;
		l->t->take(l->t->arg, user_key, s, list->user_id, list->username);
		memcpy(l->place.session_key, s->session_key, SESSION_KEY_LEN);
	}
	memset(l->place.session_key, 0, SESSION_KEY_LEN);
	return (true);
}

/* One record that makes no sense must not hide everybody else's. */
static bool
pass_over(const uint8_t user_key[USER_KEY_LEN])
{
	char key[KEYS_RECORD_LEN + 1];

	keys_record(user_key, key);
	log_error("a record in Redis makes no sense, its sessions are not listed key=%s", key);
	return (true);
}

/* Shows what is left of the batch. ${more} is set if that is too much for this page. */
static enum dw_result
put_batch(struct listing *l, const struct batch *b)
{
	enum dw_result rc;
	struct session_list list;

	if (l->place.done > b->n || l->place.sum != sum_of(b, l->place.done)) {
		l->place.done = 0;
		memset(l->place.session_key, 0, SESSION_KEY_LEN);
	}
	for (size_t i = l->place.done; i < b->n; i++) {
		bool whole;

		l->place.done = (uint32_t)i;
		if (l->shown == l->w->limit || clock_mono_ms() > l->until) {
			l->more = true;
			break;
		}
		rc = l->app->store->list(l->app->store_ctx, b->user_keys[i], &l->arena, &list);
		if (rc == DW_UNAVAILABLE)
			return (rc);
		whole = rc == DW_OK ? put_user(l, b->user_keys[i], &list) : pass_over(b->user_keys[i]);
		arena_reset(&l->arena);
		if (!whole) {
			l->more = true;
			break;
		}
		l->place.users++;
	}
	if (l->more)
		l->place.sum = sum_of(b, l->place.done);
	return (DW_OK);
}

static enum dw_result
put_page(struct listing *l)
{
	static struct batch b; /* too large for the stack */
	enum dw_result rc;

	for (int scans = 0; scans < SCANS_MAX; scans++) {
		uint64_t next = l->place.scan;

		b.n = 0;
		b.full = false;
		if ((rc = redis_store_scan(l->app->redis, &next, collect, &b)) != DW_OK)
			return (rc);
		if (b.full)
			log_warn("one step of a listing returned more users than fit, some are left out users=%d", BATCH_MAX);
		arrange(&b);
		if ((rc = put_batch(l, &b)) != DW_OK || l->more)
			return (rc);
		l->place = (struct place){ .scan = next, .users = l->place.users };
		l->place.sum = sum_of(&b, 0);
		if (next == 0)
			return (DW_OK);
		if (clock_mono_ms() > l->until)
			break;
	}
	l->more = true;
	return (DW_OK);
}

/* The memory for one user's sessions is taken and given back by call: it is large, and listing is rare. */
enum dw_result
everybody_page(struct app *app, const struct wanted *w, const struct sessions_taker *t, struct sessions_end *end)
{
	struct listing l = { .app = app, .t = t, .w = w, .until = clock_mono_ms() + CALL_MS };
	enum dw_result rc;
	void *block;

	*end = (struct sessions_end){ .users = 0 };
	if (!read_cursor(w->cursor, &l.place))
		return (DW_INVALID);
	if ((block = malloc(SCRATCH_BYTES)) == NULL)
		return (DW_FAULT);
	arena_init(&l.arena, block, SCRATCH_BYTES);
	rc = put_page(&l);
	free(block);
	if (rc == DW_OK && l.more)
		write_cursor(&l.place, end->cursor);
	end->users = l.place.users;
	return (rc);
}

_Static_assert(BASE64URL_LEN(PLACE_BYTES) < SESSIONS_CURSOR_MAX, "the cursor fits");

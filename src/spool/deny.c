/* SPDX-License-Identifier: ISC */
/*
 * The deny table: doorward/deny.h says what for; here is how.
 *
 * Open addressing with linear probing over entries of one cache line each. An entry lies where its user and its id hash to, so
 * that a question looks at three places: its session, its token, its user. The first word of an entry has its state and a
 * version; a reader that finds "used" copies the rest and looks whether the word is still the same (a seqlock). A place that
 * was emptied keeps the mark that something lay there, or what lies behind it would not be found; it is used again. Marks that
 * nothing lies behind go at once: if they stayed, a table that is never empty would be full of them one day, and every search
 * would go through all of it.
 *
 *	NEVER ──put──▶ USED ──remove──▶ FREED ──put──▶ USED …        FREED before NEVER ──▶ NEVER
 *
 * A writer marks the place FREED while it fills it in, so that one killed half-way leaves a free place; the next one who gets
 * his lock counts again.
 */
#include <sys/mman.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "doorward/deny.h"

#define NEVER 0
#define FREED 1
#define USED 2
#define STATE_OF(head) ((head)&3u)
#define NEXT_VERSION 4

#define WORDS 7 /* of an entry behind its head */

struct place {
	_Atomic uint64_t head; /* state and version */
	_Atomic uint64_t words[WORDS];
} __attribute__((aligned(64)));

/* An entry as it lies there. */
struct packed {
	uint8_t kind, cause;
	uint8_t user_key[USER_KEY_LEN];
	uint8_t id[DENY_ID_LEN];
	uint8_t except[SESSION_KEY_LEN];
	uint8_t device[DEVICE_KEY_LEN];
	uint8_t spare;
	uint64_t row;
	int64_t at;
};

_Static_assert(sizeof(struct packed) == WORDS * sizeof(uint64_t), "an entry fills its place");

struct deny {
	_Alignas(64) _Atomic uint32_t used; /* entries; what everybody reads, and hardly anybody writes */
	_Atomic uint32_t jtis;              /* of them access tokens */
	_Atomic int64_t second;
	_Atomic uint64_t removals;
	_Alignas(64) pthread_mutex_t lock; /* of writers */
	_Atomic uint64_t seen;
	size_t most, mask;
	struct place places[];
};

struct deny *
deny_new(size_t most)
{
	pthread_mutexattr_t attr;
	size_t n = 64;
	struct deny *d;

	while (n < most * 2) /* half of it stays free, so that searches end soon */
		n *= 2;
	d = mmap(NULL, sizeof(*d) + n * sizeof(d->places[0]), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (d == MAP_FAILED)
		return (NULL);
	d->most = most;
	d->mask = n - 1;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&d->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	return (d);
}

bool
deny_is_empty(const struct deny *d)
{

	return (d == NULL || atomic_load_explicit(&d->used, memory_order_acquire) == 0);
}

size_t
deny_count(const struct deny *d)
{

	return (d == NULL ? 0 : atomic_load(&d->used));
}

uint64_t
deny_removals(const struct deny *d)
{

	return (d == NULL ? 0 : atomic_load(&d->removals));
}

/* Both are hashes already: any of their bits will do. */
static size_t
place_of(const struct deny *d, const uint8_t *user_key, const uint8_t *id)
{
	uint64_t u, i;

	memcpy(&u, user_key, sizeof(u));
	memcpy(&i, id, sizeof(i));
	return ((size_t)(u ^ (i * UINT64_C(0x9e3779b97f4a7c15))) & d->mask);
}

static void
pack(const struct deny_entry *e, uint64_t words[WORDS])
{
	struct packed p = { .kind = (uint8_t)e->kind, .cause = (uint8_t)e->cause, .row = e->row, .at = e->at };

	memcpy(p.user_key, e->user_key, USER_KEY_LEN);
	memcpy(p.id, e->id, DENY_ID_LEN);
	memcpy(p.except, e->except, SESSION_KEY_LEN);
	memcpy(p.device, e->device, DEVICE_KEY_LEN);
	memcpy(words, &p, sizeof(p));
}

static void
unpack(const uint64_t words[WORDS], struct deny_entry *e)
{
	struct packed p;

	memcpy(&p, words, sizeof(p));
	*e = (struct deny_entry){ .kind = (enum deny_kind)p.kind, .cause = (enum end_cause)p.cause, .row = p.row, .at = p.at };
	memcpy(e->user_key, p.user_key, USER_KEY_LEN);
	memcpy(e->id, p.id, DENY_ID_LEN);
	memcpy(e->except, p.except, SESSION_KEY_LEN);
	memcpy(e->device, p.device, DEVICE_KEY_LEN);
}

/* Copies the entry of a place as it was at one moment. Returns the state it has. */
static unsigned
read_place(const struct place *p, struct deny_entry *out)
{
	uint64_t words[WORDS], before, after;

	do {
		before = atomic_load_explicit(&p->head, memory_order_acquire);
		if (STATE_OF(before) != USED)
			return (STATE_OF(before));
		for (int i = 0; i < WORDS; i++)
			words[i] = atomic_load_explicit(&p->words[i], memory_order_relaxed);
		atomic_thread_fence(memory_order_acquire);
		after = atomic_load_explicit(&p->head, memory_order_relaxed);
	} while (before != after);
	unpack(words, out);
	return (USED);
}

static bool
is_nothing(const uint8_t *p, size_t n)
{
	static const uint8_t nothing[DENY_ID_LEN];

	return (memcmp(p, nothing, n) == 0);
}

/* Whom "all sessions of the user" means. */
static bool
applies_to_user(const struct deny_entry *e, const struct deny_question *q)
{

	if (!is_nothing(e->except, SESSION_KEY_LEN) && memcmp(e->except, q->session_key, SESSION_KEY_LEN) == 0)
		return (false);
	if (q->session == NULL)
		return (true); /* fails closed: nobody knows when it was opened */
	if (!is_nothing(e->device, DEVICE_KEY_LEN) && memcmp(e->device, q->session->device_key, DEVICE_KEY_LEN) != 0)
		return (false);
	return (q->session->created <= e->at);
}

bool
deny_applies(const struct deny_entry *e, const struct deny_question *q)
{

	if (memcmp(e->user_key, q->user_key, USER_KEY_LEN) != 0)
		return (false);
	switch (e->kind) {
	case DENY_SESSION:
		return (memcmp(e->id, q->session_key, SESSION_KEY_LEN) == 0);
	case DENY_TOKENS:
		return (q->by_token && memcmp(e->id, q->session_key, SESSION_KEY_LEN) == 0);
	case DENY_JTI:
		return (q->jti != NULL && memcmp(e->id, q->jti, JTI_LEN) == 0);
	case DENY_USER:
		return (applies_to_user(e, q));
	}
	return (true); /* what makes no sense admits nobody */
}

/* Looks at what lies under ${id} of the user. */
static bool
find(const struct deny *d, const struct deny_question *q, const uint8_t id[DENY_ID_LEN], struct deny_entry *out)
{
	size_t at = place_of(d, q->user_key, id);
	unsigned state;

	for (size_t i = 0; i <= d->mask; i++) {
		if ((state = read_place(&d->places[(at + i) & d->mask], out)) == NEVER)
			return (false);
		if (state == USED && memcmp(out->id, id, DENY_ID_LEN) == 0 && deny_applies(out, q))
			return (true);
	}
	return (false);
}

bool
deny_finds_for_sure(const struct deny *d, const struct deny_question *q, struct deny_entry *out)
{
	uint8_t id[DENY_ID_LEN] = { 0 };

	if (deny_is_empty(d))
		return (false);
	memcpy(id, q->session_key, SESSION_KEY_LEN);
	return (find(d, q, id, out) || (q->jti != NULL && find(d, q, q->jti, out)));
}

bool
deny_finds(const struct deny *d, const struct deny_question *q, struct deny_entry *out)
{
	static const uint8_t everything[DENY_ID_LEN];

	if (deny_is_empty(d))
		return (false);
	return (deny_finds_for_sure(d, q, out) || find(d, q, everything, out));
}

/* Of a cached answer it is not known which access token it is of, nor when its session was opened. */
bool
deny_suspects(
    const struct deny *d, const uint8_t user_key[USER_KEY_LEN], const uint8_t session_key[SESSION_KEY_LEN], bool by_token)
{
	struct deny_question q = { .user_key = user_key, .session_key = session_key, .by_token = by_token };
	struct deny_entry e;

	if (deny_is_empty(d))
		return (false);
	return ((by_token && atomic_load_explicit(&d->jtis, memory_order_relaxed) > 0) || deny_finds(d, &q, &e));
}

static void
mark(struct place *p, unsigned state)
{
	uint64_t head = atomic_load_explicit(&p->head, memory_order_relaxed);

	atomic_store_explicit(&p->head, head - STATE_OF(head) + NEXT_VERSION + state, memory_order_release);
}

/* The marks from ${at} backwards, if nothing lies behind them. No search for what is there came past them to find it. */
static void
drop_marks(struct deny *d, size_t at)
{

	if (STATE_OF(atomic_load_explicit(&d->places[(at + 1) & d->mask].head, memory_order_relaxed)) != NEVER)
		return;
	for (; STATE_OF(atomic_load_explicit(&d->places[at].head, memory_order_relaxed)) == FREED; at = (at - 1) & d->mask)
		mark(&d->places[at], NEVER);
}

/* Counts again what a writer that died may have left uncounted, and drops the marks that he left. */
static void
recount(struct deny *d)
{
	uint32_t used = 0, jtis = 0;
	struct deny_entry e;

	for (size_t i = 0; i <= d->mask; i++)
		if (read_place(&d->places[i], &e) == USED) {
			used++;
			jtis += e.kind == DENY_JTI;
		} else {
			drop_marks(d, i);
		}
	atomic_store(&d->used, used);
	atomic_store(&d->jtis, jtis);
}

static void
lock(struct deny *d)
{

	if (pthread_mutex_lock(&d->lock) != EOWNERDEAD)
		return;
	recount(d);
	pthread_mutex_consistent(&d->lock);
}

static void
unlock(struct deny *d)
{

	pthread_mutex_unlock(&d->lock);
}

static bool
is_same(const struct deny_entry *a, const struct deny_entry *b)
{

	return (a->row == b->row && a->kind == b->kind && memcmp(a->user_key, b->user_key, USER_KEY_LEN) == 0 &&
		memcmp(a->id, b->id, DENY_ID_LEN) == 0);
}

/* Where ${e} lies, else the first place it may take; NULL: there is none. ${*found} tells which. */
static struct place *
search(struct deny *d, const struct deny_entry *e, bool *found)
{
	size_t at = place_of(d, e->user_key, e->id);
	struct place *room = NULL;
	struct deny_entry other;
	unsigned state = USED;

	*found = false;
	for (size_t i = 0; i <= d->mask && state != NEVER; i++) {
		struct place *p = &d->places[(at + i) & d->mask];

		state = read_place(p, &other);
		if (state != USED && room == NULL)
			room = p;
		if (state == USED && is_same(&other, e)) {
			*found = true;
			return (p);
		}
	}
	return (room);
}

/* Counted first, so that nobody who finds the table empty overlooks it. */
static void
fill(struct deny *d, struct place *p, const struct deny_entry *e)
{
	uint64_t words[WORDS];

	pack(e, words);
	mark(p, FREED);
	atomic_thread_fence(memory_order_release);
	for (int i = 0; i < WORDS; i++)
		atomic_store_explicit(&p->words[i], words[i], memory_order_relaxed);
	atomic_fetch_add(&d->jtis, e->kind == DENY_JTI);
	atomic_fetch_add(&d->used, 1);
	mark(p, USED);
}

bool
deny_put(struct deny *d, const struct deny_entry *e)
{
	bool found, done = true;
	struct place *p;

	lock(d);
	p = search(d, e, &found);
	if (!found && p != NULL && atomic_load(&d->used) < d->most)
		fill(d, p, e);
	else
		done = found;
	unlock(d);
	return (done);
}

static void
empty(struct deny *d, struct place *p, enum deny_kind kind)
{

	atomic_fetch_add(&d->removals, 1); /* first: who does not find the entry finds this */
	mark(p, FREED);
	atomic_fetch_sub(&d->jtis, kind == DENY_JTI);
	atomic_fetch_sub(&d->used, 1);
	drop_marks(d, (size_t)(p - d->places));
}

void
deny_remove(struct deny *d, const struct deny_entry *e)
{
	struct place *p;
	bool found;

	if (deny_is_empty(d))
		return;
	lock(d);
	p = search(d, e, &found);
	if (found)
		empty(d, p, e->kind);
	unlock(d);
}

void
deny_sift(struct deny *d, bool (*keep)(void *arg, const struct deny_entry *e), void *arg)
{
	struct deny_entry e;

	if (deny_is_empty(d))
		return;
	lock(d);
	for (size_t i = 0; i <= d->mask; i++)
		if (read_place(&d->places[i], &e) == USED && !keep(arg, &e))
			empty(d, &d->places[i], e.kind);
	unlock(d);
}

uint64_t
deny_seen(const struct deny *d)
{

	return (atomic_load(&d->seen));
}

void
deny_set_seen(struct deny *d, uint64_t row)
{

	atomic_store(&d->seen, row);
}

bool
deny_claim_second(struct deny *d, int64_t now)
{
	int64_t before = atomic_load_explicit(&d->second, memory_order_relaxed);

	return (before != now && atomic_compare_exchange_strong(&d->second, &before, now));
}

/* SPDX-License-Identifier: ISC */
/*
 * The session cache (L1): answers of recent checks in memory that all workers share. How a stale answer is kept out is in
 * doorward/cache.h; here is how it is laid out.
 *
 * It is a table of sets with WAYS entries each; the key's bits choose the set, the oldest entry of it gives way. There is no
 * lock around the table. A writer locks one entry with a version and its pid in one word; a reader copies the entry and looks
 * whether the version is still the same (a seqlock), else it counts as a miss. A writer that died leaves its pid behind, and
 * the next one takes the lock over when that pid is gone.
 *
 * An entry counts only while all of this is true: its user's epoch and the epoch of all are those read before the question was
 * sent; it is young enough; the keeper's lease has not run out; neither the session's end nor the time of its next touch has
 * come.
 */
#include <sys/mman.h>

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#include "doorward/cache.h"

#define WAYS 4       /* places of one key: more would only be searched longer */
#define EPOCHS 65536 /* users share epochs by hash: a shared one costs a stray miss, never a stale hit */

/* The lock of an entry: a version in the upper half, the pid of the writer in the lower, 0 when it is free. */
#define LOCK_OWNER(w) ((pid_t)((w)&0xffffffffu))
#define LOCK_NEXT(w) (((w) & ~(uint64_t)0xffffffffu) + ((uint64_t)1 << 32))

struct entry {
	_Atomic uint64_t lock;
	uint8_t key[CACHE_KEY_LEN];
	int64_t filled; /* mono, ms; 0 = empty */
	struct cache_epoch epoch;
	struct cached_check cached_check;
} __attribute__((aligned(64)));

struct cache {
	int64_t max_age, max_lease;
	size_t sets;                        /* a power of two */
	_Alignas(64) _Atomic int64_t lease; /* mono, ms */
	_Alignas(64) _Atomic uint32_t all;
	_Atomic uint64_t evictions, flushes;
	_Alignas(64) _Atomic uint32_t epochs[EPOCHS];
	struct entry entries[];
};

struct cache *
cache_new(size_t bytes, int64_t max_age, int64_t lease)
{
	size_t sets = 1;
	struct cache *c;

	while (sizeof(*c) + sets * 2 * WAYS * sizeof(struct entry) <= bytes)
		sets *= 2;
	c = mmap(
	    NULL, sizeof(*c) + sets * WAYS * sizeof(struct entry), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c == MAP_FAILED)
		return (NULL);
	c->sets = sets;
	c->max_age = max_age;
	c->max_lease = lease;
	cache_lease(c, 0);
	return (c);
}

/* Pseudonyms and keys are hashes already: any of their bits will do. */
static uint64_t
bits_of(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return (v);
}

static const struct entry *
set_of(const struct cache *c, const uint8_t *key)
{

	return (&c->entries[(bits_of(key) & (c->sets - 1)) * WAYS]);
}

struct cache_epoch
cache_read_epoch(const struct cache *c, const uint8_t user_key[USER_KEY_LEN])
{
	struct cache_epoch e = { 0, 0 };

	if (c == NULL)
		return (e);
	e.user = atomic_load(&c->epochs[bits_of(user_key) % EPOCHS]);
	e.all = atomic_load(&c->all);
	return (e);
}

/* What an entry says of itself. */
struct mark {
	int64_t filled;
	struct cache_epoch epoch;
};

/*
 * Copies an entry as it was at one moment, straight to where it is wanted. False: it is another key's, or a writer is at it, or
 * was meanwhile; ${out} is then as good as empty.
 */
static bool
snapshot(const struct entry *e, const uint8_t *key, struct mark *mark, struct cached_check *out)
{
	uint64_t before = atomic_load_explicit(&e->lock, memory_order_acquire);

	if (LOCK_OWNER(before) != 0 || memcmp(e->key, key, CACHE_KEY_LEN) != 0)
		return (false);
	*mark = (struct mark){ e->filled, e->epoch };
	*out = e->cached_check;
	atomic_thread_fence(memory_order_acquire);
	return (atomic_load_explicit(&e->lock, memory_order_relaxed) == before);
}

static bool
counts(const struct cache *c, const struct mark *m, const struct cached_check *p, int64_t now)
{
	int64_t mono = clock_mono_ms();
	struct cache_epoch current = cache_read_epoch(c, p->user_key);

	return (mono - m->filled <= c->max_age && mono - atomic_load(&c->lease) <= c->max_lease &&
		m->epoch.user == current.user && m->epoch.all == current.all && now < p->expires && now < p->touch_at);
}

/* Copies the entry of ${key}. False: there is none. */
static bool
find(const struct cache *c, const uint8_t *key, struct mark *mark, struct cached_check *out)
{
	const struct entry *set;

	if (c == NULL)
		return (false);
	set = set_of(c, key);
	for (size_t i = 0; i < WAYS; i++)
		if (snapshot(&set[i], key, mark, out))
			return (mark->filled != 0);
	return (false);
}

bool
cache_recall(const struct cache *c, const uint8_t key[CACHE_KEY_LEN], int64_t now, struct cached_check *out)
{
	struct mark mark;

	return (find(c, key, &mark, out) && counts(c, &mark, out, now));
}

bool
cache_recall_stale(
    const struct cache *c, const uint8_t key[CACHE_KEY_LEN], int64_t now, int64_t max_age, struct cached_check *out)
{
	struct mark mark;

	return (find(c, key, &mark, out) && clock_mono_ms() - mark.filled <= max_age && now < out->expires &&
		mark.epoch.user == cache_read_epoch(c, out->user_key).user);
}

/* Takes the lock of ${e}, also that of a writer that has died. */
static bool
lock(struct entry *e, uint64_t *word)
{
	uint64_t seen = atomic_load(&e->lock);
	pid_t owner = LOCK_OWNER(seen);

	if (owner != 0 && (owner == getpid() || kill(owner, 0) == 0 || errno != ESRCH))
		return (false);
	*word = (seen & ~(uint64_t)0xffffffffu) | (uint32_t)getpid();
	return (atomic_compare_exchange_strong(&e->lock, &seen, *word));
}

/* The place of ${key}: its own, else the oldest of its set. */
static struct entry *
slot_for(struct cache *c, const uint8_t *key)
{
	struct entry *set = &c->entries[(bits_of(key) & (c->sets - 1)) * WAYS], *oldest = set;

	for (size_t i = 0; i < WAYS; i++) {
		if (memcmp(set[i].key, key, CACHE_KEY_LEN) == 0)
			return (&set[i]);
		if (set[i].filled < oldest->filled)
			oldest = &set[i];
	}
	return (oldest);
}

bool
cache_fill(struct cache *c, const uint8_t key[CACHE_KEY_LEN], struct cache_epoch epoch, const struct cached_check *p)
{
	struct cache_epoch current = cache_read_epoch(c, p->user_key);
	struct entry *e;
	uint64_t word;

	if (c == NULL || current.user != epoch.user || current.all != epoch.all)
		return (false);
	e = slot_for(c, key);
	if (!lock(e, &word))
		return (false);
	atomic_thread_fence(memory_order_release);
	memcpy(e->key, key, CACHE_KEY_LEN);
	e->filled = clock_mono_ms();
	e->epoch = epoch;
	e->cached_check = *p;
	atomic_store_explicit(&e->lock, LOCK_NEXT(word), memory_order_release);
	return (true);
}

void
cache_evict(struct cache *c, const uint8_t user_key[USER_KEY_LEN])
{

	if (c == NULL)
		return;
	atomic_fetch_add(&c->epochs[bits_of(user_key) % EPOCHS], 1);
	atomic_fetch_add_explicit(&c->evictions, 1, memory_order_relaxed);
}

void
cache_flush(struct cache *c)
{

	if (c == NULL)
		return;
	atomic_fetch_add(&c->all, 1);
	atomic_fetch_add_explicit(&c->flushes, 1, memory_order_relaxed);
}

void
cache_lease(struct cache *c, int64_t mono_ms)
{

	if (c != NULL)
		atomic_store(&c->lease, mono_ms == 0 ? INT64_MIN / 2 : mono_ms);
}

void
cache_numbers(const struct cache *c, struct cache_numbers *out)
{

	memset(out, 0, sizeof(*out));
	if (c == NULL)
		return;
	out->entries = c->sets * WAYS;
	out->evictions = atomic_load(&c->evictions);
	out->flushes = atomic_load(&c->flushes);
	out->lease_left = c->max_lease - (clock_mono_ms() - atomic_load(&c->lease));
}

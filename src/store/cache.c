/* SPDX-License-Identifier: ISC */
/*
 * The session cache (L1): answers of recent checks in memory that all workers share. How a stale answer is kept out is in
 * doorward/cache.h; here is how it is laid out.
 *
 * It is a table of sets with WAYS entries each; the key's bits choose the set, the oldest entry of it gives way. There are
 * three of them, for users in few, in many and in very many groups, since entries have one size: nearly all of the memory is
 * the first's. The others are not looked at before something was kept in them.
 *
 * There is no lock around the table. A writer locks one entry with a version and its pid in one word; a reader copies the entry
 * and looks whether the version is still the same (a seqlock), else it counts as a miss. A writer that died leaves its pid
 * behind, and the next one takes the lock over when that pid is gone.
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
#define TABLES 3     /* see rooms[] */
#define FEW_SHARE 16 /* the first table takes as much as it can, but for this part */
#define EPOCHS 65536 /* users share epochs by hash: a shared one costs a stray miss, never a stale hit */

/* The lock of an entry: a version in the upper half, the pid of the writer in the lower, 0 when it is free. */
#define LOCK_OWNER(w) ((pid_t)((w)&0xffffffffu))
#define LOCK_NEXT(w) (((w) & ~(uint64_t)0xffffffffu) + ((uint64_t)1 << 32))

/* As much of ${cached_check} as its table has room for. */
struct entry {
	_Atomic uint64_t lock;
	uint8_t key[CACHE_KEY_LEN];
	int64_t filled; /* mono, ms; 0 = empty */
	struct cache_epoch epoch;
	struct cached_check cached_check;
};

/* Bytes for the groups, terminator included, in an entry of each table. Two ids of 22 and twelve groups fit the first. */
static const size_t rooms[TABLES] = { 127, 1025, GROUPS_MAX + 1 };

struct table {
	size_t at;         /* of its first entry, in bytes from the first entry of all */
	size_t sets;       /* a power of two; 0 = there is no room for such entries */
	_Atomic bool used; /* something was kept here */
};

struct cache {
	int64_t max_age, max_lease;
	struct table tables[TABLES];
	_Alignas(64) _Atomic int64_t lease; /* mono, ms */
	_Alignas(64) _Atomic uint32_t all;
	_Atomic uint64_t evictions, flushes;
	_Alignas(64) _Atomic uint32_t epochs[EPOCHS];
	_Alignas(64) unsigned char entries[];
};

/* Bytes of ${cached_check} in an entry of table ${t}; of the entry. */
static size_t
copied(size_t t)
{

	return (offsetof(struct cached_check, groups) + rooms[t]);
}

static size_t
stride(size_t t)
{

	return ((offsetof(struct entry, cached_check) + copied(t) + 63) / 64 * 64);
}

/* As many sets as fit into ${bytes}. */
static size_t
sets_of(size_t t, size_t bytes)
{
	size_t sets = 1;

	if (stride(t) * WAYS > bytes)
		return (0);
	while (sets * 2 * WAYS * stride(t) <= bytes)
		sets *= 2;
	return (sets);
}

/* Divides ${bytes} among the tables; returns how many are used. The first has one set at least. */
static size_t
divide(struct table tables[TABLES], size_t bytes)
{
	size_t at = 0;

	for (size_t t = 0; t < TABLES; t++) {
		size_t left = bytes > at ? bytes - at : 0, share = t == 0 ? left - left / FEW_SHARE : left / (TABLES - t);

		tables[t].at = at;
		tables[t].sets = sets_of(t, share);
		if (t == 0 && tables[t].sets == 0)
			tables[t].sets = 1;
		at += tables[t].sets * WAYS * stride(t);
	}
	return (at);
}

struct cache *
cache_new(size_t bytes, int64_t max_age, int64_t lease)
{
	struct table tables[TABLES] = { { 0 } };
	size_t size = divide(tables, bytes > sizeof(struct cache) ? bytes - sizeof(struct cache) : 0);
	struct cache *c;

	c = mmap(NULL, sizeof(*c) + size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c == MAP_FAILED)
		return (NULL);
	memcpy(c->tables, tables, sizeof(tables));
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

/* The entry ${i} of the set of ${key} in table ${t}. */
static struct entry *
entry_at(const struct cache *c, size_t t, const uint8_t *key, size_t i)
{
	size_t set = bits_of(key) & (c->tables[t].sets - 1);

	return ((struct entry *)((uintptr_t)c->entries + c->tables[t].at + (set * WAYS + i) * stride(t)));
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
snapshot(const struct entry *e, const uint8_t *key, size_t size, struct mark *mark, struct cached_check *out)
{
	uint64_t before = atomic_load_explicit(&e->lock, memory_order_acquire);

	if (LOCK_OWNER(before) != 0 || memcmp(e->key, key, CACHE_KEY_LEN) != 0)
		return (false);
	*mark = (struct mark){ e->filled, e->epoch };
	memcpy(out, &e->cached_check, size);
	atomic_thread_fence(memory_order_acquire);
	return (atomic_load_explicit(&e->lock, memory_order_relaxed) == before);
}

/*
 * The order matters: the time, the lease, the epochs. What the lease vouches for has raised its epochs before the lease was
 * given, so they must be read behind it: tests/model/cache.pml, LEASE_LAST.
 */
static bool
counts(const struct cache *c, const struct mark *m, const struct cached_check *p, int64_t now)
{
	int64_t mono = clock_mono_ms(), lease = atomic_load(&c->lease);
	struct cache_epoch current = cache_read_epoch(c, p->user_key);

	return (mono - m->filled <= c->max_age && mono - lease <= c->max_lease && m->epoch.user == current.user &&
		m->epoch.all == current.all && now < p->expires && now < p->touch_at);
}

/* Copies the entry of ${key} in table ${t}. False: there is none. */
static bool
find(const struct cache *c, size_t t, const uint8_t *key, struct mark *mark, struct cached_check *out)
{

	if (!atomic_load_explicit(&c->tables[t].used, memory_order_relaxed))
		return (false);
	for (size_t i = 0; i < WAYS; i++)
		if (snapshot(entry_at(c, t, key, i), key, copied(t), mark, out))
			return (mark->filled != 0);
	return (false);
}

/* All tables, since the user may have had fewer groups when the entry of the first was made. */
bool
cache_recall(const struct cache *c, const uint8_t key[CACHE_KEY_LEN], int64_t now, struct cached_check *out)
{
	struct mark mark;

	for (size_t t = 0; c != NULL && t < TABLES; t++)
		if (find(c, t, key, &mark, out) && counts(c, &mark, out, now))
			return (true);
	return (false);
}

static bool
counts_stale(const struct cache *c, const struct mark *m, const struct cached_check *p, int64_t now, int64_t max_age)
{

	return (clock_mono_ms() - m->filled <= max_age && now < p->expires &&
		m->epoch.user == cache_read_epoch(c, p->user_key).user);
}

bool
cache_recall_stale(
    const struct cache *c, const uint8_t key[CACHE_KEY_LEN], int64_t now, int64_t max_age, struct cached_check *out)
{
	struct mark mark;

	for (size_t t = 0; c != NULL && t < TABLES; t++)
		if (find(c, t, key, &mark, out) && counts_stale(c, &mark, out, now, max_age))
			return (true);
	return (false);
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

/* The place of ${key} in table ${t}: its own, else the oldest of its set. */
static struct entry *
slot_for(struct cache *c, size_t t, const uint8_t *key)
{
	struct entry *oldest = entry_at(c, t, key, 0);

	for (size_t i = 0; i < WAYS; i++) {
		struct entry *e = entry_at(c, t, key, i);

		if (memcmp(e->key, key, CACHE_KEY_LEN) == 0)
			return (e);
		if (e->filled < oldest->filled)
			oldest = e;
	}
	return (oldest);
}

/* The table that has room for so many groups; TABLES if there is none. */
static size_t
table_for(const struct cache *c, const struct cached_check *p)
{
	size_t len = strlen(p->groups), t = 0;

	while (t < TABLES && (len >= rooms[t] || c->tables[t].sets == 0))
		t++;
	return (t);
}

bool
cache_fill(struct cache *c, const uint8_t key[CACHE_KEY_LEN], struct cache_epoch epoch, const struct cached_check *p)
{
	struct cache_epoch current = cache_read_epoch(c, p->user_key);
	struct entry *e;
	uint64_t word;
	size_t t;

	if (c == NULL || current.user != epoch.user || current.all != epoch.all || (t = table_for(c, p)) == TABLES)
		return (false);
	e = slot_for(c, t, key);
	if (!lock(e, &word))
		return (false);
	atomic_thread_fence(memory_order_release);
	memcpy(e->key, key, CACHE_KEY_LEN);
	e->filled = clock_mono_ms();
	e->epoch = epoch;
	memcpy(&e->cached_check, p, copied(t));
	atomic_store_explicit(&e->lock, LOCK_NEXT(word), memory_order_release);
	if (!atomic_load_explicit(&c->tables[t].used, memory_order_relaxed))
		atomic_store_explicit(&c->tables[t].used, true, memory_order_relaxed);
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
	for (size_t t = 0; t < TABLES; t++)
		out->entries += c->tables[t].sets * WAYS;
	out->evictions = atomic_load(&c->evictions);
	out->flushes = atomic_load(&c->flushes);
	out->lease_left = c->max_lease - (clock_mono_ms() - atomic_load(&c->lease));
}

#include <sys/mman.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

#include "doorward/board.h"

struct board *
board_new(void)
{
	struct board *b = mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (b == MAP_FAILED)
		return (NULL);
	b->started = clock_wall_ms();
	return (b);
}

int
board_role(struct board *b, const char *name)
{

	for (int i = 0; i < BOARD_ROLES; i++) {
		if (b->roles[i].name[0] == '\0')
			snprintf(b->roles[i].name, sizeof(b->roles[i].name), "%s", name);
		if (strcmp(b->roles[i].name, name) == 0)
			return (i);
	}
	return (-1);
}

struct board_slot *
board_assign(struct board *b, size_t i, uint32_t role, uint32_t generation)
{
	struct board_slot *s = &b->slots[i];

	s->role = role;
	s->generation = generation;
	s->started = clock_wall_ms();
	atomic_store_explicit(&s->state, BOARD_STARTING, memory_order_release);
	return (s);
}

static void
clear_slot(struct board_slot *s)
{

	atomic_store_explicit(&s->state, BOARD_FREE, memory_order_release);
	s->pid = 0;
	s->stage = s->hashing = s->generation = s->role = s->route = s->breaker = s->connections = 0;
	s->started = s->busy_since = 0;
	s->requests = s->accepted = s->store_errors = s->userdb_errors = s->refused_overload = s->hash_ms = 0;
	s->cache_hits = s->cache_misses = s->cache_fills = s->cache_refused = 0;
	for (size_t i = 0; i < sizeof(s->status) / sizeof(s->status[0]); i++)
		s->status[i] = 0;
	memset(s->trace, 0, sizeof(s->trace));
}

void
board_release(struct board *b, struct board_slot *s)
{
	struct board_role *r = &b->roles[s->role < BOARD_ROLES ? s->role : 0];

	atomic_fetch_add(&b->moves, 1);
	r->requests += s->requests;
	r->accepted += s->accepted;
	r->store_errors += s->store_errors;
	r->userdb_errors += s->userdb_errors;
	r->refused_overload += s->refused_overload;
	r->hash_ms += s->hash_ms;
	r->cache_hits += s->cache_hits;
	r->cache_misses += s->cache_misses;
	r->cache_fills += s->cache_fills;
	r->cache_refused += s->cache_refused;
	for (size_t i = 0; i < sizeof(s->status) / sizeof(s->status[0]); i++)
		r->status[i] += s->status[i];
	b->retired_requests += s->requests;
	clear_slot(s);
	atomic_fetch_add(&b->moves, 1);
}

static void
add_slot(const struct board_slot *s, struct board_totals *t)
{

	t->requests += s->requests;
	t->accepted += s->accepted;
	t->store_errors += s->store_errors;
	t->userdb_errors += s->userdb_errors;
	t->refused_overload += s->refused_overload;
	t->hash_ms += s->hash_ms;
	t->cache_hits += s->cache_hits;
	t->cache_misses += s->cache_misses;
	t->cache_fills += s->cache_fills;
	t->cache_refused += s->cache_refused;
	for (size_t i = 0; i < sizeof(t->status) / sizeof(t->status[0]); i++)
		t->status[i] += s->status[i];
}

static void
add_role(const struct board *b, uint32_t role, struct board_totals *t)
{
	const struct board_role *r = &b->roles[role];

	*t = (struct board_totals){ .requests = r->requests, .accepted = r->accepted, .store_errors = r->store_errors,
		.userdb_errors = r->userdb_errors, .refused_overload = r->refused_overload, .hash_ms = r->hash_ms,
		.cache_hits = r->cache_hits, .cache_misses = r->cache_misses, .cache_fills = r->cache_fills, .cache_refused = r->cache_refused };
	for (size_t i = 0; i < sizeof(t->status) / sizeof(t->status[0]); i++)
		t->status[i] = r->status[i];
	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (b->slots[i].state != BOARD_FREE && b->slots[i].role == role)
			add_slot(&b->slots[i], t);
}

void
board_totals(const struct board *b, uint32_t role, struct board_totals *out)
{
	uint32_t before;
	int tries = 0;

	/* The master may die in the middle of a move: a number slightly off is then better than a reader that never returns. */
	do {
		before = atomic_load(&b->moves);
		add_role(b, role, out);
	} while ((before % 2 != 0 || before != atomic_load(&b->moves)) && ++tries < 1000);
}

void
board_trace(const struct board_slot *s, char out[sizeof(s->trace)])
{
	size_t n = 0;

	while (n < sizeof(s->trace) - 1) {
		char c = s->trace[n];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			break;
		out[n++] = c;
	}
	out[n] = '\0';
}

const char *
board_state_word(uint32_t state)
{
	static const char *const words[] = { "free", "starting", "ready", "busy", "leaving" };

	return (state < sizeof(words) / sizeof(words[0]) ? words[state] : "unknown");
}

const char *
board_stage_word(uint32_t stage)
{
	static const char *const words[] = { "none", "read", "rules", "redis", "userdb", "pwhash", "write" };

	return (stage < sizeof(words) / sizeof(words[0]) ? words[stage] : "unknown");
}

void
board_busy(struct board_slot *s, uint32_t route, const char *trace)
{

	atomic_store_explicit(&s->route, route, memory_order_relaxed);
	atomic_store_explicit(&s->busy_since, clock_mono_ms(), memory_order_relaxed);
	(void)str_copy(s->trace, sizeof(s->trace), str_of(trace));
	atomic_store_explicit(&s->state, BOARD_BUSY, memory_order_release);
}

void
board_idle(struct board_slot *s, int status)
{
	int class = status / 100;

	atomic_fetch_add_explicit(&s->requests, 1, memory_order_relaxed);
	if (class >= 1 && class <= 5)
		atomic_fetch_add_explicit(&s->status[class], 1, memory_order_relaxed);
	board_stage(s, STAGE_NONE);
	atomic_store_explicit(&s->state, BOARD_READY, memory_order_release);
}

void
board_stage(struct board_slot *s, enum board_stage stage)
{

	atomic_store_explicit(&s->stage, stage, memory_order_relaxed);
}

bool
board_hash_begin(struct board *b, struct board_slot *s)
{
	uint32_t taken = 0;

	atomic_store(&s->hashing, 1);
	for (size_t i = 0; i < BOARD_SLOTS; i++)
		taken += atomic_load(&b->slots[i].hashing);
	if (taken <= atomic_load(&b->max_hashing))
		return (true);
	atomic_store(&s->hashing, 0);
	atomic_fetch_add_explicit(&s->refused_overload, 1, memory_order_relaxed);
	return (false);
}

void
board_hash_end(struct board_slot *s)
{

	atomic_store(&s->hashing, 0);
}

void
child_ready(struct child *c)
{
	char byte = 'R';

	atomic_store(&c->slot->state, BOARD_READY);
	if (c->ready_fd < 0)
		return;
	while (write(c->ready_fd, &byte, 1) < 0 && errno == EINTR)
		continue;
	close(c->ready_fd);
	c->ready_fd = -1;
}

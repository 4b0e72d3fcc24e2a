/* SPDX-License-Identifier: ISC */
/*
 * The board: a piece of shared memory in which every child shows its state and counts what it does. There is a slot for each
 * process and a row for each role; the master assigns slots, the child in it is the only writer of its numbers, and anybody may
 * read.
 *
 * Life of a slot: free, starting (assigned, before the fork), ready, busy (in a request), ready again, leaving, free (released
 * after the process has been reaped). On release the numbers of the slot are added to its role, so that counters never run
 * backwards. A reader of totals could see numbers twice or not at all in the middle of that; ${moves} is odd while it goes on
 * and the reader tries again.
 *
 * Counters have one writer each, so a relaxed load and store are enough; states are released so that what was written before
 * them is seen by who sees the state.
 */
#include <sys/mman.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "doorward/trace.h"

#include "doorward/board.h"

static const struct {
	const char *name, *help;
} board_counters[BOARD_COUNTERS] = {
	[COUNT_REQUESTS] = { "requests", "Requests answered." },
	[COUNT_ACCEPTED] = { "connections", "Connections accepted." },
	[COUNT_STORE_ERRORS] = { "store_errors", "Times Redis could not be asked." },
	[COUNT_USERDB_ERRORS] = { "userdb_errors", "Times the user database could not be asked." },
	[COUNT_REFUSED_OVERLOAD] = { "overloaded", "Requests refused because too many passwords were being hashed." },
	[COUNT_THROTTLED] = { "throttled", "Tries at a password refused after too many failures." },
	[COUNT_ANOMALIES] = { "anomalies", "Logins and refreshes that looked unusual (risk.alert_at)." },
	[COUNT_PASSWORDS] = { "passwords_evaluated", "Tries at a password that were evaluated." },
	[COUNT_HASH_MS] = { "hashing_milliseconds", "Time spent on hashing passwords." },
	[COUNT_CLIENT_REFUSALS] = { "client_refusals", "OAuth clients that did not prove who they are." },
	[COUNT_SLOW] = { "slow_requests", "Requests that took longer than workers.slow_after." },
	[COUNT_CACHE_HITS] = { "cache_hits", "Checks answered from the session cache." },
	[COUNT_CACHE_MISSES] = { "cache_misses", "Checks the session cache could not answer." },
	[COUNT_CACHE_FILLS] = { "cache_fills", "Answers put into the session cache." },
	[COUNT_CACHE_REFUSED] = { "cache_refused", "Answers not put into the session cache, as they raced with a change." },
	[COUNT_EVENTS_LOST] = { "events_lost", "Events dropped from outboxes that are full and read by no relay." },
	[COUNT_LOG_LOST] = { "log_lines_lost", "Lines that could not be written to the log." },
};

/* All that is counted is an array: nothing can be forgotten when numbers are added up. */
#define NUMBERS (sizeof(struct board_numbers) / sizeof(_Atomic uint64_t))
_Static_assert(sizeof(struct board_numbers) % sizeof(_Atomic uint64_t) == 0, "numbers, and nothing else");

static void
zero(struct board_numbers *n)
{
	_Atomic uint64_t *p = (_Atomic uint64_t *)n;

	for (size_t i = 0; i < NUMBERS; i++)
		atomic_store_explicit(&p[i], 0, memory_order_relaxed);
}

/* ${to} has one writer, the caller. */
static void
add(struct board_numbers *to, const struct board_numbers *n)
{
	_Atomic uint64_t *p = (_Atomic uint64_t *)to;
	const _Atomic uint64_t *q = (const _Atomic uint64_t *)n;

	for (size_t i = 0; i < NUMBERS; i++)
		atomic_store_explicit(&p[i],
		    atomic_load_explicit(&p[i], memory_order_relaxed) + atomic_load_explicit(&q[i], memory_order_relaxed),
		    memory_order_relaxed);
}

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
		if (b->roles[i].name[0] == '\0') {
			b->roles[i].queue_len = b->roles[i].queue_max = BOARD_QUEUE_UNKNOWN;
			snprintf(b->roles[i].name, sizeof(b->roles[i].name), "%s", name);
		}
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
	s->recycle = 0;
	s->stage = s->hashing = s->generation = s->role = s->route = s->breaker = s->connections = 0;
	s->started = s->busy_since = 0;
	zero(&s->numbers);
	s->leaving = false;
	s->begun = s->stage_begun = 0;
	memset(s->spent, 0, sizeof(s->spent));
	memset(s->trace, 0, sizeof(s->trace));
}

void
board_release(struct board *b, struct board_slot *s)
{
	struct board_role *r = &b->roles[s->role < BOARD_ROLES ? s->role : 0];

	atomic_fetch_add(&b->moves, 1);
	add(&r->numbers, &s->numbers);
	b->retired_requests += board_counted(&s->numbers, COUNT_REQUESTS);
	clear_slot(s);
	atomic_fetch_add(&b->moves, 1);
}

static void
add_role(const struct board *b, uint32_t role, struct board_numbers *t)
{

	zero(t);
	add(t, &b->roles[role].numbers);
	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (b->slots[i].state != BOARD_FREE && b->slots[i].role == role)
			add(t, &b->slots[i].numbers);
}

void
board_totals(const struct board *b, uint32_t role, struct board_numbers *out)
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

static const char *(*name_of_route)(uint32_t route);

void
board_name_routes(const char *(*name)(uint32_t route))
{

	name_of_route = name;
}

const char *
board_route_word(uint32_t route)
{
	const char *name = name_of_route == NULL ? NULL : name_of_route(route);

	return (name == NULL ? "none" : name);
}

const char *
board_counter_name(enum board_counter c)
{

	return (c < BOARD_COUNTERS ? board_counters[c].name : NULL);
}

const char *
board_counter_help(enum board_counter c)
{

	return (c < BOARD_COUNTERS ? board_counters[c].help : NULL);
}

uint64_t
board_bucket_end(size_t bucket)
{

	return (bucket < BOARD_BUCKETS - 1 ? (uint64_t)BOARD_BUCKET_FIRST_NS << bucket : 0);
}

/* The first class whose end is not before ${ns}: the number of bits above those of the first. */
static size_t
bucket_of(uint64_t ns)
{
	uint64_t over = ns == 0 ? 0 : (ns - 1) / BOARD_BUCKET_FIRST_NS;
	size_t bits = over == 0 ? 0 : (size_t)(64 - __builtin_clzll(over));

	return (bits < BOARD_BUCKETS ? bits : BOARD_BUCKETS - 1);
}

static void
bump(_Atomic uint64_t *n, uint64_t by)
{

	atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) + by, memory_order_relaxed);
}

static void
observe(struct board_slot *s, enum board_stage stage)
{
	int64_t ns = s->spent[stage];

	if (ns <= 0)
		return;
	bump(&s->numbers.spans[stage][bucket_of((uint64_t)ns)], 1);
	bump(&s->numbers.span_ns[stage], (uint64_t)ns);
}

/* Ends the stage in hand and begins ${stage}, at ${now}. */
static void
change_stage(struct board_slot *s, enum board_stage stage, int64_t now)
{
	uint32_t old = atomic_load_explicit(&s->stage, memory_order_relaxed);

	if (old < BOARD_STAGES && s->begun != 0)
		s->spent[old] += now - s->stage_begun;
	if (trace_active)
		trace_part(old, s->stage_begun, now);
	s->stage_begun = now;
	atomic_store_explicit(&s->stage, stage, memory_order_relaxed);
}

void
board_begin(struct board_slot *s)
{

	s->begun = s->stage_begun = clock_mono_ns();
	memset(s->spent, 0, sizeof(s->spent));
	atomic_store_explicit(&s->route, ROUTE_NONE, memory_order_relaxed);
	atomic_store_explicit(&s->stage, STAGE_READ, memory_order_relaxed);
}

void
board_busy(struct board_slot *s, uint32_t route, const char *trace)
{

	if (s->begun == 0)
		board_begin(s);
	atomic_store_explicit(&s->route, route, memory_order_relaxed);
	atomic_store_explicit(&s->busy_since, s->begun / 1000000, memory_order_relaxed);
	(void)str_copy(s->trace, sizeof(s->trace), str_of(trace));
	atomic_store_explicit(&s->state, BOARD_BUSY, memory_order_release);
}

void
board_stage(struct board_slot *s, enum board_stage stage)
{

	if (atomic_load_explicit(&s->stage, memory_order_relaxed) != stage)
		change_stage(s, stage, clock_mono_ns());
}

void
board_idle(struct board_slot *s, int status)
{
	int class = status / 100;
	uint32_t route = atomic_load_explicit(&s->route, memory_order_relaxed);
	int64_t now = clock_mono_ns();

	change_stage(s, STAGE_NONE, now);
	if (trace_active)
		trace_end(s->begun == 0 ? now : s->begun, now, status);
	s->spent[STAGE_NONE] = s->begun == 0 ? 0 : now - s->begun;
	s->begun = 0;
	for (enum board_stage i = STAGE_NONE; i < BOARD_STAGES; i++)
		observe(s, i);
	board_count(s, COUNT_REQUESTS, 1);
	if (class >= 1 && class < BOARD_CLASSES)
		bump(&s->numbers.answers[route <= ROUTE_NONE ? route : ROUTE_NONE][class], 1);
	atomic_store_explicit(&s->state, s->leaving ? BOARD_LEAVING : BOARD_READY, memory_order_release);
}

void
board_leave(struct board_slot *s)
{

	s->leaving = true;
	atomic_store_explicit(&s->state, BOARD_LEAVING, memory_order_release);
}

void
board_forget(struct board_slot *s)
{

	trace_active = false;
	s->begun = 0;
	atomic_store_explicit(&s->stage, STAGE_NONE, memory_order_relaxed);
	atomic_store_explicit(&s->state, s->leaving ? BOARD_LEAVING : BOARD_READY, memory_order_release);
}

void
board_count(struct board_slot *s, enum board_counter c, uint64_t n)
{

	bump(&s->numbers.counters[c], n);
}

uint64_t
board_counted(const struct board_numbers *n, enum board_counter c)
{

	return (atomic_load_explicit(&n->counters[c], memory_order_relaxed));
}

uint64_t
board_answered(const struct board_numbers *n, int status_class)
{
	uint64_t sum = 0;

	for (size_t r = 0; r <= ROUTE_NONE; r++)
		sum += atomic_load_explicit(&n->answers[r][status_class], memory_order_relaxed);
	return (sum);
}

/*
 * Takes a place first and counts afterwards: of two that take the last place at the same time both may give up, but never both
 * go on.
 */
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
	board_count(s, COUNT_REFUSED_OVERLOAD, 1);
	return (false);
}

void
board_hash_end(struct board_slot *s)
{

	atomic_store(&s->hashing, 0);
}

uint32_t
board_redis_faults(const struct board *b)
{
	uint32_t faults = 0;

	for (size_t i = 0; i < NODES_MAX; i++)
		faults |= atomic_load(&b->nodes[i].faults);
	return (faults);
}

bool
board_redis_broken(const struct board *b)
{

	for (size_t i = 0; i < NODES_MAX; i++)
		if (atomic_load(&b->nodes[i].broken) != 0)
			return (true);
	return (false);
}

uint64_t
board_redis_failovers(const struct board *b)
{
	uint64_t n = 0;

	for (size_t i = 0; i < NODES_MAX; i++)
		n += atomic_load(&b->nodes[i].failovers);
	return (n);
}

uint64_t
board_redis_map_changes(const struct board *b)
{

	return (atomic_load(&b->nodes[0].map_changes));
}

void
board_redis_hush(struct board *b)
{

	for (size_t i = 0; i < NODES_MAX; i++)
		atomic_store(&b->nodes[i].hushed, 1);
}

/* One byte on the channel tells the master; the board alone would have to be polled. */
void
child_ready(struct child *c)
{
	char byte = 'R';

	atomic_store(&c->slot->state, BOARD_READY);
	if (c->channel < 0)
		return;
	while (write(c->channel, &byte, 1) < 0 && errno == EINTR)
		continue;
}

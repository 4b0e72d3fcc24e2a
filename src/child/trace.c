/* SPDX-License-Identifier: ISC */
/*
 * What a request did is gathered in this process and goes to its ring when it is answered. A ring has one writer, the process
 * whose slot it belongs to, and may have two readers while one relay follows another: the head is moved behind a record that is
 * complete, the tail by whoever copied the record first. A process that is killed leaves nothing half written: what it had not
 * moved the head over does not exist, and the next one in its slot goes on there.
 */
#include <sys/mman.h>
#include <sys/random.h>

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "doorward/board.h"

#include "doorward/trace.h"

#define RING_SPANS 128 /* a power of two: what a worker does between two looks of the relay */
#define PARTS_MAX 31   /* of one request; a usual one has three */

struct ring {
	_Alignas(64) _Atomic uint64_t head;
	_Atomic uint64_t dropped;
	_Alignas(64) _Atomic uint64_t tail;
	struct span spans[RING_SPANS];
};

struct trace_rings {
	_Atomic uint64_t lost; /* by who took them */
	struct ring rings[BOARD_SLOTS];
};

bool trace_active;

static struct {
	struct ring *ring;
	uint64_t below;  /* of 2^64: so many random numbers are traced */
	bool all;        /* 2^64 itself has no room */
	uint64_t random; /* state */
	int64_t offset;  /* of the wall clock from the monotonic one, ns */
	struct span request, parts[PARTS_MAX];
	size_t n;
} me;

struct trace_rings *
trace_new(void)
{
	struct trace_rings *r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return (r == MAP_FAILED ? NULL : r);
}

void
trace_join(struct trace_rings *r, size_t slot, double fraction)
{

	if (getrandom(&me.random, sizeof(me.random), GRND_NONBLOCK) != sizeof(me.random))
		me.random = (uint64_t)clock_wall_ms() << 20 ^ (uint64_t)getpid();
	me.all = fraction >= 1;
	me.below = me.all ? 0 : (uint64_t)(fraction * 18446744073709551616.0);
	me.ring = slot < BOARD_SLOTS ? &r->rings[slot] : NULL;
}

/* splitmix64: unique, not secret. */
static uint64_t
next(void)
{
	uint64_t z = me.random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (z ^ z >> 31);
}

static void
set_id(struct span *s)
{
	uint64_t id = next();

	id += id == 0;
	memcpy(s->id, &id, sizeof(s->id));
}

static void
put_hex(const uint8_t id[SPAN_ID_LEN], char out[SPAN_ID_HEX + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < SPAN_ID_LEN; i++) {
		out[2 * i] = digits[id[i] >> 4];
		out[2 * i + 1] = digits[id[i] & 15];
	}
	out[SPAN_ID_HEX] = '\0';
}

void
trace_begin(const char *trace_id, const char *parent, enum trace_decision said, const char *method)
{

	trace_active = me.ring != NULL && said != TRACE_UNWANTED && (said == TRACE_WANTED || me.all || next() < me.below);
	if (!trace_active)
		return;
	me.n = 0;
	me.request = (struct span){ .stage = STAGE_NONE };
	(void)str_copy(me.request.trace_id, sizeof(me.request.trace_id), str_of(trace_id));
	(void)str_copy(me.request.parent, sizeof(me.request.parent), str_of(parent));
	(void)str_copy(me.request.method, sizeof(me.request.method), str_of(method));
	set_id(&me.request);
	me.offset = clock_wall_ms() * 1000000 - clock_mono_ns();
}

void
trace_route(const char *route)
{

	if (trace_active)
		(void)str_copy(me.request.route, sizeof(me.request.route), str_of(route));
}

static void
drop(void)
{

	atomic_fetch_add_explicit(&me.ring->dropped, 1, memory_order_relaxed);
}

void
trace_part(uint32_t stage, int64_t start, int64_t end)
{
	struct span *s = &me.parts[me.n];

	if (stage != STAGE_REDIS && stage != STAGE_USERDB && stage != STAGE_HASH)
		return;
	if (me.n == PARTS_MAX) {
		drop();
		return;
	}
	me.n++;
	*s = (struct span){ .stage = (uint8_t)stage, .start = start + me.offset, .end = end + me.offset };
	memcpy(s->trace_id, me.request.trace_id, sizeof(s->trace_id));
	put_hex(me.request.id, s->parent);
	set_id(s);
}

static void
put(const struct span *s)
{
	struct ring *r = me.ring;
	uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);

	if (head - atomic_load_explicit(&r->tail, memory_order_acquire) >= RING_SPANS) {
		drop();
		return;
	}
	r->spans[head % RING_SPANS] = *s;
	atomic_store_explicit(&r->head, head + 1, memory_order_release);
}

void
trace_end(int64_t start, int64_t end, int status)
{

	trace_active = false;
	me.request.start = start + me.offset;
	me.request.end = end + me.offset;
	me.request.status = (uint16_t)status;
	put(&me.request);
	for (size_t i = 0; i < me.n; i++)
		put(&me.parts[i]);
}

/* A copy counts if nobody else has taken the record meanwhile: until then the writer leaves it alone. */
static bool
take_one(struct ring *r, struct span *out)
{
	uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);

	while (tail != atomic_load_explicit(&r->head, memory_order_acquire)) {
		*out = r->spans[tail % RING_SPANS];
		if (atomic_compare_exchange_strong(&r->tail, &tail, tail + 1))
			return (true);
	}
	return (false);
}

size_t
trace_take(struct trace_rings *r, struct span *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		while (n < max && take_one(&r->rings[i], &out[n]))
			n++;
	return (n);
}

void
trace_lost(struct trace_rings *r, uint64_t n)
{

	atomic_fetch_add(&r->lost, n);
}

uint64_t
trace_dropped(const struct trace_rings *r)
{
	uint64_t n = r->lost;

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		n += r->rings[i].dropped;
	return (n);
}

#include <sys/mman.h>

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

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

void
board_busy(struct board_slot *s, uint32_t route, const char *trace)
{

	atomic_store_explicit(&s->route, route, memory_order_relaxed);
	atomic_store_explicit(&s->busy_since, clock_mono_ms(), memory_order_relaxed);
	snprintf(s->trace, sizeof(s->trace), "%s", trace);
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

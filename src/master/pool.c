/* SPDX-License-Identifier: ISC */
/*
 * The slots: which process is to run where, and what is to happen to it when.
 *
 *                  pool_add
 *     FREE ----------------------> DUE <------------------------------+
 *      ^                            |  spawn_slot                     |
 *      |                            v                                 |
 *      |                         STARTING -- late: SIGKILL --+        |
 *      |                            |  READY byte            |        |
 *      |                            v                        v        |
 *      |                          READY ------------------> exit ---->+
 *      |                            |  pool_dismiss           |  backoff
 *      |                            v                         v
 *      +---------- exit -------- LEAVING                   FAILED
 *                              late: SIGKILL               EXIT_CONFIG
 *
 * Each state but FREE has one time ${at} at which something is due: a start, or the kill of a process that is late. A slot that
 * is not leaving belongs to a generation; from pool_dismiss() on it only waits for an end, and the generation may be freed
 * before. FAILED stays until the generation goes: what refuses its configuration would refuse it again.
 *
 * A process whose replacement is starting already is not started again when it ends, so that recycling never makes two of one.
 */
#include <sys/random.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

#include "master/exit_report.h"
#include "master/spawn.h"

#include "master/pool.h"

int
pool_init(struct pool *p, struct board *board, struct listeners *sockets)
{
	int life[2];

	memset(p, 0, sizeof(*p));
	if (pipe2(life, O_CLOEXEC) != 0)
		return (-1);
	p->board = board;
	p->sockets = sockets;
	p->life_read = life[0];
	p->life_write = life[1];
	return (0);
}

void
pool_hide(struct pool *p, const int *fd)
{

	if (p->n_hidden < POOL_HIDDEN_MAX)
		p->hidden[p->n_hidden++] = fd;
}

size_t
pool_free(const struct pool *p)
{
	size_t n = 0;

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		n += p->slots[i].state == SLOT_FREE;
	return (n);
}

/* The first free slot; its number is the board's, so it fits by construction. */
struct slot *
pool_add(struct pool *p, const struct generation *g, size_t role, unsigned ordinal, int64_t now)
{
	const struct role *r = &g->plan.roles[role];

	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		struct slot *pl = &p->slots[i];

		if (pl->state != SLOT_FREE)
			continue;
		*pl = (struct slot){ .state = SLOT_DUE,
			.gen = g,
			.generation = g->number,
			.role = (uint32_t)role,
			.board_role = (uint32_t)board_role(p->board, r->name),
			.ordinal = ordinal,
			.channel = -1,
			.at = now };
		snprintf(pl->name, sizeof(pl->name), "%s/%u", r->name, ordinal);
		return (pl);
	}
	return (NULL);
}

/* The number on the board is what readiness is measured against; processes that are being replaced do not count. */
void
pool_note_wanted(struct pool *p, const struct generation *g, size_t role)
{
	int i = board_role(p->board, g->plan.roles[role].name);
	size_t n = 0;

	for (size_t k = 0; k < BOARD_SLOTS; k++)
		n += p->slots[k].gen == g && p->slots[k].role == role && p->slots[k].state != SLOT_FREE &&
		     p->slots[k].replacement == NULL;
	if (i >= 0)
		p->board->roles[i].wanted = (uint32_t)n;
}

/* All or nothing: a generation of which a part has no room would never become ready. */
int
pool_enter(struct pool *p, const struct generation *g, int64_t now)
{

	if (pool_free(p) < generation_size(g))
		return (-1);
	for (size_t r = 0; r < g->plan.n_roles; r++)
		if (board_role(p->board, g->plan.roles[r].name) < 0)
			return (-1);
	for (size_t r = 0; r < g->plan.n_roles; r++) {
		for (unsigned i = 0; i < generation_start(&g->plan.roles[r]); i++)
			(void)pool_add(p, g, r, i, now);
		pool_note_wanted(p, g, r);
	}
	return (0);
}

static void
kill_late(struct slot *pl)
{

	if (pl->state == SLOT_STARTING)
		log_error("%s (pid %d) did not become ready in time, killing it", pl->name, (int)pl->pid);
	else
		log_warn("%s (pid %d) did not finish in time, killing it", pl->name, (int)pl->pid);
	kill(pl->pid, SIGKILL);
	pl->at = NEVER;
}

/* Slots are looked at in one pass; there are a few hundred at most. */
void
pool_tick(struct pool *p, int64_t now)
{

	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		struct slot *pl = &p->slots[i];

		if (pl->state == SLOT_FREE || pl->at > now)
			continue;
		if (pl->state == SLOT_DUE)
			spawn_slot(p, pl, now);
		else if (pl->state == SLOT_STARTING || pl->state == SLOT_LEAVING)
			kill_late(pl);
	}
}

int64_t
pool_next(const struct pool *p)
{
	int64_t next = NEVER;

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (p->slots[i].state != SLOT_FREE && p->slots[i].at < next)
			next = p->slots[i].at;
	return (next);
}

size_t
pool_poll(const struct pool *p, struct pollfd fds[BOARD_SLOTS])
{
	size_t n = 0;

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (p->slots[i].state == SLOT_STARTING && p->slots[i].channel >= 0)
			fds[n++] = (struct pollfd){ .fd = p->slots[i].channel, .events = POLLIN };
	return (n);
}

static void
close_channel(struct slot *pl)
{

	if (pl->channel >= 0)
		close(pl->channel);
	pl->channel = -1;
}

/* One byte, or the end: whatever a child writes later is not looked at. */
static void
hear(struct slot *pl)
{
	char byte;
	ssize_t n = read(pl->channel, &byte, 1);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != 1) {
		close_channel(pl);
		return;
	}
	pl->state = SLOT_READY;
	pl->at = NEVER;
	log_debug("%s is ready: pid=%d", pl->name, (int)pl->pid);
}

void
pool_hear(struct pool *p)
{

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (p->slots[i].state == SLOT_STARTING && p->slots[i].channel >= 0)
			hear(&p->slots[i]);
}

/* A pid that is in no slot belongs to somebody else: the private Redis, an upgrade. */
static struct slot *
slot_of(struct pool *p, pid_t pid)
{

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (p->slots[i].pid == pid && p->slots[i].state != SLOT_FREE)
			return (&p->slots[i]);
	return (NULL);
}

bool
pool_has_replacement(const struct slot *pl)
{
	const struct slot *replacement = pl->replacement;

	return (replacement != NULL && replacement->gen == pl->gen && replacement->role == pl->role &&
		(replacement->state == SLOT_DUE || replacement->state == SLOT_STARTING || replacement->state == SLOT_READY));
}

/* When the slot is filled again. */
static void
schedule(struct pool *p, struct slot *pl, const struct death *d, const struct life *life, int64_t now)
{
	uint32_t random = 0;
	int64_t delay;

	if (d->code == EXIT_CONFIG) {
		pl->state = SLOT_FAILED;
		pl->at = NEVER;
		return;
	}
	(void)!getrandom(&random, sizeof(random), GRND_NONBLOCK);
	delay = backoff_next(&pl->backoff, life, random);
	pl->state = SLOT_DUE;
	pl->at = now + delay;
	p->board->respawns++;
	if (delay > 0)
		log_info("%s is started again in %lld ms", pl->name, (long long)delay);
}

bool
pool_reap(struct pool *p, pid_t pid, int status, int64_t now, struct death *d)
{
	struct slot *pl = slot_of(p, pid);
	struct board_slot *s;
	struct life life;

	if (pl == NULL)
		return (false);
	s = &p->board->slots[pl - p->slots];
	*d = (struct death){
		.slot = pl, .was_ready = pl->state == SLOT_READY, .code = WIFEXITED(status) ? WEXITSTATUS(status) : -1
	};
	life = (struct life){ .ready = d->was_ready,
		.ms = now - pl->born,
		.requests = board_counted(&s->numbers, COUNT_REQUESTS),
		.shortage = d->code == EXIT_RESOURCE };
	exit_report_write(pl, s, status, life.ms);
	board_release(p->board, s);
	close_channel(pl);
	pl->pid = 0;
	/* A replacement is already starting, or none is wanted. */
	if (pl->state == SLOT_LEAVING || pool_has_replacement(pl)) {
		*pl = (struct slot){ .state = SLOT_FREE };
		return (false);
	}
	p->board->roles[pl->board_role].deaths++;
	schedule(p, pl, d, &life, now);
	return (true);
}

/* A slot without a process is free at once. Otherwise QUIT, and SIGKILL at the deadline. */
void
pool_dismiss(struct slot *pl, int64_t deadline)
{

	if (pl->pid == 0) {
		*pl = (struct slot){ .state = SLOT_FREE };
		return;
	}
	pl->state = SLOT_LEAVING;
	pl->gen = NULL;
	pl->replacement = NULL;
	pl->at = deadline;
	kill(pl->pid, SIGQUIT);
}

void
pool_retire(struct pool *p, const struct generation *g, int64_t deadline)
{

	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		struct slot *pl = &p->slots[i];

		if (pl->state == SLOT_FREE || (g != NULL && pl->gen != g))
			continue;
		if (pl->state != SLOT_LEAVING)
			pool_dismiss(pl, deadline);
		else if (pl->at > deadline && pl->at != NEVER)
			pl->at = deadline; /* stopping does not wait for an old generation longer than for the present one */
	}
}

/* Retired first, so that none of them is started again. */
void
pool_kill(struct pool *p, const struct generation *g)
{

	pool_retire(p, g, NEVER);
	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		struct slot *pl = &p->slots[i];

		if (pl->pid > 0 && pl->state == SLOT_LEAVING && (g == NULL || pl->generation == g->number)) {
			kill(pl->pid, SIGKILL);
			pl->at = NEVER;
		}
	}
}

/* One whose channel is full has not looked into it for long, and tries for itself. */
static void
hand_log(const struct slot *pl, bool with_stderr)
{
	int log = log_descriptor();

	if (pl->channel < 0)
		return;
	if (with_stderr)
		(void)fd_send(pl->channel, CHANNEL_STDERR, STDERR_FILENO);
	if (log >= 0)
		(void)fd_send(pl->channel, CHANNEL_LOG, log);
}

void
pool_reopen(struct pool *p, bool with_stderr)
{

	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		if (p->slots[i].pid <= 0)
			continue;
		hand_log(&p->slots[i], with_stderr);
		kill(p->slots[i].pid, SIGUSR1);
	}
}

size_t
pool_count(const struct pool *p, const struct generation *g, int role, enum slot_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		const struct slot *pl = &p->slots[i];

		n += pl->state == state && (g == NULL || pl->gen == g) &&
		     (role < 0 || (pl->gen != NULL && pl->role == (uint32_t)role));
	}
	return (n);
}

size_t
pool_alive(const struct pool *p)
{
	size_t n = 0;

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		n += p->slots[i].pid > 0;
	return (n);
}

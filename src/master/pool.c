#include <sys/random.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#include "master/obituary.h"
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
pool_hide(struct pool *p, int fd)
{

	if (fd >= 0 && p->n_hidden < POOL_HIDDEN_MAX)
		p->hidden[p->n_hidden++] = fd;
}

static size_t
free_places(const struct pool *p)
{
	size_t n = 0;

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		n += p->places[i].state == PLACE_FREE;
	return (n);
}

static void
enter_place(struct pool *p, const struct generation *g, size_t role, unsigned ordinal, int64_t now)
{
	const struct role *r = &g->plan.roles[role];

	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		struct place *pl = &p->places[i];

		if (pl->state != PLACE_FREE)
			continue;
		*pl = (struct place){ .state = PLACE_DUE,
			.gen = g,
			.generation = g->number,
			.role = (uint32_t)role,
			.board_role = (uint32_t)board_role(p->board, r->name),
			.ordinal = ordinal,
			.ready_fd = -1,
			.at = now };
		snprintf(pl->name, sizeof(pl->name), "%s/%u", r->name, ordinal);
		return;
	}
}

/* Tells the status page how many processes ${role} of ${g} should have. */
static void
note_wanted(struct pool *p, const struct generation *g, size_t role)
{
	int i = board_role(p->board, g->plan.roles[role].name);
	size_t n = 0;

	for (size_t k = 0; k < BOARD_SLOTS; k++)
		n += p->places[k].gen == g && p->places[k].role == role && p->places[k].state != PLACE_FREE;
	if (i >= 0)
		p->board->roles[i].wanted = (uint32_t)n;
}

int
pool_enter(struct pool *p, const struct generation *g, int64_t now)
{

	if (free_places(p) < generation_size(g))
		return (-1);
	for (size_t r = 0; r < g->plan.n_roles; r++)
		if (board_role(p->board, g->plan.roles[r].name) < 0)
			return (-1);
	for (size_t r = 0; r < g->plan.n_roles; r++) {
		for (unsigned i = 0; i < g->plan.roles[r].count; i++)
			enter_place(p, g, r, i, now);
		note_wanted(p, g, r);
	}
	return (0);
}

static void
kill_late(struct place *pl)
{

	if (pl->state == PLACE_STARTING)
		log_error("%s (pid %d) did not become ready in time, killing it", pl->name, (int)pl->pid);
	else
		log_warn("%s (pid %d) did not finish in time, killing it", pl->name, (int)pl->pid);
	kill(pl->pid, SIGKILL);
	pl->at = NEVER;
}

void
pool_tick(struct pool *p, int64_t now)
{

	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		struct place *pl = &p->places[i];

		if (pl->state == PLACE_FREE || pl->at > now)
			continue;
		if (pl->state == PLACE_DUE)
			spawn_place(p, pl, now);
		else if (pl->state == PLACE_STARTING || pl->state == PLACE_LEAVING)
			kill_late(pl);
	}
}

int64_t
pool_next(const struct pool *p)
{
	int64_t next = NEVER;

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (p->places[i].state != PLACE_FREE && p->places[i].at < next)
			next = p->places[i].at;
	return (next);
}

size_t
pool_poll(const struct pool *p, struct pollfd fds[BOARD_SLOTS])
{
	size_t n = 0;

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (p->places[i].pid > 0 && p->places[i].ready_fd >= 0)
			fds[n++] = (struct pollfd){ .fd = p->places[i].ready_fd, .events = POLLIN };
	return (n);
}

static void
close_ready(struct place *pl)
{

	if (pl->ready_fd >= 0)
		close(pl->ready_fd);
	pl->ready_fd = -1;
}

/* One byte and the end: whatever else a child writes there is not looked at. */
static void
hear(struct place *pl)
{
	char byte;
	ssize_t n = read(pl->ready_fd, &byte, 1);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	close_ready(pl);
	if (n == 1 && pl->state == PLACE_STARTING) {
		pl->state = PLACE_READY;
		pl->at = NEVER;
		log_debug("%s is ready: pid=%d", pl->name, (int)pl->pid);
	}
}

void
pool_hear(struct pool *p)
{

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (p->places[i].pid > 0 && p->places[i].ready_fd >= 0)
			hear(&p->places[i]);
}

static struct place *
place_of(struct pool *p, pid_t pid)
{

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (p->places[i].pid == pid && p->places[i].state != PLACE_FREE)
			return (&p->places[i]);
	return (NULL);
}

/* When the place is filled again. */
static void
schedule(struct pool *p, struct place *pl, const struct death *d, const struct life *life, int64_t now)
{
	uint32_t random = 0;
	int64_t delay;

	if (d->code == EXIT_CONFIG) {
		pl->state = PLACE_BARRED;
		pl->at = NEVER;
		return;
	}
	(void)!getrandom(&random, sizeof(random), GRND_NONBLOCK);
	delay = backoff_next(&pl->backoff, life, random);
	pl->state = PLACE_DUE;
	pl->at = now + delay;
	p->board->respawns++;
	if (delay > 0)
		log_info("%s is started again in %lld ms", pl->name, (long long)delay);
}

bool
pool_reap(struct pool *p, pid_t pid, int status, int64_t now, struct death *d)
{
	struct place *pl = place_of(p, pid);
	struct board_slot *s;
	struct life life;

	if (pl == NULL)
		return (false);
	s = &p->board->slots[pl - p->places];
	*d = (struct death){
		.place = pl, .was_ready = pl->state == PLACE_READY, .code = WIFEXITED(status) ? WEXITSTATUS(status) : -1
	};
	life = (struct life){ .ready = d->was_ready,
		.ms = now - pl->born,
		.requests = board_counted(&s->numbers, COUNT_REQUESTS),
		.shortage = d->code == EXIT_RESOURCE };
	obituary_write(pl, s, status, life.ms);
	board_release(p->board, s);
	close_ready(pl);
	pl->pid = 0;
	if (pl->state == PLACE_LEAVING) {
		*pl = (struct place){ .state = PLACE_FREE };
		return (false);
	}
	p->board->roles[pl->board_role].deaths++;
	schedule(p, pl, d, &life, now);
	return (true);
}

/* From now on the place is only waiting for its process to end. */
static void
retire(struct place *pl, int64_t deadline)
{

	if (pl->pid == 0) {
		*pl = (struct place){ .state = PLACE_FREE };
		return;
	}
	pl->state = PLACE_LEAVING;
	pl->gen = NULL;
	pl->at = deadline;
	kill(pl->pid, SIGQUIT);
}

void
pool_retire(struct pool *p, const struct generation *g, int64_t deadline)
{

	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		struct place *pl = &p->places[i];

		if (pl->state == PLACE_FREE || (g != NULL && pl->gen != g))
			continue;
		if (pl->state != PLACE_LEAVING)
			retire(pl, deadline);
		else if (pl->at > deadline && pl->at != NEVER)
			pl->at =
			    deadline; /* stopping does not wait for an old generation longer than for the present one */
	}
}

void
pool_kill(struct pool *p, const struct generation *g)
{

	pool_retire(p, g, NEVER);
	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		struct place *pl = &p->places[i];

		if (pl->pid > 0 && pl->state == PLACE_LEAVING && (g == NULL || pl->generation == g->number)) {
			kill(pl->pid, SIGKILL);
			pl->at = NEVER;
		}
	}
}

void
pool_signal(struct pool *p, int sig)
{

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (p->places[i].pid > 0)
			kill(p->places[i].pid, sig);
}

static int
resizable_role(const struct generation *g)
{

	for (size_t r = 0; r < g->plan.n_roles; r++)
		if (g->plan.roles[r].resizable)
			return ((int)r);
	return (-1);
}

/* The place of the role with the highest ordinal; NULL if it has none. ${*n}: how many it has. */
static struct place *
last_of_role(struct pool *p, const struct generation *g, int role, size_t *n)
{
	struct place *last = NULL;

	*n = 0;
	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		struct place *pl = &p->places[i];

		if (pl->state == PLACE_FREE || pl->gen != g || pl->role != (uint32_t)role)
			continue;
		++*n;
		if (last == NULL || pl->ordinal > last->ordinal)
			last = pl;
	}
	return (last);
}

void
pool_resize(struct pool *p, const struct generation *g, int by, int64_t now, int64_t deadline)
{
	int role = resizable_role(g);
	struct place *last;
	size_t n;

	if (role < 0 || (last = last_of_role(p, g, role, &n)) == NULL)
		return;
	if (by > 0 && free_places(p) > BOARD_SLOTS / 2)
		enter_place(p, g, (size_t)role, last->ordinal + 1, now);
	else if (by < 0 && n > 1)
		retire(last, deadline);
	else
		log_warn("%s keeps its %zu processes: that is the limit", g->plan.roles[role].name, n);
	note_wanted(p, g, (size_t)role);
	log_info("%s is to have %u processes", g->plan.roles[role].name,
	    p->board->roles[board_role(p->board, g->plan.roles[role].name)].wanted);
}

size_t
pool_count(const struct pool *p, const struct generation *g, int role, enum place_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		const struct place *pl = &p->places[i];

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
		n += p->places[i].pid > 0;
	return (n);
}

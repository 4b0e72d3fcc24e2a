/* SPDX-License-Identifier: ISC */
/*
 * From a slot that is due to a running child. The parent makes the channel, assigns the board's slot and forks; the child
 * closes what is not its own, lowers its priority, gives up privileges, and runs its role. If there is no process to be had the
 * slot is due again later, with a growing delay.
 */
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "child/outcome.h"

#include "master/privs.h"
#include "master/signals.h"

#include "master/spawn.h"

static const struct role *
role_of(const struct slot *pl)
{

	return (&pl->gen->plan.roles[pl->role]);
}

static bool
is_own_socket(const struct slot *pl, const struct listener *l)
{

	for (size_t i = 0; i < role_of(pl)->n_listen; i++)
		if (pl->gen->sockets[pl->role][i] == l)
			return (true);
	return (false);
}

/*
 * Nothing of the master's or of the siblings' stays open: a socket held here would look alive after its owner closed
 * it.
 */
static void
close_others(const struct pool *p, const struct slot *pl)
{

	close(p->life_write);
	for (size_t i = 0; i < p->n_hidden; i++)
		if (*p->hidden[i] >= 0 && p->hidden[i] != role_of(pl)->helper)
			close(*p->hidden[i]);
	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (p->slots[i].pid > 0 && p->slots[i].channel >= 0)
			close(p->slots[i].channel);
	for (size_t i = 0; i < LISTENERS_MAX; i++)
		if (p->sockets->all[i].kind != 0 && !is_own_socket(pl, &p->sockets->all[i]))
			close(p->sockets->all[i].fd);
}

static void
describe(const struct pool *p, const struct slot *pl, int channel, struct child *c)
{
	const struct role *role = role_of(pl);

	*c = (struct child){ .role = role->name,
		.n_listen = role->n_listen,
		.master_fd = p->life_read,
		.channel = channel,
		.helper = role->helper != NULL ? *role->helper : -1,
		.board = p->board,
		.slot = &p->board->slots[pl - p->slots] };
	for (size_t i = 0; i < role->n_listen; i++)
		c->listen_fds[i] = pl->gen->sockets[pl->role][i]->fd;
	c->slot->pid = (int32_t)getpid();
	log_count_lost(&c->slot->numbers.counters[COUNT_LOG_LOST]);
}

/* Signals first: until then the child has the master's handlers. It leaves quietly if the master is gone already. */
static _Noreturn void
be_child(struct pool *p, struct slot *pl, int channel, pid_t master)
{
	const struct role *role = role_of(pl);
	struct child c;

	signals_child();
	log_name(pl->name);
	close_others(p, pl);
	describe(p, pl, channel, &c);
	if (role->nice != 0 && setpriority(PRIO_PROCESS, 0, role->nice) != 0)
		log_warn("cannot lower the priority: %s", strerror(errno));
	if ((role->keeps_rights ? privs_keep() : privs_drop(&pl->gen->privs)) != 0)
		exit(outcome_code(errno));
	if (privs_follow_parent(master, SIGQUIT) != 0)
		exit(EXIT_RETIRED);
	exit(role->run(&c, pl->gen->conf));
}

/* Logged at the first failure, and then each time their number has doubled. */
static void
put_off(struct slot *pl, int64_t now, const char *what)
{
	uint32_t random = 0;
	int why = errno;
	int64_t delay;
	unsigned n;

	(void)!getrandom(&random, sizeof(random), GRND_NONBLOCK);
	delay = backoff_no_process(&pl->backoff, random);
	pl->at = now + delay;
	n = pl->backoff.shortages;
	if ((n & (n - 1)) == 0)
		log_error(
		    "cannot start %s: %s: %s; tries=%u, next in %lld ms", pl->name, what, strerror(why), n, (long long)delay);
}

void
spawn_slot(struct pool *p, struct slot *pl, int64_t now)
{
	pid_t master = getpid(), pid;
	int ready[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ready) != 0) {
		put_off(pl, now, "socketpair");
		return;
	}
	(void)fd_nonblocking(ready[0]);
	board_assign(p->board, (size_t)(pl - p->slots), pl->board_role, pl->generation);
	fflush(NULL); /* what is in our buffers is not the child's to write too */
	if ((pid = fork()) < 0) {
		put_off(pl, now, "fork");
		board_release(p->board, &p->board->slots[pl - p->slots]);
		close(ready[0]);
		close(ready[1]);
		return;
	}
	if (pid == 0) {
		close(ready[0]);
		be_child(p, pl, ready[1], master);
	}
	close(ready[1]);
	p->board->slots[pl - p->slots].pid = (int32_t)pid;
	pl->pid = pid;
	pl->channel = ready[0];
	pl->state = SLOT_STARTING;
	pl->born = now;
	pl->at = now + pl->gen->conf->start_timeout;
	pl->seen = (struct watch_seen){ 0 };
}

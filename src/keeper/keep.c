/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <poll.h>

#include "base/log.h"
#include "store/keeper.h"
#include "child/outcome.h"
#include "child/reopen.h"
#include "child/sandbox.h"
#include "child/signals.h"

#include "keeper/keep.h"

/* Waits for word from Redis or the master, at the most until the next proof is due. Returns whether Redis has something. */
static bool
wait_for_word(struct child *c, const struct keeper *k, const sigset_t *open, bool *leave)
{
	const struct timespec due = { 0, KEEPER_PING_MS * 1000000L / 2 };
	struct pollfd fds[2] = { { .fd = keeper_fd(k), .events = POLLIN }, { .fd = c->master_fd, .events = POLLIN } };

	if (ppoll(fds, 2, &due, open) < 0 && errno != EINTR)
		*leave = true;
	else if (signals_leave() || fds[1].revents != 0)
		*leave = true;
	return (fds[0].revents != 0);
}

int
keep_run(struct child *c, const struct config *conf)
{
	bool leave = false;
	char why[256];
	struct keeper *k;
	sigset_t open;

	signals_install(&open);
	errno = 0;
	if ((k = keeper_new(conf, c->cache, &c->board->nodes[0], why, sizeof(why))) == NULL) {
		int failure = errno;

		log_error("%s", why);
		return (outcome_code(failure));
	}
	sandbox_enter(conf->seccomp);
	keeper_turn(k, false);
	child_ready(c); /* without Redis the cache is off, which is no reason not to run */
	while (!leave) {
		bool readable = wait_for_word(c, k, &open, &leave);

		reopen_log(c);
		keeper_turn(k, readable);
	}
	keeper_free(k);
	return (EXIT_RETIRED);
}

/* SPDX-License-Identifier: ISC */
/*
 * The cache keeper as a child: store/keeper.c does the work, this gives it the time. A turn is due whenever Redis has something
 * to say, and every half of a ping's period, so that a proof is asked for in time. Without Redis the cache is off, which is no
 * reason not to run.
 */
#include <errno.h>

#include "base/log.h"
#include "child/outcome.h"
#include "child/sandbox.h"
#include "child/wait.h"
#include "store/keeper.h"

#include "keeper/keep.h"

static int
keep(struct child *c, struct keeper *k)
{
	struct pollfd fds[2];
	enum child_word word;

	do {
		fds[1] = (struct pollfd){ .fd = keeper_fd(k), .events = POLLIN };
		word = child_poll(c, fds, 2, KEEPER_PING_MS / 2);
		keeper_turn(k, fds[1].revents != 0);
	} while (word == CHILD_GO_ON);
	return (word == CHILD_LEAVE ? EXIT_RETIRED : EXIT_RUNTIME);
}

int
keep_run(struct child *c, const struct config *conf)
{
	char why[256];
	struct keeper *k;
	int rc;

	child_signals();
	errno = 0;
	if ((k = keeper_new(conf, c->cache, &c->board->nodes[0], why, sizeof(why))) == NULL) {
		rc = outcome_code(errno);
		log_error("%s", why);
		return (rc);
	}
	sandbox_enter(conf->seccomp);
	keeper_turn(k, false);
	child_ready(c);
	rc = keep(c, k);
	keeper_free(k);
	return (rc);
}

/* SPDX-License-Identifier: ISC */
/*
 * "watch": prints events as Redis publishes them, one a line, until it is interrupted. Events that happen while the connection
 * is lost are missing, and it says so.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/print.h"
#include "store/redis.h"

#include "ctl/commands.h"

#define RETRY 1 /* seconds between attempts after Redis was lost */

static volatile sig_atomic_t interrupted;

struct watch {
	bool subscribed; /* since the last loss */
	bool ever;       /* subscribed at all */
};

static void
on_signal(int sig)
{

	interrupted = sig;
}

static void
print_event(struct str json)
{

	print_shown(stdout, json);
	putchar('\n');
}

/* Prints one event, or nothing at a tick. Flushed at once, since the reader may be a pipe. */
static bool
on_event(void *arg, const char *json, size_t n)
{
	struct watch *w = arg;

	if (json != NULL)
		print_event((struct str){ json, n });
	else if (!w->subscribed)
		fputs("waiting for events\n", stderr);
	if (json == NULL)
		w->subscribed = w->ever = true;
	return (fflush(stdout) == 0 && !interrupted);
}

/* A first connection that fails is an error; a later loss is waited out. */
int
watch_command(struct ctl *c, const struct options *o)
{
	struct sigaction handler = { .sa_handler = on_signal };
	struct watch w = { .subscribed = false };

	(void)o;
	if (ctl_store(c) != 0)
		return (CTL_FAILED);
	sigaction(SIGINT, &handler, NULL);
	sigaction(SIGTERM, &handler, NULL);
	while (redis_store_watch(c->store, on_event, &w) != DW_OK && !interrupted) {
		if (!w.ever) {
			ctl_say("Redis could not be asked");
			return (CTL_FAILED);
		}
		if (w.subscribed)
			ctl_say("Redis was lost: events may be missing here; trying again");
		w.subscribed = false;
		(void)sleep(RETRY);
	}
	return (CTL_DONE);
}

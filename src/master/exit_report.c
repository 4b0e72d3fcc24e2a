/* SPDX-License-Identifier: ISC */
/*
 * The line that the log has about a process that ended: how, after how long and how many requests, and which request it was in.
 * An orderly end is only worth a debug line. The trace id is read from the board, which the process may have left half written;
 * only hexadecimal digits are taken from there.
 */
#include <sys/wait.h>

#include <stdio.h>
#include <string.h>

#include "base/log.h"

#include "master/exit_report.h"

static const char *
meaning(int code)
{

	switch (code) {
	case EXIT_RETIRED:
		return ("left of its own accord");
	case EXIT_RUNTIME:
		return ("failed at run time");
	case EXIT_CONFIG:
		return ("refused its configuration or permissions");
	case EXIT_RESOURCE:
		return ("lacked a resource");
	default:
		return ("left for an unknown reason");
	}
}

void
exit_report_words(int status, char *out, size_t cap)
{

	if (WIFSIGNALED(status))
		snprintf(out, cap, "was killed by SIG%s%s",
		    sigabbrev_np(WTERMSIG(status)) == NULL ? "?" : sigabbrev_np(WTERMSIG(status)),
		    WCOREDUMP(status) ? " (core dumped)" : "");
	else if (WEXITSTATUS(status) <= EXIT_CONFIG || WEXITSTATUS(status) == EXIT_RESOURCE)
		snprintf(out, cap, "%s", meaning(WEXITSTATUS(status)));
	else
		snprintf(out, cap, "%s, code %d", meaning(WEXITSTATUS(status)), WEXITSTATUS(status));
}

/* Orderly ends are debug lines; what a process was doing when it died is the line an operator looks for. */
void
exit_report_write(const struct slot *pl, const struct board_slot *s, int status, int64_t lived)
{
	char words[128], busy[96] = "";
	bool clean = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_RETIRED;

	if (clean && (pl->state == SLOT_LEAVING || pl->state == SLOT_READY)) {
		log_debug("%s left: pid=%d age_ms=%lld requests=%llu", pl->name, (int)pl->pid, (long long)lived,
		    (unsigned long long)board_counted(&s->numbers, COUNT_REQUESTS));
		return;
	}
	exit_report_words(status, words, sizeof(words));
	if (s->state == BOARD_BUSY) {
		char trace[sizeof(s->trace)];

		board_trace(s, trace);
		snprintf(busy, sizeof(busy), " route=%s trace=%s", board_route_word(s->route), trace);
	}
	log_warn("%s %s%s%s: pid=%d age_ms=%lld requests=%llu%s", pl->name, words,
	    pl->state == SLOT_STARTING ? " before it was ready" : "",
	    WIFEXITED(status) && WEXITSTATUS(status) == EXIT_CONFIG ? ", and is not started again before a reload" : "",
	    (int)pl->pid, (long long)lived, (unsigned long long)board_counted(&s->numbers, COUNT_REQUESTS), busy);
}

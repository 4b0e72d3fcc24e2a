/* SPDX-License-Identifier: ISC */
/*
 * How long a session is accepted after its logout was confirmed. For each value: checks it on ${HERE} and ${THERE}
 * until both accept it, logs it out on ${HERE}, and from the moment the 200 has come goes on checking until it is
 * refused: every other time first where it was logged out, else first on the other host, so that neither has the time
 * of the other's check to make good. Prints, as JSON, how many were still accepted here (there must be none) and for
 * how long there: the time from the 200 to the start of the last accepted check.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "hist.h"
#include "link.h"
#include "reply.h"

#define SECOND UINT64_C(1000000000)
#define PATIENCE (5 * SECOND) /* until a session that is still accepted is given up */
#define WARM 3                /* checks before the logout: the first fills the cache, the others are answered by it */

static struct values values;
static struct ask check, logout;

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec);
}

/* Sends ${a} with value ${i} over a kept connection and returns the status of its answer. */
static int
status_of(int fd, struct ask *a, size_t i)
{
	static struct reply r;
	static char in[65536];
	enum reply_verdict v = REPLY_MORE;

	ask_fill(a, &values, i);
	reply_begin(&r);
	if (send(fd, a->bytes, a->len, MSG_NOSIGNAL) != (ssize_t)a->len)
		err(1, "send");
	while (v == REPLY_MORE) {
		ssize_t n = recv(fd, in, sizeof(in), 0);

		if (n <= 0)
			errx(1, "the connection was closed before the answer");
		v = reply_fcgi(&r, in, (size_t)n);
	}
	if (v == REPLY_BAD)
		errx(1, "an answer that is none");
	return (r.status);
}

static void
warm(int fd, size_t i)
{

	for (unsigned n = 0; n < WARM; n++)
		if (status_of(fd, &check, i) != 200)
			errx(1, "a session is not accepted before its logout");
}

/* Returns for how long after ${since} the session was accepted. */
static uint64_t
wait_for_refusal(int fd, size_t i, uint64_t since)
{
	uint64_t last = since;

	for (;;) {
		uint64_t start = now_ns();
		int status = status_of(fd, &check, i);

		if (status == 401)
			return (last - since);
		if (status != 200)
			errx(1, "status %d for a check", status);
		if (start - since > PATIENCE)
			errx(1, "a session is accepted %d s after its logout", (int)(PATIENCE / SECOND));
		last = start;
	}
}

int
main(int argc, char **argv)
{
	static struct hist hist;
	struct link here, there;
	unsigned accepted_here = 0;
	int a, b, asker;

	if (argc != 6)
		errx(2, "usage: evict HERE THERE VALUES CHECK LOGOUT");
	link_to(argv[1], &here);
	link_to(argv[2], &there);
	values_read(argv[3], &values);
	ask_fcgi(argv[4], 1, true, &values, &check);
	ask_fcgi(argv[5], 1, true, &values, &logout);
	/* Two connections here: with several workers the one that checks is not always the one that logged out. */
	if ((a = link_open(&here)) < 0 || (asker = link_open(&here)) < 0 || (b = link_open(&there)) < 0)
		err(1, "connect");
	for (size_t i = 0; i < values.n; i++) {
		uint64_t since;

		warm(asker, i);
		warm(b, i);
		if (status_of(a, &logout, i) != 200)
			errx(1, "a logout was refused");
		since = now_ns();
		if (i % 2 == 0)
			hist_add(&hist, wait_for_refusal(b, i, since));
		accepted_here += status_of(asker, &check, i) != 401;
		if (i % 2 != 0)
			wait_for_refusal(b, i, since);
	}
	printf("{\"logouts\":%zu,\"accepted_here\":%u,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}\n", values.n,
	    accepted_here, (double)hist_percentile(&hist, 0.5) / 1e6, (double)hist_percentile(&hist, 0.99) / 1e6,
	    (double)hist.max / 1e6);
	return (0);
}

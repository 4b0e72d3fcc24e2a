/* SPDX-License-Identifier: ISC */
/*
 * Asks a server as often as it can (closed loop) or at a fixed rate (open loop), over FastCGI or HTTP, and prints
 * what came of it as one JSON object. In the open loop a request's time begins when it was due, not when a connection
 * was free for it: a server that stalls is charged for all that waited (no coordinated omission). One thread: its own
 * CPU time is in the report, so that a run it limited can be told.
 */
#include <sys/prctl.h>
#include <sys/resource.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
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
#define CONNECTIONS_MAX 512
#define GRACE (2 * SECOND) /* for answers still owed at the end; then they have failed */
#define STATUS_MAX 600
#define USAGE                                                                                                                  \
	"usage: load [-h] [-a] [-k] [-1 | -r] [-c CONNECTIONS] [-R RATE] [-d SECONDS] [-v VALUES]"                             \
	" WHERE TEMPLATE\n"                                                                                                    \
	"  WHERE a unix socket's path or a port   -R requests a second, the open loop   -v a file of values\n"                 \
	"  -h HTTP, not FastCGI   -a Authorizer   -k keep connections   -1 each value once   -r values at random\n"

enum order { ORDER_CYCLE, ORDER_ONCE, ORDER_RANDOM };

struct plan {
	struct link server;
	bool http, keep;
	enum order order;
	unsigned connections;
	uint64_t interval; /* ns between requests; 0 = closed loop */
	uint64_t span;     /* ns */
	struct ask ask;
	struct values values;
};

struct line {
	bool asked;     /* an answer is owed */
	uint64_t since; /* when its request was due */
	struct reply reply;
};

static struct {
	struct hist hist;
	uint64_t status[STATUS_MAX];
	uint64_t failed, sent, done, reopened;
} tally;

static struct line lines[CONNECTIONS_MAX];
static struct pollfd polls[CONNECTIONS_MAX];

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec);
}

static uint64_t
next_random(void)
{
	static uint64_t x = UINT64_C(0x9e3779b97f4a7c15);

	x ^= x << 13;
	x ^= x >> 7;
	return (x ^= x << 17);
}

/* False when all values have been used that may be used once. */
static bool
fill_next(struct plan *p)
{

	if (p->values.n == 0)
		return (true);
	if (p->order == ORDER_ONCE && tally.sent >= p->values.n)
		return (false);
	ask_fill(&p->ask, &p->values, (p->order == ORDER_RANDOM ? next_random() : tally.sent) % p->values.n);
	return (true);
}

static void
hang_up(unsigned i)
{

	if (polls[i].fd >= 0)
		close(polls[i].fd);
	polls[i].fd = -1;
	lines[i].asked = false;
}

static void
fail(unsigned i, const char *why)
{

	if (tally.failed++ == 0)
		warnx("the first failure: %s", why);
	hang_up(i);
}

static bool
send_request(struct plan *p, unsigned i)
{

	if (polls[i].fd < 0) {
		polls[i].fd = link_open(&p->server);
		tally.reopened++;
	}
	return (polls[i].fd >= 0 &&
		send(polls[i].fd, p->ask.bytes, p->ask.len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)p->ask.len);
}

/* A kept connection that the server has closed in the meantime is no failure: it is opened again, once. */
static void
ask(struct plan *p, unsigned i, uint64_t due)
{
	bool old = polls[i].fd >= 0;

	tally.sent++;
	reply_begin(&lines[i].reply);
	lines[i].since = due;
	lines[i].asked = true;
	if (send_request(p, i))
		return;
	if (old) {
		close(polls[i].fd);
		polls[i].fd = -1;
		if (send_request(p, i))
			return;
	}
	fail(i, strerror(errno));
}

static void
finish(struct plan *p, unsigned i, uint64_t now)
{
	struct reply *r = &lines[i].reply;

	tally.done++;
	tally.status[r->status > 0 && r->status < STATUS_MAX ? r->status : 0]++;
	hist_add(&tally.hist, now - lines[i].since);
	lines[i].asked = false;
	if (!p->keep || r->close)
		hang_up(i);
}

static void
take_answer(struct plan *p, unsigned i)
{
	static char in[65536];
	ssize_t n = recv(polls[i].fd, in, sizeof(in), MSG_DONTWAIT);
	enum reply_verdict v;

	if (n < 0 && errno == EAGAIN)
		return;
	if (!lines[i].asked) { /* closed between requests, or talking unasked */
		if (n > 0)
			tally.failed++;
		hang_up(i);
		return;
	}
	if (n <= 0) {
		fail(i, n == 0 ? "closed before the answer" : strerror(errno));
		return;
	}
	v = p->http ? reply_http(&lines[i].reply, in, (size_t)n) : reply_fcgi(&lines[i].reply, in, (size_t)n);
	if (v == REPLY_BAD)
		fail(i, "an answer that is none");
	else if (v == REPLY_DONE)
		finish(p, i, now_ns());
}

/*
 * Sends what is due on the lines that are free; returns the time the next one is due, or 0 when there will be none.
 */
static uint64_t
send_due(struct plan *p, uint64_t start, uint64_t now)
{
	uint64_t due = start + tally.sent * p->interval;

	for (unsigned i = 0; i < p->connections; i++) {
		if (now >= start + p->span)
			return (0);
		if (lines[i].asked)
			continue;
		if (p->interval > 0 && due > now)
			return (due);
		if (!fill_next(p))
			return (0);
		ask(p, i, p->interval > 0 ? due : now);
		due += p->interval;
	}
	return (UINT64_MAX);
}

static unsigned
owed(const struct plan *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->connections; i++)
		n += lines[i].asked;
	return (n);
}

static void
wait_until(struct plan *p, uint64_t when, uint64_t now)
{
	uint64_t span = when > now ? when - now : 0;
	struct timespec ts = { (time_t)(span / SECOND), (long)(span % SECOND) };
	int n = ppoll(polls, p->connections, &ts, NULL);

	for (unsigned i = 0; i < p->connections && n > 0; i++) {
		if (polls[i].fd < 0 || polls[i].revents == 0)
			continue;
		n--;
		take_answer(p, i);
	}
}

/* Returns how long it took until the last answer that counts. */
static uint64_t
run(struct plan *p)
{
	uint64_t start = now_ns(), now = start, next, end = start + p->span;

	while ((next = send_due(p, start, now)) != 0) {
		wait_until(p, next < end ? next : end, now);
		now = now_ns();
	}
	end = now;
	while (owed(p) > 0 && now < end + GRACE) {
		wait_until(p, end + GRACE, now);
		now = now_ns();
	}
	tally.failed += owed(p);
	return (now - start);
}

static double
own_cpu(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return ((double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
}

static void
report(uint64_t span)
{
	const double at[] = { 0.5, 0.9, 0.99, 0.999 };
	const char *names[] = { "p50", "p90", "p99", "p999" };
	const char *comma = "";

	printf("{\"requests\":%ju,\"failed\":%ju,\"reopened\":%ju", (uintmax_t)tally.done, (uintmax_t)tally.failed,
	    (uintmax_t)tally.reopened);
	printf(",\"seconds\":%.6f,\"rate\":%.1f,\"own_cpu\":%.6f,\"statuses\":{", (double)span / 1e9,
	    (double)tally.done * 1e9 / (double)span, own_cpu());
	for (unsigned s = 0; s < STATUS_MAX; s++) {
		if (tally.status[s] == 0)
			continue;
		printf("%s\"%u\":%ju", comma, s, (uintmax_t)tally.status[s]);
		comma = ",";
	}
	printf("},\"latency_us\":{\"mean\":%.1f,\"max\":%.1f",
	    tally.hist.n == 0 ? 0.0 : (double)tally.hist.sum / 1e3 / (double)tally.hist.n, (double)tally.hist.max / 1e3);
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		printf(",\"%s\":%.1f", names[i], (double)hist_percentile(&tally.hist, at[i]) / 1e3);
	printf("}}\n");
}

static void
read_options(struct plan *p, int argc, char **argv)
{
	bool authorizer = false;
	int flag;

	while ((flag = getopt(argc, argv, "hak1rc:R:d:v:")) != -1)
		switch (flag) {
		case 'h':
			p->http = true;
			break;
		case 'a':
			authorizer = true;
			break;
		case 'k':
			p->keep = true;
			break;
		case '1':
			p->order = ORDER_ONCE;
			break;
		case 'r':
			p->order = ORDER_RANDOM;
			break;
		case 'c':
			p->connections = (unsigned)atoi(optarg);
			break;
		case 'R':
			p->interval = (uint64_t)(1e9 / atof(optarg));
			break;
		case 'd':
			p->span = (uint64_t)(atof(optarg) * 1e9);
			break;
		case 'v':
			values_read(optarg, &p->values);
			break;
		default:
			errx(2, "%s", USAGE);
		}
	if (argc - optind != 2 || p->connections < 1 || p->connections > CONNECTIONS_MAX)
		errx(2, "%s", USAGE);
	link_to(argv[optind], &p->server);
	if (p->http)
		ask_http(argv[optind + 1], p->values.n > 0 ? &p->values : NULL, &p->ask);
	else
		ask_fcgi(argv[optind + 1], authorizer ? 2 : 1, p->keep, p->values.n > 0 ? &p->values : NULL, &p->ask);
}

int
main(int argc, char **argv)
{
	static struct plan p = { .connections = 1, .span = SECOND };

	read_options(&p, argc, argv);
	prctl(PR_SET_TIMERSLACK, 1UL);
	for (unsigned i = 0; i < p.connections; i++)
		polls[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	report(run(&p));
	return (0);
}

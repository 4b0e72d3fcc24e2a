/* SPDX-License-Identifier: ISC */
/*
 * The operators' listener as a process: a child like a worker, with the same services, but HTTP instead of FastCGI. One wait
 * for everything: the HTTP connections, the looks at the workers' sockets (probe.c), the end of the master. Nothing here is in
 * the way of a request.
 *
 * Told to leave, it stops accepting, gives answers that are on their way half a second, and goes.
 */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include "admin/http.h"
#include "admin/probe.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "child/outcome.h"
#include "child/sandbox.h"
#include "child/services.h"
#include "child/wait.h"

#include "admin/admin.h"

#define DRAIN_MS 500 /* for answers on their way when told to leave; kept connections are closed then */
#define WAIT_MS 60000

struct admin {
	struct app app;
	struct child *child;
	char token[ADMIN_TOKEN_MAX];
	struct http *http[CHILD_LISTEN_MAX];
	size_t n;
};

/*
 * Reads the token of the loopback address. False: there should be one, and it cannot be used. errno 0 says that the content is
 * wrong: a restart would not help, which the exit code then says.
 */
static bool
read_token(struct admin *a, const char *file)
{
	ssize_t n;

	if (file[0] == '\0')
		return (true);
	if ((n = fd_read_secret(file, a->token, sizeof(a->token))) < 0) {
		int why = errno;

		log_error("cannot read admin.token_file %s: %s", file, strerror(why));
		errno = why;
		return (false);
	}
	while (n > 0 && (a->token[n - 1] == '\n' || a->token[n - 1] == '\r'))
		a->token[--n] = '\0';
	if (n >= ADMIN_TOKEN_MIN && strlen(a->token) == (size_t)n)
		return (true);
	log_error("admin.token_file %s must hold one line of at least %d characters", file, ADMIN_TOKEN_MIN);
	errno = 0;
	return (false);
}

static bool
is_unix(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	return (getsockname(fd, (struct sockaddr *)&ss, &len) == 0 && ss.ss_family == AF_UNIX);
}

static bool
open_all(struct admin *a)
{

	for (size_t i = 0; i < a->child->n_listen; i++) {
		int fd = a->child->listen_fds[i];

		if ((a->http[a->n] = http_open(fd, is_unix(fd), &a->app, a->token[0] == '\0' ? NULL : a->token)) == NULL)
			return (false);
		a->n++;
	}
	return (true);
}

static void
close_all(struct admin *a)
{

	for (size_t i = 0; i < a->n; i++)
		http_close(a->http[i]);
	a->n = 0;
}

/* How long to wait when nothing comes: until a look at our own sockets is due. */
static int
until_probe(struct admin *a)
{
	int64_t now = clock_mono_ms(), ms;

	probe_tick(a->child->board, now);
	ms = probe_next() - now;
	return (ms < 0 ? 0 : ms < WAIT_MS ? (int)ms : WAIT_MS);
}

/* The same, and until a look at the accounts is due. */
static int
until_look(struct admin *a)
{
	int probe = until_probe(a), look = services_look(&a->app, clock_mono_ms());

	return (look >= 0 && look < probe ? look : probe);
}

/* Waits for work, at most ${ms}, and does it. */
static enum child_word
turn(struct admin *a, int ms)
{
	struct pollfd fds[1 + CHILD_LISTEN_MAX + PROBES_MAX];
	enum child_word word;
	size_t n;

	for (size_t i = 0; i < a->n; i++) {
		int t = http_timeout(a->http[i]);

		fds[i + 1] = (struct pollfd){ .fd = http_fd(a->http[i]), .events = POLLIN };
		if (t >= 0 && t < ms)
			ms = t;
	}
	n = probe_poll(fds + a->n + 1);
	if ((word = child_poll(a->child, fds, a->n + 1 + n, ms)) == CHILD_FAILED)
		return (word);
	probe_hear(fds + a->n + 1, n, clock_mono_ms());
	for (size_t i = 0; i < a->n; i++)
		http_run(a->http[i]);
	return (word);
}

static void
drain(struct admin *a)
{
	int64_t until = clock_mono_ms() + DRAIN_MS, now;
	bool idle = false;

	board_leave(a->child->slot);
	a->child->master_fd = -1; /* its end is no news any more, and would keep the wait from waiting */
	while (!idle && (now = clock_mono_ms()) < until) {
		idle = true;
		for (size_t i = 0; i < a->n; i++)
			idle = http_drain(a->http[i]) && idle;
		if (!idle && turn(a, (int)(until - now)) == CHILD_FAILED)
			return;
	}
}

/* Returns an exit code. */
static int
serve_until_told(struct admin *a)
{
	enum child_word word;

	do
		word = turn(a, until_look(a));
	while (word == CHILD_GO_ON);
	if (word == CHILD_FAILED)
		return (EXIT_RUNTIME);
	drain(a);
	return (EXIT_RETIRED);
}

int
admin_run(struct child *c, const struct config *conf)
{
	static struct admin a; /* too large for the stack, and there is one */
	int rc;

	a = (struct admin){ .child = c };
	child_signals();
	errno = 0;
	if (!read_token(&a, conf->admin_token_file))
		return (outcome_code(errno));
	if ((rc = services_open(&a.app, conf, c)) != 0)
		return (rc);
	rc = EXIT_RUNTIME;
	if (open_all(&a)) {
		sandbox_enter(conf->seccomp);
		child_ready(c);
		rc = serve_until_told(&a);
	}
	close_all(&a);
	probe_close();
	services_close(&a.app);
	explicit_bzero(a.token, sizeof(a.token));
	return (rc);
}

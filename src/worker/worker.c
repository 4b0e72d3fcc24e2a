/* SPDX-License-Identifier: ISC */
/*
 * A worker from its start to its end, as a child of a master, alone on a socket, or for the one request of a plain CGI program.
 * In all three the order is: signals, descriptors, services, then the sandbox, which would refuse what those need, and only
 * then a request.
 */
#include <sys/resource.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "child/sandbox.h"
#include "child/services.h"
#include "child/wait.h"
#include "web/serve.h"
#include "worker/fcgi.h"
#include "worker/loop.h"

#include "worker/worker.h"

/* Bytes of a refused body that are read nevertheless: what is larger the server may take as it likes. */
#define DRAIN_MAX (1u << 20)

/* As many descriptors as the system lets us have: connections cost one each. */
static void
raise_descriptors(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == 0 && rl.rlim_cur < rl.rlim_max) {
		rl.rlim_cur = rl.rlim_max;
		setrlimit(RLIMIT_NOFILE, &rl);
	}
}

int
worker_run(struct child *c, const struct config *conf)
{
	struct loop_options o = { .single = strcmp(c->role, "login") == 0, .deadline = conf->receive_deadline };
	struct app app;
	int rc;

	if (fcgi_init() != 0) {
		log_error("no memory file for requests: %s", strerror(errno));
		return (EXIT_RESOURCE);
	}
	child_signals();
	raise_descriptors();
	if ((rc = services_open(&app, conf, c)) != 0)
		return (rc);
	sandbox_enter(conf->seccomp);
	o.recycle = recycle_limits(conf, (size_t)(c->slot - c->board->slots));
	rc = loop_run(&app, c, &o);
	services_close(&app);
	return (rc);
}

static ssize_t
read_stdin(void *ctx, char *p, size_t n)
{
	uint64_t *left = ctx;
	ssize_t got;

	if (*left == 0)
		return (0); /* a CGI server need not close our input: CONTENT_LENGTH alone says where it ends (RFC 3875 4.2) */
	if (n > *left)
		n = (size_t)*left;
	do
		got = read(STDIN_FILENO, p, n);
	while (got < 0 && errno == EINTR);
	if (got > 0)
		*left -= (uint64_t)got;
	return (got);
}

/* A server that still has something to send us takes our end for a failure: Apache then breaks off the answer. */
static void
drain_stdin(uint64_t *left)
{
	char rest[4096];

	if (*left > DRAIN_MAX)
		*left = DRAIN_MAX;
	while (read_stdin(left, rest, sizeof(rest)) > 0)
		continue;
	explicit_bzero(rest, sizeof(rest));
}

extern char **environ;

int
worker_run_cgi(const struct config *conf)
{
	const char *length = getenv("CONTENT_LENGTH");
	uint64_t left = 0;
	struct exchange x = { .envp = environ, .read = read_stdin, .ctx = &left };
	struct board *board = board_new();
	struct child c = { .role = "cgi", .master_fd = -1, .channel = -1, .board = board, .helper = -1 };
	struct app app;
	int rc;

	if (board == NULL)
		return (EXIT_RESOURCE);
	c.slot = &board->slots[0];
	board->max_hashing = 1;
	board_redis_hush(board);
	child_signals();
	if (length != NULL && length[0] != '\0' && !str_to_u64(str_of(length), UINT64_MAX, &left))
		left = 0; /* the request is refused as malformed when it is parsed */
	if ((rc = services_open(&app, conf, &c)) != 0)
		return (rc);
	sandbox_enter(conf->seccomp);
	serve(&app, &x);
	rc = fd_write_full(STDOUT_FILENO, x.answer.p, x.answer.len) == 0 ? 0 : EXIT_RUNTIME;
	drain_stdin(&left);
	services_close(&app);
	return (rc);
}

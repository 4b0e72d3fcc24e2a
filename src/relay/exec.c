/* SPDX-License-Identifier: ISC */
/* The program is run by a process of its own (runner.c), which was started before the relay gave up starting any. */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "doorward/config.h"
#include "relay/runner.h"

#include "relay/exec.h"

#define AT_ONCE 16    /* programs at a time */
#define TIME_MS 30000 /* for each */
#define RESULTS_A_TURN 256
#define ERROR_LEN 64

struct exec {
	const struct sink_env *env;
	int sock; /* -1: the runner has gone */
	size_t n;
	uint64_t numbers; /* of the last one */
	struct {
		struct sink_delivery *delivery; /* NULL: free */
		uint64_t number;
	} runs[AT_ONCE];
};

static bool
check(const struct sink_conf *c, char *why, size_t len)
{
	struct stat st;

	if (access(c->command[0], X_OK) != 0 || stat(c->command[0], &st) != 0)
		snprintf(why, len, "command: %.256s: %s", c->command[0], strerror(errno));
	else if (!S_ISREG(st.st_mode))
		snprintf(why, len, "command: %.256s is no program", c->command[0]);
	else
		return (true);
	return (false);
}

static void *
open_exec(const struct sink_conf *c, const struct sink_env *env, char *why, size_t len)
{
	struct exec *x = calloc(1, sizeof(*x));

	if (x != NULL) {
		x->env = env;
		if ((x->sock = runner_start(c->command, TIME_MS)) >= 0)
			return (x);
	}
	snprintf(why, len, "command: no process can be started: %s", strerror(errno));
	free(x);
	return (NULL);
}

static size_t
free_place(const struct exec *x)
{
	size_t i = 0;

	while (i < AT_ONCE && x->runs[i].delivery != NULL)
		i++;
	return (i);
}

static bool
start(void *sink, struct sink_delivery *d, const struct sink_event *e)
{
	struct exec *x = sink;
	char message[sizeof(uint64_t) + RUNNER_INPUT_MAX];
	uint64_t number = x->numbers + 1;
	size_t i = free_place(x);

	if (i == AT_ONCE || x->sock < 0)
		return (false);
	if (e->json_len > RUNNER_INPUT_MAX) {
		x->env->done(d, SINK_FINAL, "the event is too long for a pipe");
		return (true);
	}
	memcpy(message, &number, sizeof(number));
	memcpy(message + sizeof(number), e->json, e->json_len);
	if (send(x->sock, message, sizeof(number) + e->json_len, MSG_NOSIGNAL) < 0)
		return (false);
	x->numbers = x->runs[i].number = number;
	x->runs[i].delivery = d;
	x->n++;
	return (true);
}

static int
fd(void *sink)
{
	const struct exec *x = sink;

	return (x->sock);
}

static int64_t
due(void *sink)
{

	(void)sink;
	return (-1);
}

static void
settle(struct exec *x, size_t i, int status)
{
	struct sink_delivery *d = x->runs[i].delivery;
	char error[ERROR_LEN] = "the command could not be started";

	x->runs[i].delivery = NULL;
	x->n--;
	if (status == RUNNER_TIMEOUT)
		snprintf(error, sizeof(error), "the command took longer than %d s", TIME_MS / 1000);
	else if (status >= 0 && WIFSIGNALED(status))
		snprintf(error, sizeof(error), "the command was ended by signal %d", WTERMSIG(status));
	else if (status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) != 0)
		snprintf(error, sizeof(error), "the command ended with %d", WEXITSTATUS(status));
	else if (status == 0) {
		x->env->done(d, SINK_DELIVERED, NULL);
		return;
	}
	x->env->done(d, SINK_RETRY, error);
}

/* Without the runner nothing can be run any more: another relay is needed, which begins with a new one. What is closed leaves
 * the set it is waited for in. */
static void
lose(struct exec *x)
{

	log_error("the process that runs the command of a sink has gone, this relay ends");
	for (size_t i = 0; i < AT_ONCE; i++)
		if (x->runs[i].delivery != NULL)
			settle(x, i, -1);
	close(x->sock);
	x->sock = -1;
	(void)kill(getpid(), SIGTERM);
}

static void
run(void *sink)
{
	struct exec *x = sink;
	struct runner_result r;

	for (int k = 0; k < RESULTS_A_TURN && x->sock >= 0; k++) {
		ssize_t n = recv(x->sock, &r, sizeof(r), MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n != (ssize_t)sizeof(r)) {
			lose(x);
			return;
		}
		for (size_t i = 0; i < AT_ONCE; i++)
			if (x->runs[i].delivery != NULL && x->runs[i].number == r.number)
				settle(x, i, r.status);
	}
}

static void
close_exec(void *sink)
{
	struct exec *x = sink;

	if (x->sock >= 0)
		close(x->sock);
	free(x);
}

const struct sink_driver exec_driver = {
	.type = "exec",
	.check = check,
	.open = open_exec,
	.start = start,
	.fd = fd,
	.due = due,
	.run = run,
	.close = close_exec,
};

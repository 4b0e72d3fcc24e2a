/* SPDX-License-Identifier: ISC */
/*
 * The event loop over real connections, with a serve() of our own, so that everything here is the transport's: what is kept,
 * what ends a connection, what ends the worker, and what wakes it.
 */
#include <sys/socket.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fastcgi.h>

#include "../child/process.h"
#include "child/wait.h"
#include "web/serve.h"
#include "worker/fcgi.h"
#include "worker/loop.h"

#define LONG_MS 1000000 /* a deadline that no test reaches */
#define HALF 21         /* bytes: in the middle of the variables */
#define SILENT 400      /* connections nothing comes on: fewer than descriptors */

static struct loop_options options;
static size_t answer_len; /* 0 = a short one */

static const char *
who(char *const *envp)
{

	for (; *envp != NULL; envp++)
		if (strncmp(*envp, "WHO=", 4) == 0)
			return (*envp);
	return ("nobody");
}

void
serve(struct app *app, struct exchange *x)
{
	static char text[200000];
	size_t n = (size_t)snprintf(
	    text, sizeof(text), "Status: 200\r\n\r\n%s%s", x->authorizer ? "authorizer of " : "", who(x->envp));

	if (answer_len > 0) {
		memset(text + n, 'x', answer_len - n);
		n = answer_len;
	}
	board_busy(app->slot, 0, "");
	x->answer = (struct str){ text, n };
	x->status = 200;
}

static int
run(struct child *c, const struct config *conf)
{
	struct app app = { .conf = conf, .board = c->board, .slot = c->slot };

	if (fcgi_init() != 0)
		return (EXIT_RESOURCE);
	child_signals();
	return (loop_run(&app, c, &options));
}

static int
setup(void **state)
{

	options = (struct loop_options){ .deadline = LONG_MS };
	answer_len = 0;
	return (process_setup(state));
}

static void
start(void)
{

	process_start(run);
	assert_true(process_is_ready());
}

static size_t
put(char *p, unsigned type, const void *content, size_t n)
{
	const unsigned char head[8] = { FCGI_VERSION_1, (unsigned char)type, 0, 1, (unsigned char)(n >> 8), (unsigned char)n };

	memcpy(p, head, sizeof(head));
	if (n > 0)
		memcpy(p + sizeof(head), content, n);
	return (sizeof(head) + n);
}

/* A whole request; returns its length. */
static size_t
request(char wire[512], unsigned role, bool keep)
{
	const char begin[8] = { 0, (char)role, keep ? FCGI_KEEP_CONN : 0 };
	size_t n = put(wire, FCGI_BEGIN_REQUEST, begin, sizeof(begin));

	n += put(wire + n, FCGI_PARAMS, "\x03\x02WHOme", 7);
	n += put(wire + n, FCGI_PARAMS, NULL, 0);
	return (n + put(wire + n, FCGI_STDIN, NULL, 0));
}

static void
ask(int fd, unsigned role, bool keep)
{
	char wire[512];
	size_t n = request(wire, role, keep);

	assert_int_equal(send(fd, wire, n, MSG_NOSIGNAL), n);
}

/* The request in two halves. */
static void
ask_first(int fd)
{
	char wire[512];

	request(wire, FCGI_RESPONDER, true);
	assert_int_equal(send(fd, wire, HALF, MSG_NOSIGNAL), HALF);
}

static void
ask_rest(int fd)
{
	char wire[512];
	size_t n = request(wire, FCGI_RESPONDER, true);

	assert_int_equal(send(fd, wire + HALF, n - HALF, MSG_NOSIGNAL), n - HALF);
}

static void
read_exactly(int fd, void *p, size_t n)
{

	assert_int_equal(recv(fd, p, n, MSG_WAITALL), n);
}

/* Reads one answer to its end; returns the length of what the request was answered, of which ${out} holds the beginning. */
static size_t
answer(int fd, char out[128])
{
	static char content[65536 + 256];
	unsigned char head[8];
	size_t n = 0, total = 0;

	for (;;) {
		read_exactly(fd, head, sizeof(head));
		n = (size_t)head[4] << 8 | head[5];
		read_exactly(fd, content, n + head[6]);
		if (head[1] == FCGI_END_REQUEST)
			break;
		assert_int_equal(head[1], FCGI_STDOUT);
		for (size_t i = 0; i < n && total + i < 127; i++)
			out[total + i] = content[i];
		total += n;
	}
	out[total < 127 ? total : 127] = '\0';
	return (total);
}

static void
expect_answer(int fd, const char *body)
{
	char text[128];

	answer(fd, text);
	assert_non_null(strstr(text, "\r\n\r\n"));
	assert_string_equal(strstr(text, "\r\n\r\n") + 4, body);
}

/* Waits until the other side has closed. */
static void
expect_closed(int fd)
{
	char byte;

	assert_true(recv(fd, &byte, 1, 0) <= 0);
	close(fd);
}

static void
a_kept_connection(void **state)
{
	int fd;

	(void)state;
	start();
	fd = process_connect();
	for (int i = 0; i < 3; i++) {
		ask(fd, FCGI_RESPONDER, true);
		expect_answer(fd, "WHO=me");
	}
	ask(fd, FCGI_RESPONDER, false);
	expect_answer(fd, "WHO=me");
	expect_closed(fd);
	assert_int_equal(process_end(SIGTERM), EXIT_RETIRED);
	assert_int_equal(board_counted(&process.child.slot->numbers, COUNT_REQUESTS), 4);
	assert_int_equal(board_counted(&process.child.slot->numbers, COUNT_ACCEPTED), 1);
	assert_int_equal(process.child.slot->connections, 0);
}

/* What some servers send after an Authorizer's answer is no request. */
static void
connections_that_are_not_kept(void **state)
{
	int fd;

	(void)state;
	start();
	fd = process_connect();
	ask(fd, FCGI_AUTHORIZER, true);
	expect_answer(fd, "authorizer of WHO=me");
	expect_closed(fd);
	assert_int_equal(process_end(SIGTERM), EXIT_RETIRED);
	process_teardown(state);
	setup(state);
	options.single = true;
	start();
	fd = process_connect();
	ask(fd, FCGI_RESPONDER, true);
	expect_answer(fd, "WHO=me");
	expect_closed(fd);
	assert_int_equal(process_end(SIGTERM), EXIT_RETIRED);
}

static void
an_answer_larger_than_a_record(void **state)
{
	char text[128];
	int fd;

	(void)state;
	answer_len = 150000;
	start();
	fd = process_connect();
	for (int i = 0; i < 2; i++) {
		ask(fd, FCGI_RESPONDER, true);
		assert_int_equal(answer(fd, text), 150000);
	}
	close(fd);
	assert_int_equal(process_end(SIGTERM), EXIT_RETIRED);
}

/* One that owes half a request keeps nobody from being served, and has its time. */
static void
a_slow_one_beside_others(void **state)
{
	int slow, fd;

	(void)state;
	start();
	slow = process_connect();
	ask_first(slow);
	fd = process_connect();
	ask(fd, FCGI_RESPONDER, false);
	expect_answer(fd, "WHO=me");
	expect_closed(fd);
	ask_rest(slow);
	expect_answer(slow, "WHO=me");
	close(slow);
	assert_int_equal(process_end(SIGTERM), EXIT_RETIRED);
}

static void
a_deadline(void **state)
{
	int silent, slow;

	(void)state;
	options.deadline = 50;
	start();
	assert_int_equal(kill(process.pid, SIGSTOP), 0); /* it takes them when all of it is there */
	silent = process_connect();
	slow = process_connect();
	ask_first(slow);
	assert_int_equal(kill(process.pid, SIGCONT), 0);
	expect_closed(silent);
	expect_closed(slow);
	assert_int_equal(process_end(SIGTERM), EXIT_RETIRED);
	assert_int_equal(board_counted(&process.child.slot->numbers, COUNT_REQUESTS), 0);
}

static void
what_is_no_request(void **state)
{
	int fd;

	(void)state;
	start();
	fd = process_connect();
	assert_int_equal(send(fd, "GET / HTTP/1.0\r\n\r\n", 18, 0), 18);
	expect_closed(fd);
	fd = process_connect(); /* and the worker lives */
	ask(fd, FCGI_RESPONDER, false);
	expect_answer(fd, "WHO=me");
	expect_closed(fd);
	assert_int_equal(process_end(SIGTERM), EXIT_RETIRED);
}

/* Waits until the worker holds ${n} connections: it takes them in its own time. */
static void
wait_for_connections(uint32_t n)
{

	while (atomic_load(&process.child.slot->connections) != n)
		usleep(1000);
}

/* What has begun is finished, what is kept is let go; whichever way it is told. */
static void
leaving(bool master_dies)
{
	int kept, begun;

	start();
	kept = process_connect();
	ask(kept, FCGI_RESPONDER, true);
	expect_answer(kept, "WHO=me");
	begun = process_connect();
	ask_first(begun);
	wait_for_connections(2);
	if (master_dies)
		process_orphan();
	else
		assert_int_equal(kill(process.pid, SIGQUIT), 0);
	expect_closed(kept);
	assert_int_equal(process.child.slot->state, BOARD_LEAVING);
	ask_rest(begun);
	expect_answer(begun, "WHO=me");
	expect_closed(begun);
	assert_int_equal(process_end(0), EXIT_RETIRED);
}

static void
told_to_leave(void **state)
{

	(void)state;
	leaving(false);
}

static void
the_master_is_gone(void **state)
{

	(void)state;
	leaving(true);
}

/* With a master a successor is asked for, once; without one the worker leaves by itself. */
static void
enough_requests(void **state)
{
	int fd;

	(void)state;
	options.recycle.requests = 2;
	start();
	fd = process_connect();
	for (int i = 0; i < 3; i++) {
		ask(fd, FCGI_RESPONDER, true);
		expect_answer(fd, "WHO=me");
	}
	assert_int_equal(process.child.slot->recycle, 1);
	close(fd);
	assert_int_equal(process_end(SIGTERM), EXIT_RETIRED);
	process_teardown(state);
	setup(state);
	options.recycle.requests = 2;
	close(process.child.master_fd);
	process.child.master_fd = -1;
	start();
	fd = process_connect();
	ask(fd, FCGI_RESPONDER, true);
	expect_answer(fd, "WHO=me");
	ask(fd, FCGI_RESPONDER, true);
	expect_answer(fd, "WHO=me");
	expect_closed(fd);
	assert_int_equal(process_end(0), EXIT_RETIRED);
}

/* What /proc says of the process: how often it has gone to sleep, and whether it sleeps. */
static long
sleeps(char *how)
{
	char path[64], line[256];
	long n = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", process.pid);
	assert_non_null(f = fopen(path, "r"));
	while (n < 0 && fgets(line, sizeof(line), f) != NULL) {
		(void)sscanf(line, "State: %c", how);
		(void)sscanf(line, "voluntary_ctxt_switches: %ld", &n);
	}
	fclose(f);
	assert_true(n >= 0);
	return (n);
}

/* Once it sleeps: however busy the machine is, it has done then what it had to do. */
static long
sleeps_at_rest(void)
{
	char how = '?';
	long n;

	while ((n = sleeps(&how)), how != 'S')
		usleep(1000);
	return (n);
}

/* Kept connections have no deadline, so there is nothing to wake for. */
static void
nothing_to_do(void **state)
{
	int fds[4];
	long before;

	(void)state;
	options.recycle = (struct recycle_limits){ .requests = 1000, .age = LONG_MS, .rss = INT64_MAX };
	start();
	for (size_t i = 0; i < 4; i++) {
		fds[i] = process_connect();
		ask(fds[i], FCGI_RESPONDER, true);
		expect_answer(fds[i], "WHO=me");
	}
	before = sleeps_at_rest();
	usleep(1000000);
	assert_int_equal(sleeps_at_rest(), before);
	for (size_t i = 0; i < 4; i++)
		close(fds[i]);
	assert_int_equal(process_end(SIGTERM), EXIT_RETIRED);
}

/* Strangers that stay silent get a few head starts together, not one each: a login worker does not sleep for each of them. */
static void
head_starts_in_vain(void **state)
{
	int fds[SILENT];
	long before;

	(void)state;
	options.single = true;
	start();
	before = sleeps_at_rest();
	assert_int_equal(kill(process.pid, SIGSTOP), 0);
	for (int i = 0; i < SILENT; i++)
		fds[i] = process_connect();
	assert_int_equal(kill(process.pid, SIGCONT), 0);
	wait_for_connections(SILENT);
	assert_in_range(sleeps_at_rest() - before, 0, SILENT / 4);
	for (int i = 0; i < SILENT; i++)
		close(fds[i]);
	assert_int_equal(process_end(SIGTERM), EXIT_RETIRED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, process_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_kept_connection),
		TEST(connections_that_are_not_kept),
		TEST(an_answer_larger_than_a_record),
		TEST(a_slow_one_beside_others),
		TEST(a_deadline),
		TEST(what_is_no_request),
		TEST(told_to_leave),
		TEST(the_master_is_gone),
		TEST(enough_requests),
		TEST(nothing_to_do),
		TEST(head_starts_in_vain),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

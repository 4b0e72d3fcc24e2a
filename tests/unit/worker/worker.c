/* SPDX-License-Identifier: ISC */
/* A whole worker: becomes ready without its servers, refuses what cannot work, and answers one request of plain CGI. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../child/process.h"
#include "worker/worker.h"

#define LENGTH "50" /* bytes of it */
#define BODY "{\"username\":\"alice\",\"password\":\"a wrong password\"}"

static void
becomes_ready_and_leaves(void **state)
{

	(void)state;
	process_start(worker_run);
	assert_true(process_is_ready());
	assert_int_equal(process.child.slot->state, BOARD_READY);
	assert_int_equal(process_end(SIGQUIT), EXIT_RETIRED);
}

static void
leaves_with_the_master(void **state)
{

	(void)state;
	process_start(worker_run);
	assert_true(process_is_ready());
	process_orphan();
	assert_int_equal(process_end(0), EXIT_RETIRED);
}

static void
without_keys(void **state)
{

	(void)state;
	assert_int_equal(rename("keys", "elsewhere"), 0);
	process_start(worker_run);
	assert_false(process_is_ready());
	assert_int_equal(process_end(0), EXIT_CONFIG);
}

static const char *method, *target, *length;

/* Our input stays open, as a server may leave it: only CONTENT_LENGTH says where the body ends. */
static int
one_request(struct child *c, const struct config *conf)
{
	int in[2], out = open("answer", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	(void)c;
	if (out < 0 || pipe(in) != 0 || dup2(in[0], STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    write(in[1], BODY " and more", sizeof(BODY) - 1 + 9) < 0)
		return (EXIT_RUNTIME);
	clearenv();
	setenv("REQUEST_METHOD", method, 1);
	setenv("REQUEST_URI", target, 1);
	setenv("QUERY_STRING", "", 1);
	setenv("HTTPS", "on", 1);
	setenv("HTTP_HOST", "example.org", 1);
	setenv("REMOTE_ADDR", "192.0.2.1", 1);
	setenv("SERVER_PROTOCOL", "HTTP/1.1", 1);
	if (length != NULL) {
		setenv("CONTENT_LENGTH", length, 1);
		setenv("CONTENT_TYPE", "application/json", 1);
	}
	return (worker_run_cgi(conf));
}

static const char *
answer_to(const char *m, const char *t, const char *l)
{
	static char text[8192];
	ssize_t n;
	int fd;

	method = m;
	target = t;
	length = l;
	process_start(one_request);
	assert_int_equal(process_end(0), 0);
	assert_true((fd = open("answer", O_RDONLY)) >= 0);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return (text);
}

static void
expect_status(const char *answer, const char *status)
{

	if (strncmp(answer, "Status: ", 8) != 0 || strncmp(answer + 8, status, 3) != 0)
		fail_msg("not %s: %s", status, answer);
}

static void
cgi(void **state)
{

	(void)state;
	assert_int_equal(sizeof(BODY) - 1, atoi(LENGTH));
	expect_status(answer_to("GET", "/auth/check", NULL), "401");
	expect_status(answer_to("GET", "/auth/nowhere", NULL), "404");
	expect_status(answer_to("POST", "/auth/login", LENGTH), "503"); /* there is no user database */
	expect_status(answer_to("POST", "/auth/login", "12"), "400");   /* so much of it is no JSON */
	expect_status(answer_to("POST", "/auth/login", "-1"), "400");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(becomes_ready_and_leaves, process_setup, process_teardown),
		cmocka_unit_test_setup_teardown(leaves_with_the_master, process_setup, process_teardown),
		cmocka_unit_test_setup_teardown(without_keys, process_setup, process_teardown),
		cmocka_unit_test_setup_teardown(cgi, process_setup, process_teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

/* SPDX-License-Identifier: ISC */
/* The operators' listener as a process: it is there without the servers it would ask, and leaves when it is to. */
#include <sys/socket.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../child/process.h"
#include "admin/admin.h"

static void
start(void)
{

	process.child.role = "admin";
	process_start(admin_run);
	assert_true(process_is_ready());
}

static void
expect_status(const char *path, const char *status)
{
	char text[4096];
	int fd = process_connect(), n = snprintf(text, sizeof(text), "GET %s HTTP/1.0\r\n\r\n", path);
	size_t len = 0;
	ssize_t got;

	assert_int_equal(send(fd, text, (size_t)n, MSG_NOSIGNAL), n);
	while (len < sizeof(text) - 1 && (got = recv(fd, text + len, sizeof(text) - 1 - len, 0)) > 0)
		len += (size_t)got;
	close(fd);
	text[len] = '\0';
	if (strncmp(text, "HTTP/1.", 7) != 0 || strncmp(text + 8, status, strlen(status)) != 0)
		fail_msg("not%s: %s", status, text);
}

/* Alive is not ready: neither Redis nor the user database can be asked. */
static void
answers_and_leaves(void **state)
{

	(void)state;
	start();
	expect_status("/health/live", " 200");
	expect_status("/health/ready", " 503");
	expect_status("/nowhere", " 404");
	assert_int_equal(process_end(SIGQUIT), EXIT_RETIRED);
	assert_int_equal(process.child.slot->state, BOARD_LEAVING);
}

/* A connection that is kept between requests does not hold it up. */
static void
leaves_with_the_master(void **state)
{
	int fd;

	(void)state;
	start();
	fd = process_connect();
	process_orphan();
	assert_int_equal(process_end(0), EXIT_RETIRED);
	close(fd);
}

/* With ${n} bytes of ${token} in the file; NULL: with no file. */
static void
refuses(const char *token, size_t n)
{
	int fd = token == NULL ? -1 : open("token", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (token != NULL)
		assert_true(fd >= 0 && write(fd, token, n) == (ssize_t)n && close(fd) == 0);
	free(process.conf->admin_token_file);
	assert_non_null(process.conf->admin_token_file = strdup("token"));
	process_start(admin_run);
	assert_false(process_is_ready());
	assert_int_equal(process_end(0), EXIT_CONFIG);
}

static void
a_token_too_short(void **state)
{
	static const char token[] = "fifteen letters\n";

	(void)state;
	refuses(token, sizeof(token) - 1);
}

static void
a_token_with_a_nul(void **state)
{
	static const char token[] = "sixteen letters.\0and more";

	(void)state;
	refuses(token, sizeof(token) - 1);
}

static void
no_token_where_there_should_be_one(void **state)
{

	(void)state;
	refuses(NULL, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, process_setup, process_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_and_leaves),
		TEST(leaves_with_the_master),
		TEST(a_token_too_short),
		TEST(a_token_with_a_nul),
		TEST(no_token_where_there_should_be_one),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

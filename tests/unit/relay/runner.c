/* SPDX-License-Identifier: ISC */
/* The process that runs programs: what they get and say, and what becomes of those that take too long, with all they started.
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "relay/runner.h"

#define LIMIT_MS 3000 /* far more than a shell needs to begin */
#define NO_LIMIT_MS 60000
#define PATIENCE_MS 20000

static char pids[] = "runnerXXXXXX";
static int sock;

static void
begin(const char *script, int64_t ms)
{
	char *const command[] = { "/bin/sh", "-c", (char *)(uintptr_t)script, "sh", pids, NULL };

	sock = runner_start(command, ms);
	assert_true(sock >= 0);
}

static void
give(uint64_t number, const char *input)
{
	char message[128];

	memcpy(message, &number, sizeof(number));
	memcpy(message + sizeof(number), input, strlen(input));
	assert_int_equal(send(sock, message, sizeof(number) + strlen(input), 0), sizeof(number) + strlen(input));
}

static struct runner_result
result(void)
{
	struct pollfd p = { .fd = sock, .events = POLLIN };
	struct runner_result r;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(recv(sock, &r, sizeof(r), 0), sizeof(r));
	return (r);
}

/* Those that wrote their ids down are all gone within PATIENCE_MS; how many there were. */
static int
all_gone(void)
{
	FILE *f = fopen(pids, "r");
	int n = 0, pid;

	assert_non_null(f);
	for (; fscanf(f, "%d", &pid) == 1; n++)
		for (int i = 0; kill(pid, 0) == 0 || errno != ESRCH; i++) {
			assert_in_range(i, 0, PATIENCE_MS / 10);
			(void)usleep(10000);
		}
	fclose(f);
	return (n);
}

static int
set_up(void **state)
{
	int fd;

	(void)state;
	strcpy(pids, "runnerXXXXXX");
	if ((fd = mkstemp(pids)) < 0)
		return (-1);
	return (close(fd));
}

static int
tear_down(void **state)
{

	(void)state;
	return (unlink(pids));
}

static void
says_how_it_ended(void **state)
{

	(void)state;
	begin("read -r line; exit \"$line\"", NO_LIMIT_MS);
	give(7, "0\n");
	assert_int_equal(result().status, 0);
	give(8, "3\n");
	assert_int_equal(WEXITSTATUS(result().status), 3);
	close(sock);
}

/* The program, and one that it started and does not wait for. */
static void
takes_too_long(void **state)
{
	struct runner_result r;

	(void)state;
	begin("sleep 600 & echo $! >> \"$1\"; echo $$ >> \"$1\"; sleep 600", LIMIT_MS);
	give(1, "");
	r = result();
	assert_int_equal(r.number, 1);
	assert_int_equal(r.status, RUNNER_TIMEOUT);
	assert_int_equal(all_gone(), 2);
	close(sock);
}

/* One that takes too long holds up no other. */
static void
beside_each_other(void **state)
{

	(void)state;
	begin("read -r line; test \"$line\" = hang && sleep 600; exit 0", LIMIT_MS);
	give(1, "hang\n");
	give(2, "go\n");
	assert_int_equal(result().number, 2);
	assert_int_equal(result().status, RUNNER_TIMEOUT);
	close(sock);
}

static void
ends_with_the_relay(void **state)
{
	struct pollfd p;
	FILE *f;
	int c;

	(void)state;
	begin("echo $$ >> \"$1\"; sleep 600", NO_LIMIT_MS);
	give(1, "");
	for (int i = 0;; i++) { /* until it has begun */
		assert_non_null(f = fopen(pids, "r"));
		c = fgetc(f);
		fclose(f);
		if (c != EOF)
			break;
		assert_in_range(i, 0, PATIENCE_MS / 10);
		(void)usleep(10000);
	}
	p = (struct pollfd){ .fd = sock, .events = POLLIN };
	assert_int_equal(poll(&p, 1, 0), 0);
	close(sock);
	assert_int_equal(all_gone(), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(says_how_it_ended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_too_long, set_up, tear_down),
		cmocka_unit_test_setup_teardown(beside_each_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ends_with_the_relay, set_up, tear_down),
	};

	return (cmocka_run_group_tests_name("relay/runner", tests, NULL, NULL));
}

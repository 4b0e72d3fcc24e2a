/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <fcntl.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "userdb/dial.h"

static char why[256], port[16];
static int listener;

/* The linker puts it in the place of the resolver's thread: a server of names that takes its time. */
int __wrap_getaddrinfo_a(int mode, struct gaicb *list[], int n, struct sigevent *event);
int __wrap_gai_error(struct gaicb *one);
int __wrap_gai_suspend(const struct gaicb *const list[], int n, const struct timespec *ts);

static int64_t answered_at; /* clock_mono_ms() */
static struct gaicb *asked;
static int questions;

int
__wrap_getaddrinfo_a(int mode, struct gaicb *list[], int n, struct sigevent *event)
{

	(void)event;
	assert_int_equal(mode, GAI_NOWAIT);
	assert_int_equal(n, 1);
	asked = list[0];
	questions++;
	return (0);
}

int
__wrap_gai_error(struct gaicb *one)
{
	struct addrinfo numeric = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };

	assert_ptr_equal(one, asked);
	if (clock_mono_ms() < answered_at)
		return (EAI_INPROGRESS);
	return (getaddrinfo(
	    strcmp(one->ar_name, "there") == 0 ? "127.0.0.1" : "192.0.2.1", one->ar_service, &numeric, &one->ar_result));
}

int
__wrap_gai_suspend(const struct gaicb *const list[], int n, const struct timespec *ts)
{

	(void)list, (void)n, (void)ts;
	usleep(5000);
	return (0);
}

static int
begin(void **state)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sa);

	(void)state;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&sa, sizeof(sa)) != 0 || listen(listener, 8) != 0 ||
	    getsockname(listener, (struct sockaddr *)&sa, &len) != 0)
		return (-1);
	snprintf(port, sizeof(port), "%u", (unsigned)ntohs(sa.sin_port));
	return (0);
}

static int
end(void **state)
{

	(void)state;
	return (close(listener));
}

static int64_t
soon(void)
{

	return (clock_mono_ms() + 200);
}

static void
connects(void **state)
{
	int fd = dial_tcp("127.0.0.1", port, true, soon(), why, sizeof(why));

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	assert_int_not_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	close(fd);
	assert_int_equal(questions, 0); /* an address needs no resolver */
}

static void
refused(void **state)
{

	(void)state;
	assert_int_equal(dial_tcp("127.0.0.1", "1", true, soon(), why, sizeof(why)), -1);
	assert_string_equal(why, "Connection refused");
	assert_int_equal(dial_tcp("192.0.2.1", port, true, soon(), why, sizeof(why)), -1);
	assert_non_null(strstr(why, "not on this machine"));
	assert_int_equal(dial_unix("/nowhere/socket", soon(), why, sizeof(why)), -1);
	assert_string_equal(why, "No such file or directory");
}

/* Who asks in vain waits no longer than he has; the question goes on, and its answer is the next one's. */
static void
slow_resolver(void **state)
{
	int64_t start = clock_mono_ms();
	int fd;

	(void)state;
	answered_at = start + 500;
	assert_int_equal(dial_tcp("there", port, true, soon(), why, sizeof(why)), -1);
	assert_string_equal(why, "its name could not be resolved in time");
	assert_true(clock_mono_ms() - start < 450);
	assert_int_equal(dial_tcp("elsewhere", port, true, clock_mono_ms() + 20, why, sizeof(why)), -1); /* one at a time */
	assert_int_equal(questions, 1);
	while (clock_mono_ms() < answered_at)
		usleep(10000);
	fd = dial_tcp("there", port, true, soon(), why, sizeof(why));
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(questions, 1);
	/* By a name or not, it must be this machine. */
	assert_int_equal(dial_tcp("elsewhere", port, true, soon(), why, sizeof(why)), -1);
	assert_non_null(strstr(why, "not on this machine"));
	assert_int_equal(questions, 2);
}

static void
over_a_unix_socket(void **state)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	char dir[] = "/tmp/doorward-unit-XXXXXX";
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/socket", dir);
	assert_int_equal(bind(server, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(server, 1), 0);
	fd = dial_unix(sa.sun_path, soon(), why, sizeof(why));
	assert_true(fd >= 0);
	close(fd);
	close(server);
	unlink(sa.sun_path);
	rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connects),
		cmocka_unit_test(refused),
		cmocka_unit_test(slow_resolver),
		cmocka_unit_test(over_a_unix_socket),
	};

	return (cmocka_run_group_tests(tests, begin, end));
}

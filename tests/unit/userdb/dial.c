/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <fcntl.h>
#include <netdb.h>
#include <semaphore.h>
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

/* The linker puts it in the place of the resolver. */
int __real_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out);
int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out);

static _Atomic int questions;
static sem_t go_on;

/* A server of names that takes its time: until it is told to go on. */
int
__wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	struct addrinfo numeric = *hints;

	if ((hints->ai_flags & AI_NUMERICHOST) != 0)
		return (__real_getaddrinfo(node, service, hints, out));
	questions++;
	while (sem_wait(&go_on) != 0)
		continue;
	numeric.ai_flags |= AI_NUMERICHOST;
	return (__real_getaddrinfo(strcmp(node, "there") == 0 ? "127.0.0.1" : "192.0.2.1", service, &numeric, out));
}

static int
begin(void **state)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sa);

	(void)state;
	if (sem_init(&go_on, 0, 0) != 0)
		return (-1);
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

	return (clock_mono_ms() + 10000);
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

/* Who asks in vain waits no longer than he has. */
static void
slow_resolver(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(dial_tcp("there", port, true, clock_mono_ms() + 20, why, sizeof(why)), -1);
	assert_string_equal(why, "its name could not be resolved in time");
	assert_int_equal(questions, 1);
	sem_post(&go_on);
	fd = dial_tcp("there", port, true, soon(), why, sizeof(why));
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(questions, 1);
	/* By a name or not, it must be this machine. */
	sem_post(&go_on);
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

/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "master/queue.h"

#define BACKLOG 7
#define WAITING 3

static void
counts_who_waits(int family, struct sockaddr *sa, socklen_t len)
{
	int fd = socket(family, SOCK_STREAM, 0), peers[WAITING];
	uint32_t n, max;

	assert_int_equal(bind(fd, sa, len), 0);
	assert_int_equal(listen(fd, BACKLOG), 0);
	len = sizeof(struct sockaddr_storage);
	assert_int_equal(getsockname(fd, sa, &len), 0);
	if (!queue_ask(fd, &n, &max)) {
		close(fd);
		skip(); /* a kernel without sock_diag */
	}
	assert_int_equal(n, 0);
	assert_int_equal(max, BACKLOG);
	for (size_t i = 0; i < WAITING; i++) {
		peers[i] = socket(family, SOCK_STREAM, 0);
		assert_int_equal(connect(peers[i], sa, len), 0);
	}
	assert_true(queue_ask(fd, &n, &max));
	assert_int_equal(n, WAITING);
	close(accept(fd, NULL, NULL));
	assert_true(queue_ask(fd, &n, &max));
	assert_int_equal(n, WAITING - 1);
	for (size_t i = 0; i < WAITING; i++)
		close(peers[i]);
	close(fd);
}

static void
of_a_unix_socket(void **state)
{
	struct sockaddr_storage ss = { .ss_family = AF_UNIX };

	(void)state;
	counts_who_waits(AF_UNIX, (struct sockaddr *)&ss, sizeof(sa_family_t)); /* the kernel gives it a name */
}

static void
of_a_port(void **state)
{
	struct sockaddr_storage ss = { 0 };
	struct sockaddr_in *in = (struct sockaddr_in *)&ss;

	(void)state;
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	counts_who_waits(AF_INET, (struct sockaddr *)&ss, sizeof(*in));
}

static void
of_nothing(void **state)
{
	uint32_t n, max;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_false(queue_ask(fds[0], &n, &max));
	assert_false(queue_ask(-1, &n, &max));
	close(fds[0]);
	close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_unix_socket),
		cmocka_unit_test(of_a_port),
		cmocka_unit_test(of_nothing),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

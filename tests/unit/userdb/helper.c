/* SPDX-License-Identifier: ISC */
/* The asking side: whatever the other side does, or does not do, is one result, in time, and no descriptor stays open. */
#include <sys/socket.h>

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "doorward/config.h"
#include "doorward/helper.h"

#include "userdb/helper.h"

#define TIMEOUT 300

static struct config conf = { .userdb_timeout = TIMEOUT };
static int pair[2];
static void *db;
static const struct userdb_ops *ops;

static int
open_asker(void **state)
{
	char err[128] = "x";

	(void)state;
	ops = helper_driver.ops;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0 ||
	    (db = helper_driver.open(&conf, USERDB_ACCOUNTS, err, sizeof(err))) == NULL || err[0] != '\0')
		return (-1);
	helper_driver.join(db, pair[0]);
	return (0);
}

static int
close_asker(void **state)
{

	(void)state;
	helper_driver.close(db);
	close(pair[0]);
	close(pair[1]);
	return (0);
}

/* Takes one question as a helper does. */
static int
receive(struct helper_question *q)
{
	struct iovec record = { q, sizeof(*q) };
	char room[CMSG_SPACE(sizeof(int))];
	struct msghdr m = { .msg_iov = &record, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room) };
	int fd = -1;

	if (recvmsg(pair[1], &m, 0) == (ssize_t)sizeof(*q) && CMSG_FIRSTHDR(&m) != NULL)
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	return (fd);
}

/* A helper that answers one question with ${n} bytes of ${a}, in a process of its own. */
static pid_t
helper(const void *a, size_t n)
{
	struct helper_question q;
	pid_t pid = fork();
	int fd;

	if (pid != 0)
		return (pid);
	fd = receive(&q);
	if (n > 0 && send(fd, a, n, MSG_NOSIGNAL) < 0)
		_exit(1);
	_exit(q.kind == HELPER_VERIFY &&
	      (strcmp(q.name, "alice") != 0 || q.password_len != 6 || memcmp(q.password, "secret", 6) != 0 ||
		  strcmp(q.ip, "192.0.2.1") != 0 || q.until <= clock_mono_ms()));
}

static void
ended_well(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static size_t
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return (n);
}

static enum dw_result
verify(struct account *out)
{

	return (ops->verify(db, "alice", STR_LIT("secret"), "192.0.2.1", out));
}

static void
answers(void **state)
{
	static struct helper_answer a = { .account = { .name = "alice", .groups = "users" } };
	static const enum dw_result results[] = { DW_OK, DW_REFUSED, DW_ABSENT, DW_UNAVAILABLE, DW_FAULT };
	struct account got;

	(void)state;
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		pid_t pid;

		a.result = (int32_t)results[i];
		pid = helper(&a, sizeof(a));
		assert_int_equal(verify(&got), results[i]);
		ended_well(pid);
		if (results[i] == DW_OK)
			assert_string_equal(got.groups, "users");
	}
}

/* Cut, too long, or none at all. */
static void
no_answers(void **state)
{
	static char a[sizeof(struct helper_answer) + 1];
	static const size_t sizes[] = { 0, 1, sizeof(a) - 2, sizeof(a) };
	size_t before = descriptors();
	struct account got;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		pid_t pid = helper(a, sizes[i]);

		assert_int_equal(verify(&got), DW_UNAVAILABLE);
		ended_well(pid);
	}
	assert_int_equal(descriptors(), before);
}

/* Nobody is there: it ends by itself, however often it is asked, also when the socket is full. */
static void
nobody(void **state)
{
	size_t before = descriptors();
	struct account got;

	(void)state;
	assert_int_equal(verify(&got), DW_UNAVAILABLE);
	assert_int_equal(ops->find(db, "alice", &got), DW_UNAVAILABLE);
	assert_int_equal(ops->ping(db), DW_UNAVAILABLE);
	assert_int_equal(fcntl(pair[1], F_SETFL, O_NONBLOCK), 0);
	conf.userdb_timeout = 1;
	assert_int_equal(close_asker(NULL), 0);
	assert_int_equal(open_asker(NULL), 0);
	conf.userdb_timeout = TIMEOUT;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(verify(&got), DW_UNAVAILABLE);
	assert_int_equal(descriptors(), before);
	helper_driver.join(db, -1);
	assert_int_equal(verify(&got), DW_UNAVAILABLE);
}

/* Such passwords are nobody's, and are not sent. */
static void
odd_passwords(void **state)
{
	static char big[HELPER_PASSWORD_MAX + 1];
	struct account got;

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_int_equal(ops->verify(db, "alice", STR_LIT(""), "", &got), DW_REFUSED);
	assert_int_equal(ops->verify(db, "alice", STR_LIT("a\0b"), "", &got), DW_REFUSED);
	assert_int_equal(ops->verify(db, "alice", (struct str){ big, sizeof(big) }, "", &got), DW_REFUSED);
	assert_int_equal(recv(pair[1], big, sizeof(big), MSG_DONTWAIT), -1);
}

/* What is asked about somebody right after his login comes from the same address. */
static void
address(void **state)
{
	struct helper_question q;
	struct account got;

	(void)state;
	(void)verify(&got);
	close(receive(&q));
	(void)ops->find(db, "alice", &got);
	close(receive(&q));
	assert_string_equal(q.ip, "192.0.2.1");
	assert_int_equal(q.password_len, 0);
	(void)ops->find(db, "bob", &got);
	close(receive(&q));
	assert_string_equal(q.ip, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers, open_asker, close_asker),
		cmocka_unit_test_setup_teardown(no_answers, open_asker, close_asker),
		cmocka_unit_test_setup_teardown(nobody, open_asker, close_asker),
		cmocka_unit_test_setup_teardown(odd_passwords, open_asker, close_asker),
		cmocka_unit_test_setup_teardown(address, open_asker, close_asker),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

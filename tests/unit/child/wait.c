/* SPDX-License-Identifier: ISC */
/* What ends a child's wait, and what it makes of it. Signals are of a whole process, so each test has one of its own. */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/log.h"

#include "child/wait.h"

#define FOR_EVER (-1) /* the test ends by itself, or hangs: nothing here depends on how fast the machine is */

/* A false one is the exit code of the process, its line. */
#define CHECK(what)                                                                                                            \
	do {                                                                                                                   \
		if (!(what))                                                                                                   \
			_exit(__LINE__ % 256 == 0 ? 255 : __LINE__ % 256);                                                     \
	} while (0)

static void
in_child(void (*body)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		child_signals();
		body();
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static struct child
a_child(int *master)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) != 0)
		_exit(1);
	*master = fds[1];
	return ((struct child){ .role = "test", .master_fd = fds[0], .channel = -1 });
}

static void
an_event(void)
{
	int master, some[2], other[2];
	struct child c = a_child(&master);
	struct pollfd fds[4];

	CHECK(pipe(some) == 0 && pipe(other) == 0 && write(other[1], "x", 1) == 1);
	fds[1] = (struct pollfd){ .fd = some[0], .events = POLLIN };
	fds[2] = (struct pollfd){ .fd = other[0], .events = POLLIN };
	fds[3] = (struct pollfd){ .fd = -1, .events = POLLIN };
	CHECK(child_poll(&c, fds, 4, FOR_EVER) == CHILD_GO_ON);
	CHECK(fds[1].revents == 0 && fds[2].revents == POLLIN && fds[3].revents == 0);
}

static void
an_end_of_time(void)
{
	int master;
	struct child c = a_child(&master);
	struct pollfd fds[2] = { { 0 }, { .fd = -1, .revents = POLLIN } };

	CHECK(child_poll(&c, fds, 2, 1) == CHILD_GO_ON && fds[1].revents == 0);
	CHECK(child_poll(&c, fds, 1, 0) == CHILD_GO_ON);
}

/* One that came before the wait ends it: there is no moment in which it is lost. */
static void
a_signal_that_came_before(void)
{
	static const int signals[] = { SIGQUIT, SIGTERM, SIGINT };
	int master;
	struct child c = a_child(&master);
	struct pollfd fds[2] = { { 0 }, { .fd = -1, .revents = POLLIN } };

	CHECK(raise(SIGHUP) == 0 && raise(SIGUSR2) == 0 && raise(SIGPIPE) == 0);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		CHECK(raise(signals[i]) == 0);
		CHECK(child_leaving() == (i > 0)); /* it waits for the wait */
		CHECK(child_poll(&c, fds, 2, FOR_EVER) == CHILD_LEAVE && fds[1].revents == 0);
		CHECK(child_leaving());
	}
	CHECK(child_poll(&c, fds, 2, 0) == CHILD_LEAVE);
}

static void
the_end_of_the_master(void)
{
	int master;
	struct child c = a_child(&master);
	struct pollfd fds[1];

	close(master);
	CHECK(child_poll(&c, fds, 1, FOR_EVER) == CHILD_LEAVE);
	CHECK(!child_leaving());
	close(c.master_fd);
	c.master_fd = -1; /* as one that drains: it waits again */
	CHECK(child_poll(&c, fds, 1, 1) == CHILD_GO_ON);
}

static void
a_wait_that_cannot_be(void)
{
	struct rlimit none = { .rlim_cur = 1, .rlim_max = 1 };
	struct pollfd fds[2] = { { .fd = -1 }, { .fd = -1 } };
	struct child c = { .master_fd = -1, .channel = -1 };
	struct epoll_event event;

	CHECK(close(STDERR_FILENO) == 0); /* the complaint */
	CHECK(child_epoll(&c, -1, &event, 1, FOR_EVER) == -1);
	CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
	CHECK(child_poll(&c, fds, 2, FOR_EVER) == CHILD_FAILED);
}

static void
an_epoll_set(void)
{
	int ep = epoll_create1(EPOLL_CLOEXEC), some[2];
	struct child c = { .master_fd = -1, .channel = -1 };
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = 7 };

	CHECK(pipe(some) == 0 && epoll_ctl(ep, EPOLL_CTL_ADD, some[0], &event) == 0);
	CHECK(child_epoll(&c, ep, &event, 1, 1) == 0);
	CHECK(write(some[1], "x", 1) == 1);
	CHECK(child_epoll(&c, ep, &event, 1, FOR_EVER) == 1 && event.data.u32 == 7);
	CHECK(read(some[0], &event, 1) == 1 && raise(SIGTERM) == 0 && !child_leaving());
	CHECK(child_epoll(&c, ep, &event, 1, FOR_EVER) == 0 && child_leaving());
}

static int
new_file(void)
{
	char name[] = "/tmp/dwwaitXXXXXX";
	int fd = mkstemp(name);

	CHECK(fd >= 0 && unlink(name) == 0);
	return (fd);
}

static off_t
size_of(int fd)
{
	struct stat st;

	return (fstat(fd, &st) == 0 ? st.st_size : -1);
}

/* Both descriptors come down the channel before the signal; what the child says afterwards is in them. */
static void
a_log_that_was_rotated(void)
{
	char dir[] = "/tmp/dwwaitXXXXXX";
	int master, channel[2], log = new_file(), complaints = new_file();
	struct child c = a_child(&master);
	struct pollfd fds[1];

	CHECK(mkdtemp(dir) != NULL && chdir(dir) == 0 && log_open("log", LOG_LEVEL_ERROR) == 0);
	CHECK(unlink("log") == 0 && rmdir(dir) == 0); /* the child could not open it again */
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) == 0);
	c.channel = channel[1];
	CHECK(fd_send(channel[0], CHANNEL_STDERR, complaints) == 0 && fd_send(channel[0], CHANNEL_LOG, log) == 0);
	CHECK(child_poll(&c, fds, 1, 0) == CHILD_GO_ON); /* no signal yet: nothing is taken */
	CHECK(raise(SIGUSR1) == 0 && child_poll(&c, fds, 1, FOR_EVER) == CHILD_GO_ON);
	log_error("after the rotation");
	CHECK(size_of(log) > 0 && size_of(complaints) == 0);
	CHECK(dprintf(STDERR_FILENO, "from a library") > 0 && size_of(complaints) > 0);
	CHECK(child_poll(&c, fds, 1, 0) == CHILD_GO_ON); /* once for each signal */
}

/* Of a wait that always has something to tell, and so never waits. */
static void
a_signal_beside_work(void)
{
	int master, some[2], ep = epoll_create1(0);
	struct child c = a_child(&master);
	struct epoll_event e = { .events = EPOLLIN }, found;

	CHECK(pipe(some) == 0 && write(some[1], "x", 1) == 1 && epoll_ctl(ep, EPOLL_CTL_ADD, some[0], &e) == 0);
	CHECK(raise(SIGTERM) == 0);
	while (!child_leaving())
		CHECK(child_epoll(&c, ep, &found, 1, FOR_EVER) == 1);
}

static void
a_signal_beside_work_of_poll(void)
{
	int master, some[2];
	struct child c = a_child(&master);
	struct pollfd fds[2];

	CHECK(pipe(some) == 0 && write(some[1], "x", 1) == 1 && raise(SIGTERM) == 0);
	fds[1] = (struct pollfd){ .fd = some[0], .events = POLLIN };
	while (child_poll(&c, fds, 2, FOR_EVER) == CHILD_GO_ON)
		continue;
	CHECK(child_leaving());
}

static void
test_an_event(void **state)
{

	(void)state;
	in_child(an_event);
	in_child(an_epoll_set);
	in_child(an_end_of_time);
}

static void
test_told_to_leave(void **state)
{

	(void)state;
	in_child(a_signal_that_came_before);
	in_child(a_signal_beside_work);
	in_child(a_signal_beside_work_of_poll);
	in_child(the_end_of_the_master);
}

static void
test_failure(void **state)
{

	(void)state;
	in_child(a_wait_that_cannot_be);
}

static void
test_rotation(void **state)
{

	(void)state;
	in_child(a_log_that_was_rotated);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_event),
		cmocka_unit_test(test_told_to_leave),
		cmocka_unit_test(test_failure),
		cmocka_unit_test(test_rotation),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

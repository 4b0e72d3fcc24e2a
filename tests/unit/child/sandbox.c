/* SPDX-License-Identifier: ISC */
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "child/sandbox.h"

/* Each runs in a child of its own, which has entered the sandbox or not, and returns the errno it got, 0 if it was let. */
static int
start_a_program(void)
{
	char *argv[] = { (char *)(uintptr_t) "true", NULL }, *envp[] = { NULL };

	execve("/bin/true", argv, envp);
	return (errno);
}

#ifndef __SANITIZE_ADDRESS__
static int
trace(void)
{

	return (ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0 ? 0 : errno);
}
#endif

static int
leave_the_namespace(void)
{

	return (unshare(CLONE_NEWNS) == 0 ? 0 : errno);
}

static int
raw_socket(void)
{

	return (socket(AF_PACKET, SOCK_RAW, 0) >= 0 ? 0 : errno);
}

/* Root may open one: it is the filter that says no. */
static int
raw_ip_socket(void)
{

	return (socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP) >= 0 ? 0 : errno);
}

static int
raw_ip6_socket(void)
{

	return (socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_ICMPV6) >= 0 ? 0 : errno);
}

static int
everyday_work(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC), s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return (fd >= 0 && s >= 0 && tcp >= 0 && write(fd, "x", 1) == 1 ? 0 : errno);
}

static int
in_child_of(void (*enter)(bool), int (*body)(void), bool wanted)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		enter(wanted);
		_exit(body());
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return (WEXITSTATUS(status));
}

static int
in_child(int (*body)(void), bool wanted)
{

	return (in_child_of(sandbox_enter, body, wanted));
}

static int
has_new_privileges(void)
{

	return (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 ? 0 : EPERM);
}

static void
refuses(void **state)
{

	(void)state;
	if (!sandbox_is_built())
		skip();
	assert_int_equal(in_child(start_a_program, true), EPERM);
#ifndef __SANITIZE_ADDRESS__ /* which has to trace itself */
	assert_int_equal(in_child(trace, true), EPERM);
#endif
	assert_int_equal(in_child(leave_the_namespace, true), EPERM);
	assert_int_equal(in_child(raw_socket, true), EPERM);
	assert_int_equal(in_child(raw_ip_socket, true), EPERM);
	assert_int_equal(in_child(raw_ip6_socket, true), EPERM);
}

static void
lets_work_go_on(void **state)
{

	(void)state;
	assert_int_equal(in_child(everyday_work, true), 0);
	assert_int_equal(in_child(start_a_program, false), 0); /* not wanted: nothing changes */
}

/* Programs, also those that have more rights than who starts them; but nothing that changes the machine. */
static void
lets_helpers_start_programs(void **state)
{

	(void)state;
	assert_int_equal(in_child_of(sandbox_enter_helper, start_a_program, true), 0);
	assert_int_equal(in_child_of(sandbox_enter_helper, everyday_work, true), 0);
	assert_int_equal(in_child_of(sandbox_enter_helper, has_new_privileges, true), 0);
	assert_int_equal(in_child_of(sandbox_enter, has_new_privileges, true), sandbox_is_built() ? EPERM : 0);
	if (!sandbox_is_built() || geteuid() != 0)
		skip();
	assert_int_equal(in_child_of(sandbox_enter_helper, leave_the_namespace, true), EPERM);
	assert_int_equal(in_child_of(sandbox_enter_helper, raw_socket, true), EPERM);
	assert_int_equal(in_child_of(sandbox_enter_helper, raw_ip_socket, true), EPERM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses),
		cmocka_unit_test(lets_work_go_on),
		cmocka_unit_test(lets_helpers_start_programs),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

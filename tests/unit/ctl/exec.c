/* SPDX-License-Identifier: ISC */
/* A command that is given an event: how it ends, and what is left where it cannot even be started. */
#include <sys/resource.h>
#include <sys/wait.h>

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl/exec.h"

#define NOBODY 65534

static void
endings(void **state)
{
	char why[EXEC_WHY_MAX];

	(void)state;
	assert_true(exec_event("read -r line && test \"$line\" = event", STR_LIT("event"), why));
	assert_false(exec_event("exit 3", STR_LIT("event"), why));
	assert_string_equal(why, "the command returned 3");
	assert_false(exec_event("kill -9 $$", STR_LIT("event"), why));
	assert_string_equal(why, "the command died of signal 9");
}

static size_t
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	while (d != NULL && readdir(d) != NULL)
		n++;
	if (d != NULL)
		closedir(d);
	return (n);
}

/* In a process that may start none: 0 it is told so and has lost nothing; 1 not; 2 it may, whatever is done. */
static int
try_without_processes(void)
{
	const struct rlimit none = { 0, 0 };
	char why[EXEC_WHY_MAX];
	size_t before;

	if ((geteuid() == 0 && setuid(NOBODY) != 0) || setrlimit(RLIMIT_NPROC, &none) != 0)
		return (2);
	before = descriptors();
	for (int i = 0; i < 3; i++)
		if (exec_event("true", STR_LIT("event"), why))
			return (2);
	return (strncmp(why, "the command cannot be started: ", 31) == 0 && descriptors() == before ? 0 : 1);
}

static void
not_started(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(try_without_processes());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 2)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endings),
		cmocka_unit_test(not_started),
	};

	return (cmocka_run_group_tests_name("ctl/exec", tests, NULL, NULL));
}

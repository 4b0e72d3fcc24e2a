/* SPDX-License-Identifier: ISC */
/* Whose lease counts no more: a process of this machine that has gone, and nobody else's. */
#include <sys/wait.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "relay/holder.h"

static void
test_dead(void **state)
{
	char name[LEASE_HOLDER_MAX + 1], other[LEASE_HOLDER_MAX + 1] = "x";
	siginfo_t info;
	int ends[2];
	pid_t pid;

	(void)state;
	holder_name(name);
	assert_true(holder_is_near(name));
	assert_false(holder_is_dead(name));
	assert_int_equal(pipe(ends), 0);
	if ((pid = fork()) == 0) {
		holder_name(other);
		_exit(write(ends[1], other, sizeof(other)) != (ssize_t)sizeof(other));
	}
	assert_int_equal(read(ends[0], other, sizeof(other)), sizeof(other));
	assert_string_not_equal(name, other);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_true(holder_is_dead(other)); /* not waited for yet */
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(holder_is_near(other) && holder_is_dead(other));
	memmove(other + 1, other, strlen(other)); /* another host */
	assert_false(holder_is_near(other) || holder_is_dead(other));
	assert_false(holder_is_dead("") || holder_is_dead("host//1") || holder_is_near("host"));
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_dead) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

/* SPDX-License-Identifier: ISC */
/* One question in a process of its own: what comes of it if the module answers, blocks, crashes, or leaves processes behind. */
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "pam/descendants.h"

#include "pam/turn.h"

static int told[2]; /* a pipe: pids of what a module started */
static struct child child = { .master_fd = -1, .channel = -1, .helper = -1 };
static bool no_process; /* is to be had */

/* In the place of the C library's. */
pid_t
fork(void)
{
	union {
		void *found;
		pid_t (*fork)(void);
	} next = { .found = dlsym(RTLD_NEXT, "fork") };

	errno = EAGAIN;
	return (no_process ? -1 : next.fork());
}

static void
tell_pid(void)
{
	pid_t pid = getpid();

	assert_int_equal(write(told[1], &pid, sizeof(pid)), sizeof(pid));
}

static enum dw_result
answers(void *db, const struct helper_question *q, struct account *out)
{

	assert_ptr_equal(db, told);
	snprintf(out->name, sizeof(out->name), "%s", q->name);
	memset(out->groups, 'g', GROUPS_MAX);
	out->groups_len = GROUPS_MAX;
	return (DW_OK);
}

static enum dw_result
refuses(void *db, const struct helper_question *q, struct account *out)
{

	(void)db, (void)q, (void)out;
	return (DW_REFUSED);
}

static enum dw_result
crashes(void *db, const struct helper_question *q, struct account *out)
{

	(void)db, (void)q, (void)out;
	(void)raise(SIGKILL);
	return (DW_OK);
}

static enum dw_result
blocks(void *db, const struct helper_question *q, struct account *out)
{

	(void)db, (void)q, (void)out;
	tell_pid();
	while (pause() != 0)
		continue;
	return (DW_OK);
}

/* A daemon: in a session of its own, its parent gone. */
static void
leave_daemon(void)
{

	if (fork() != 0)
		return;
	setsid();
	if (fork() != 0)
		_exit(0);
	for (int sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_IGN);
	tell_pid();
	while (pause() != 0)
		continue;
	_exit(0);
}

/* Until ${n} have told of themselves: whoever is ended before that is waited for in vain. */
static void
wait_for_told(int n)
{
	int bytes = 0;

	while (ioctl(told[0], FIONREAD, &bytes) == 0 && bytes < n * (int)sizeof(pid_t))
		usleep(1000);
}

static enum dw_result
leaves_processes(void *db, const struct helper_question *q, struct account *out)
{
	leave_daemon();
	leave_daemon();
	wait_for_told(2);
	return (answers(db, q, out));
}

static bool
take(enum dw_result (*answer)(void *, const struct helper_question *, struct account *), int64_t ms, struct helper_answer *a)
{
	const struct userdb_driver driver = { .answer = answer };
	const struct serving s = { .child = &child, .driver = &driver, .db = told };
	struct helper_question q = { .kind = HELPER_VERIFY, .name = "alice", .until = clock_mono_ms() + ms };

	memset(a, 0, sizeof(*a));
	return (turn_take(&s, &q, a));
}

/* Those that told of themselves are gone, and reaped where they had become ours. */
static void
nobody_is_left(size_t n)
{

	for (size_t i = 0; i < n; i++) {
		pid_t pid;

		assert_int_equal(read(told[0], &pid, sizeof(pid)), sizeof(pid));
		assert_int_equal(kill(pid, 0), -1);
	}
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void
test_answers(void **state)
{
	static struct helper_answer a;

	(void)state;
	assert_true(take(answers, 60000, &a));
	assert_int_equal(a.result, DW_OK);
	assert_string_equal(a.account.name, "alice");
	assert_int_equal(strlen(a.account.groups), GROUPS_MAX);
	assert_true(take(refuses, 60000, &a));
	assert_int_equal(a.result, DW_REFUSED);
	nobody_is_left(0);
}

static void
test_crash(void **state)
{
	static struct helper_answer a;

	(void)state;
	assert_false(take(crashes, 60000, &a));
	nobody_is_left(0);
}

static void
test_blocks(void **state)
{
	static struct helper_answer a;

	(void)state;
	assert_false(take(blocks, 3000, &a)); /* long enough to tell of itself */
	nobody_is_left(1);
}

static void
test_leftovers(void **state)
{
	static struct helper_answer a;

	(void)state;
	assert_true(take(leaves_processes, 60000, &a));
	nobody_is_left(2);
}

static int
next_descriptor(void)
{
	int fd = dup(told[0]);

	assert_true(fd >= 0);
	close(fd);
	return (fd);
}

/* What could not be asked for want of a process costs no descriptor: there is a next question. */
static void
test_no_process(void **state)
{
	static struct helper_answer a;
	int before = next_descriptor();

	(void)state;
	no_process = true;
	assert_false(take(answers, 60000, &a));
	no_process = false;
	assert_int_equal(next_descriptor(), before);
	assert_true(take(answers, 60000, &a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_answers), cmocka_unit_test(test_crash),
		cmocka_unit_test(test_blocks), cmocka_unit_test(test_leftovers), cmocka_unit_test(test_no_process) };

	if (pipe(told) != 0 || descendants_adopt() != 0)
		return (1);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}

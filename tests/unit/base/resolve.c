/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>
#include <sys/wait.h>

#include <dirent.h>
#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/address_reach.h"
#include "base/clock.h"
#include "base/resolve.h"
#include "base/shared_names.h"

#define LONG 60000   /* ms, that nothing here takes */
#define LATER 100000 /* ms, after which everything known is old */

/* The linker puts these in the place of the resolver, which answers what it is told to when it is told to, and of the clock and
 * who waits by it. */
int __real_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out);
int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out);
int64_t __real_clock_mono_ms(void);
int64_t __wrap_clock_mono_ms(void);
int __real_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until);
int __wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until);

static _Atomic int questions;
static _Atomic(const char *) answer; /* NULL: there is no such name */
static _Atomic bool is_silent;
static _Atomic int64_t turned;
static sem_t go_on;

int
__wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	struct addrinfo numeric = *hints;

	(void)node;
	questions++;
	while (is_silent && sem_wait(&go_on) != 0)
		continue;
	numeric.ai_flags |= AI_NUMERICHOST;
	return (answer == NULL ? EAI_NONAME : __real_getaddrinfo(answer, service, &numeric, out));
}

int64_t
__wrap_clock_mono_ms(void)
{

	return (__real_clock_mono_ms() + turned);
}

/* What waits by that clock must not wait for what it was turned on by. */
int
__wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until)
{
	struct timespec real = { .tv_sec = until->tv_sec - turned / 1000, .tv_nsec = until->tv_nsec };

	return (__real_pthread_cond_timedwait(cond, mutex, &real));
}

static int64_t
in(int64_t ms)
{

	return (clock_mono_ms() + ms);
}

static void
wait_for_answers(unsigned all)
{

	for (unsigned seen; (seen = resolve_answers()) < all;)
		assert_true(resolve_wait(seen, in(LONG)));
}

/* Everything that hangs goes on, and is waited for. */
static void
let_go(unsigned n)
{
	unsigned all = resolve_answers() + n;

	is_silent = false;
	for (unsigned i = 0; i < n; i++)
		sem_post(&go_on);
	wait_for_answers(all);
}

/* Until no thread of an earlier question is left. One that is about to end holds locks of the sanitizer, which a child would
 * find held for ever. */
static void
wait_until_alone(void)
{
	DIR *tasks;
	int n = 0;

	do {
		usleep(n == 0 ? 0 : 1000);
		assert_non_null(tasks = opendir("/proc/self/task"));
		for (n = 0; readdir(tasks) != NULL; n++)
			continue;
		closedir(tasks);
	} while (n > 3); /* ".", ".." and this one */
}

static int
begin(void **state)
{

	(void)state;
	questions = 0;
	answer = "192.0.2.1";
	is_silent = false;
	turned = 0;
	wait_until_alone();
	return (sem_init(&go_on, 0, 0));
}

static void
an_address_is_no_question(void **state)
{
	static const char *const addresses[] = { "127.0.0.1", "::1", "2001:db8::7:1" };
	struct resolved r;

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		assert_int_equal(resolve(addresses[i], 0, &r), 0);
		assert_int_equal(r.n, 1);
		assert_string_equal(r.address[0], addresses[i]);
	}
	assert_int_equal(questions, 0);
	assert_int_equal(resolve("", in(LONG), &r), EAI_NONAME);
	assert_int_equal(questions, 0);
}

/* Who waited in vain returns while the question hangs; who comes next has its answer, and nobody asks twice. */
static void
a_silent_resolver_is_not_waited_for(void **state)
{
	struct resolved r;

	(void)state;
	is_silent = true;
	assert_int_equal(resolve("slow", in(20), &r), EAI_INPROGRESS);
	assert_int_equal(r.n, 0);
	assert_int_equal(resolve("slow", in(20), &r), EAI_INPROGRESS);
	assert_int_equal(resolve("slow", 0, &r), EAI_INPROGRESS);
	let_go(1);
	assert_int_equal(resolve("slow", 0, &r), 0);
	assert_string_equal(r.address[0], "192.0.2.1");
	assert_int_equal(questions, 1);
}

static void
what_was_known_stays(void **state)
{
	struct resolved r;

	(void)state;
	assert_int_equal(resolve("known", in(LONG), &r), 0);
	assert_int_equal(resolve("known", in(LONG), &r), 0);
	assert_int_equal(questions, 1);
	turned += LATER;
	is_silent = true;
	assert_int_equal(resolve("known", in(LONG), &r), 0); /* does not wait */
	assert_string_equal(r.address[0], "192.0.2.1");
	answer = NULL;
	let_go(1);
	assert_int_equal(questions, 2);
	assert_int_equal(resolve("known", in(LONG), &r), 0); /* and there is no such name any more */
	assert_string_equal(r.address[0], "192.0.2.1");
	answer = "192.0.2.2";
	turned += LATER;
	for (int i = 0; i < LONG && strcmp(r.address[0], "192.0.2.2") != 0; i++, usleep(1000))
		assert_int_equal(resolve("known", 0, &r), 0);
	assert_string_equal(r.address[0], "192.0.2.2");
}

/* What the master has found out is known to who is forked from it: each name, and none takes another's place. */
static void
all_that_was_learned_is_known(void **state)
{
	static const char *const names[] = { "learned.one", "learned.two", "learned.three" };
	struct resolved r = { .address = { "192.0.2.3" }, .n = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		resolve_learn(names[i], &r);
	is_silent = true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(resolve(names[i], 0, &r), 0);
		assert_string_equal(r.address[0], "192.0.2.3");
	}
	assert_int_equal(questions, 0);
}

static void
no_such_name(void **state)
{
	struct resolved r;

	(void)state;
	answer = NULL;
	assert_int_equal(resolve("nobody", in(LONG), &r), EAI_NONAME);
	assert_int_equal(resolve("nobody", in(LONG), &r), EAI_NONAME); /* at once: it was asked a moment ago */
	assert_int_equal(questions, 1);
	turned += LATER;
	is_silent = true;
	assert_int_equal(resolve("nobody", 0, &r), EAI_NONAME); /* and is being asked again */
	answer = "192.0.2.3";
	let_go(1);
	assert_int_equal(resolve("nobody", 0, &r), 0);
	assert_string_equal(r.address[0], "192.0.2.3");
}

static const char *
only_loopback(const void *of, enum address_reach reach)
{

	(void)of;
	return (reach == REACH_LOOPBACK ? NULL : "elsewhere");
}

/* Whether a name may be connected to is said in time: what is not known yet is judged when it is. */
static void
judged_in_time(void **state)
{
	char why[64];

	(void)state;
	is_silent = true;
	assert_true(address_admits_host("judged", in(20), only_loopback, NULL, why, sizeof(why)));
	let_go(1);
	assert_false(address_admits_host("judged", 0, only_loopback, NULL, why, sizeof(why)));
	assert_string_equal(why, "192.0.2.1 is elsewhere");
	answer = "127.0.0.2";
	assert_true(address_admits_host("judged.loopback", in(LONG), only_loopback, NULL, why, sizeof(why)));
	assert_int_equal(questions, 2);
}

/* The thread that hangs is the parent's. */
static void
a_child_asks_anew(void **state)
{
	struct resolved r;
	int status;
	pid_t pid;

	(void)state;
	is_silent = true;
	assert_int_equal(resolve("forked", in(20), &r), EAI_INPROGRESS);
	if ((pid = fork()) == 0) {
		is_silent = false;
		_exit(resolve("forked", in(LONG), &r) == 0 && questions == 2 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	let_go(1);
}

/* As over TCP, where nobody says a word: the name is asked for anew, and an answer that comes after that is not listened to. */
static void
a_question_without_end_is_given_up(void **state)
{
	unsigned before = resolve_answers();
	struct resolved r;

	(void)state;
	is_silent = true;
	assert_int_equal(resolve("hangs", in(20), &r), EAI_INPROGRESS);
	turned += LATER;
	assert_int_equal(resolve("hangs", in(20), &r), EAI_INPROGRESS);
	assert_int_equal(resolve("hangs", in(20), &r), EAI_INPROGRESS);
	for (int i = 0; i < LONG && questions < 2; i++)
		usleep(1000);
	assert_int_equal(questions, 2);
	turned += LATER;
	is_silent = false;
	assert_int_equal(resolve("hangs", in(LONG), &r), 0);
	assert_string_equal(r.address[0], "192.0.2.1");
	answer = "192.0.2.9";
	sem_post(&go_on);
	sem_post(&go_on);
	wait_for_answers(before + 3);
	assert_int_equal(resolve("hangs", 0, &r), 0);
	assert_string_equal(r.address[0], "192.0.2.1");
	assert_int_equal(questions, 3);
}

/* Of a name that was announced later only its child knows: then, all do. */
static void
another_has_learned_it(void **state)
{
	struct resolved r;
	int status;
	pid_t pid;

	(void)state;
	assert_true(shared_names_make());
	if ((pid = fork()) == 0)
		_exit(resolve("announced", in(LONG), &r) == 0 && questions == 1 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	is_silent = true;
	assert_int_equal(resolve("announced", 0, &r), 0);
	assert_string_equal(r.address[0], "192.0.2.1");
	assert_int_equal(resolve("not announced", 0, &r), EAI_INPROGRESS);
	answer = "192.0.2.9";
	let_go(2);
	assert_int_equal(resolve("announced", 0, &r), 0); /* what is newer counts */
	assert_string_equal(r.address[0], "192.0.2.9");
}

/* As many threads as there are names, and no more of these than there is room for. */
static void
is_bounded(void **state)
{
	struct resolved r;
	char name[16];
	unsigned n = 0;
	int error;

	(void)state;
	is_silent = true;
	do {
		snprintf(name, sizeof(name), "crowd%u", n);
		error = resolve(name, 0, &r);
	} while (error == EAI_INPROGRESS && ++n < 1000);
	assert_int_equal(error, EAI_AGAIN);
	assert_in_range(n, 16, 256);
	assert_int_equal(resolve("127.0.0.1", 0, &r), 0);
	let_go(n);
	assert_int_equal(resolve("late", in(LONG), &r), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_address_is_no_question, begin),
		cmocka_unit_test_setup(a_silent_resolver_is_not_waited_for, begin),
		cmocka_unit_test_setup(what_was_known_stays, begin),
		cmocka_unit_test_setup(all_that_was_learned_is_known, begin),
		cmocka_unit_test_setup(no_such_name, begin),
		cmocka_unit_test_setup(judged_in_time, begin),
		cmocka_unit_test_setup(a_child_asks_anew, begin),
		cmocka_unit_test_setup(a_question_without_end_is_given_up, begin),
		cmocka_unit_test_setup(another_has_learned_it, begin),
		cmocka_unit_test_setup(is_bounded, begin),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

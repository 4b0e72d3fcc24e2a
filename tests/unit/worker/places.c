/* SPDX-License-Identifier: ISC */
/* The places for connections, with a clock of the test's own: who waits how long, and who goes where there are too few. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "worker/places.h"

#define T0 1000000
#define DEADLINE 10000
#define LONG_ENOUGH 200 /* ms after which a connection may have to go for another */
#define HEAD_START 5
#define IN_VAIN 8 /* that owe a request: from here on there is no head start */

static struct places *p;
static _Atomic uint32_t shown;

static int
setup(void **state)
{

	(void)state;
	p = calloc(1, sizeof(*p));
	assert_non_null(p);
	places_init(p, false, &shown);
	p->limit = 3;
	return (0);
}

static int
teardown(void **state)
{

	(void)state;
	for (uint32_t i = 0; i < PLACES_MAX; i++)
		if (p->connections[i].fd >= 0)
			places_drop(p, &p->connections[i]);
	assert_int_equal(shown, 0);
	free(p);
	return (0);
}

static struct connection *
take(int64_t now)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return (places_take(p, fd, now));
}

static void
test_the_first_to_owe_is_the_first_overdue(void **state)
{
	struct connection *a, *b;

	(void)state;
	assert_int_equal(places_due(p, DEADLINE, T0), -1);
	a = take(T0);
	b = take(T0 + 10);
	assert_int_equal(shown, 2);
	assert_int_equal(places_due(p, DEADLINE, T0 + 10), DEADLINE - 10);
	assert_null(places_overdue(p, DEADLINE, T0 + DEADLINE - 1));
	assert_ptr_equal(places_overdue(p, DEADLINE, T0 + DEADLINE), a);
	places_keep(p, a, T0 + DEADLINE);
	assert_ptr_equal(places_overdue(p, DEADLINE, T0 + DEADLINE + 10), b);
}

/* Neither does a request that goes on arriving gain time by each piece, nor does a kept connection owe any. */
static void
test_only_a_kept_connection_begins_anew(void **state)
{
	struct connection *a = take(T0);

	(void)state;
	places_owe(p, a, T0 + 100);
	assert_int_equal(places_due(p, DEADLINE, T0 + 100), DEADLINE - 100);
	places_keep(p, a, T0 + 200);
	assert_int_equal(places_due(p, DEADLINE, T0 + 200), -1);
	places_owe(p, a, T0 + 300);
	assert_int_equal(places_due(p, DEADLINE, T0 + 300), DEADLINE);
}

static void
test_the_oldest_that_owes_makes_room_when_it_had_its_time(void **state)
{
	struct connection *a = take(T0), *b = take(T0 + 1), *c = take(T0 + 2);

	(void)state;
	assert_true(places_full(p));
	assert_false(places_make_room(p, T0 + LONG_ENOUGH - 1));
	assert_int_equal(places_rest(p, T0 + LONG_ENOUGH - 1), 1);
	assert_true(places_make_room(p, T0 + LONG_ENOUGH));
	assert_int_equal(a->fd, -1);
	assert_true(b->fd >= 0 && c->fd >= 0);
	assert_false(places_full(p));
}

static void
test_who_owes_nothing_goes_before_who_had_no_time(void **state)
{
	struct connection *a = take(T0), *b;

	(void)state;
	places_keep(p, a, T0);
	b = take(T0 + LONG_ENOUGH);
	take(T0 + LONG_ENOUGH);
	assert_true(places_make_room(p, T0 + LONG_ENOUGH));
	assert_int_equal(a->fd, -1);
	assert_true(b->fd >= 0);
}

static void
test_without_descriptors_it_rests(void **state)
{

	(void)state;
	places_starve(p, T0);
	assert_int_equal(places_rest(p, T0), 100);
	assert_false(places_make_room(p, T0 + 99));
	assert_true(places_make_room(p, T0 + 100));
	take(T0 + 100);
	places_starve(p, T0 + 100);
	places_drop(p, TAILQ_FIRST(&p->owing));
	assert_int_equal(places_rest(p, T0 + 100), 0);
}

static void
test_a_head_start_until_it_is_in_vain(void **state)
{

	(void)state;
	p->limit = PLACES_MAX;
	take(T0);
	assert_int_equal(places_rest(p, T0), 0);
	p->single = true;
	for (int i = 1; i <= IN_VAIN; i++) {
		assert_int_equal(places_rest(p, T0), HEAD_START);
		assert_int_equal(places_rest(p, T0 + HEAD_START), 0);
		take(T0);
	}
	assert_int_equal(places_rest(p, T0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_the_first_to_owe_is_the_first_overdue, setup, teardown),
		cmocka_unit_test_setup_teardown(test_only_a_kept_connection_begins_anew, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_oldest_that_owes_makes_room_when_it_had_its_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_who_owes_nothing_goes_before_who_had_no_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_without_descriptors_it_rests, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_head_start_until_it_is_in_vain, setup, teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

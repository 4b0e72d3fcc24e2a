/* SPDX-License-Identifier: ISC */
/* What comes of a password, and what is counted, told and answered of it. The verification is the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../fake.h"
#include "auth/attempt.h"
#include "auth/password.h"

static enum dw_result verdict;
static struct account out;
static int64_t wait, failures;

enum dw_result __wrap_password_verify(
    struct app *app, struct str name, struct str password, const char *ip, struct account *account);

enum dw_result
__wrap_password_verify(struct app *app, struct str name, struct str password, const char *ip, struct account *account)
{

	(void)app, (void)name, (void)password, (void)ip;
	fake_note(&fake, "verify");
	snprintf(account->id, sizeof(account->id), "%s", "id-of-alice");
	return (verdict);
}

static int
fresh(void **state)
{

	fake_fresh(state);
	fake.conf.throttle_enabled = true;
	verdict = DW_REFUSED;
	return (0);
}

static uint64_t
counted(enum board_counter c)
{

	return (board_counted(&fake.app.slot->numbers, c));
}

static enum attempt_outcome
attempt(const char *name)
{
	const struct attempt in = {
		.username = str_of(name), .password = STR_LIT("secret"), .actor = { "192.0.2.1", "t", "default" }
	};

	return (attempt_password(&fake.app, &in, &out, &wait, &failures));
}

/* Reserved, evaluated, settled and only then told. */
static void
test_order(void **state)
{
	uint64_t before = counted(COUNT_PASSWORDS);

	(void)state;
	assert_int_equal(attempt("Alice"), ATTEMPT_WRONG);
	assert_string_equal(fake.trail_text, "guess verify guess notify ");
	assert_string_equal(fake.guess_steps, "a0 i0 a1 i1 ");
	assert_string_equal(fake.noticed_reason, "invalid_credentials");
	assert_string_equal(fake.noticed_username, "alice");
	assert_string_equal(fake.noticed_user_id, "id-of-alice");
	assert_int_equal(counted(COUNT_PASSWORDS) - before, 1);
}

static void
test_right(void **state)
{

	(void)state;
	verdict = DW_OK;
	assert_int_equal(attempt("alice"), ATTEMPT_RIGHT);
	assert_string_equal(fake.trail_text, "guess verify guess ");
	assert_string_equal(fake.guess_steps, "a0 i0 a2 i3 ");
}

/* Right or wrong: what was not counted is not told. */
static void
test_not_counted(void **state)
{
	static const enum dw_result rows[] = { DW_OK, DW_REFUSED };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fresh(state);
		fake.guess_settle_rc = DW_UNAVAILABLE;
		verdict = rows[i];
		assert_int_equal(attempt("alice"), ATTEMPT_NO_STORE);
		assert_string_equal(fake.trail_text, "guess verify guess ");
	}
}

/* What could not be judged is given back, and counts for nothing. */
static void
test_not_judged(void **state)
{
	static const struct {
		enum dw_result verdict;
		enum attempt_outcome outcome;
	} rows[] = {
		{ DW_BUSY, ATTEMPT_OVERLOADED },
		{ DW_UNAVAILABLE, ATTEMPT_NO_USERDB },
		{ DW_FAULT, ATTEMPT_FAULT },
	};
	uint64_t before = counted(COUNT_PASSWORDS);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fresh(state);
		verdict = rows[i].verdict;
		fake.guess_settle_rc = i == 0 ? DW_UNAVAILABLE : DW_OK; /* if it cannot be, it expires */
		assert_int_equal(attempt("alice"), rows[i].outcome);
		assert_string_equal(fake.guess_steps, "a0 i0 a3 i3 ");
		assert_string_equal(fake.noticed_type, "");
	}
	assert_int_equal(counted(COUNT_PASSWORDS), before);
}

static void
test_throttled(void **state)
{
	uint64_t before = counted(COUNT_THROTTLED);

	(void)state;
	fake.guess_verdict[0] = GUESS_WAIT;
	fake.guess_wait[0] = 2001;
	assert_int_equal(attempt("alice"), ATTEMPT_THROTTLED);
	assert_int_equal(wait, 3); /* who comes then comes late enough */
	assert_string_equal(fake.trail_text, "guess guess ");
	fake.guess_wait[0] = 1;
	fake.guess_report[0] = true;
	assert_int_equal(attempt("alice"), ATTEMPT_THROTTLED);
	assert_int_equal(wait, 1);
	assert_string_equal(fake.noticed_reason, "throttled");
	assert_string_equal(fake.noticed_user_id, "");
	assert_int_equal(counted(COUNT_THROTTLED) - before, 2);
}

static void
test_nothing_is_evaluated(void **state)
{

	(void)state;
	fake.guess_verdict[0] = GUESS_UNDECIDED;
	assert_int_equal(attempt("alice"), ATTEMPT_OVERLOADED);
	fake.guess_rc[0] = DW_UNAVAILABLE;
	assert_int_equal(attempt("alice"), ATTEMPT_NO_STORE);
	assert_null(strstr(fake.trail_text, "verify"));
	assert_string_equal(fake.noticed_type, "");
}

/* What can be nobody's name is counted, and no event names it. */
static void
test_no_name(void **state)
{

	(void)state;
	assert_int_equal(attempt("a:b"), ATTEMPT_WRONG);
	assert_string_equal(fake.trail_text, "guess verify guess ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order, fresh),
		cmocka_unit_test_setup(test_right, fresh),
		cmocka_unit_test_setup(test_not_counted, fresh),
		cmocka_unit_test_setup(test_not_judged, fresh),
		cmocka_unit_test_setup(test_throttled, fresh),
		cmocka_unit_test_setup(test_nothing_is_evaluated, fresh),
		cmocka_unit_test_setup(test_no_name, fresh),
	};

	return (cmocka_run_group_tests_name("attempts", tests, fake_begin, fake_end));
}

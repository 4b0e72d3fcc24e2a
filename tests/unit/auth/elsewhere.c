/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/password.h"

#include "../fake.h"

#define MS INT64_C(1000000)

static int64_t mono = 1000 * MS, slept_until;
static enum dw_result answer;
static int64_t cost;        /* of the database's answer */
static const char *matches; /* the only password that is right; NULL = as ${answer} says */
static bool disabled;
static char asked_name[64], asked_password[64], asked_ip[64];

int64_t __wrap_clock_mono_ns(void);
void __wrap_clock_sleep_until(int64_t ns);
void __wrap_pwhash_spend(const char *like, const char *password, size_t n);

int64_t
__wrap_clock_mono_ns(void)
{

	return (mono);
}

void
__wrap_clock_sleep_until(int64_t ns)
{

	slept_until = ns;
	if (mono < ns)
		mono = ns;
}

void
__wrap_pwhash_spend(const char *like, const char *password, size_t n)
{

	(void)like, (void)password, (void)n;
	fake_note(&fake, "spend");
}

static enum dw_result
verify(void *db, const char *name, struct str password, const char *ip, struct account *out)
{

	(void)db;
	fake_note(&fake, "verify");
	snprintf(asked_name, sizeof(asked_name), "%s", name);
	snprintf(asked_password, sizeof(asked_password), "%.*s", (int)password.len, password.p);
	snprintf(asked_ip, sizeof(asked_ip), "%s", ip);
	mono += cost;
	snprintf(out->id, sizeof(out->id), "user-1");
	out->disabled = disabled;
	return (matches == NULL ? answer : strcmp(matches, asked_password) == 0 ? DW_OK : DW_REFUSED);
}

static const struct userdb_ops users = { .verify = verify };

static int
fresh(void **state)
{

	fake_fresh(state);
	fake.app.users = &users;
	answer = DW_OK;
	cost = 30 * MS;
	matches = NULL;
	disabled = false;
	return (0);
}

/* The first test: nobody's time is known yet; then that of a right password is better than none. */
static void
before_the_first(void **state)
{
	int64_t start;

	(void)state;
	answer = DW_ABSENT;
	fake_verify("nobody", "password", DW_REFUSED, "verify spend ");
	answer = DW_OK;
	cost = 300 * MS;
	fake_verify("alice", "password", DW_OK, "verify ");
	answer = DW_ABSENT;
	cost = 2 * MS;
	start = mono;
	fake_verify("nobody", "password", DW_REFUSED, "verify ");
	assert_int_equal(mono - start, 300 * MS);
}

static void
outcomes(void **state)
{

	(void)state;
	fake_verify("ALICE", "password", DW_OK, "verify ");
	assert_string_equal(asked_name, "alice");
	assert_string_equal(asked_ip, FAKE_ADDRESS);
	answer = DW_REFUSED;
	fake_verify("alice", "password", DW_REFUSED, "verify ");
	answer = DW_UNAVAILABLE; /* never a wrong password */
	fake_verify("alice", "password", DW_UNAVAILABLE, "verify ");
	answer = DW_FAULT;
	fake_verify("alice", "password", DW_UNAVAILABLE, "verify ");
	answer = DW_OK;
	disabled = true;
	fake_verify("alice", "password", DW_REFUSED, "verify ");
	/* What is no name or no password does not reach the database. */
	fake_verify("a/b", "password", DW_REFUSED, "");
	fake_verify("alice", "", DW_REFUSED, "");
}

static void
forms(void **state)
{

	(void)state;
	matches = "zo\xc3\xab";
	fake_verify("alice", "zoe\xcc\x88", DW_OK, "verify ");
	matches = "zoe\xcc\x88"; /* kept as somebody typed it */
	fake_verify("alice", "zoe\xcc\x88", DW_OK, "verify verify ");
	matches = "another";
	fake_verify("alice", "zoe\xcc\x88", DW_REFUSED, "verify verify ");
	/* A database that falls silent between the two has not said no. */
	matches = NULL;
	answer = DW_UNAVAILABLE;
	fake_verify("alice", "zoe\xcc\x88", DW_UNAVAILABLE, "verify ");
}

/* An unknown name is answered after a time that somebody's password took. */
static void
unknown_takes_as_long(void **state)
{
	int64_t start;

	(void)state;
	for (int i = 0; i < 32; i++) { /* a right one takes longer: its groups are asked for, too */
		cost = (i % 2 == 0 ? 300 : 30 + i / 2) * MS;
		answer = i % 2 == 0 ? DW_OK : DW_REFUSED;
		fake_verify("alice", "password", answer, "verify ");
	}
	answer = DW_ABSENT;
	cost = 2 * MS;
	for (int i = 0; i < 40; i++) {
		start = mono;
		fake_verify("nobody", "password", DW_REFUSED, "verify ");
		assert_in_range(mono - start, 30 * MS, 45 * MS);
	}
	/* Both forms of it; and what is no name at all. */
	start = mono;
	fake_verify("nobody", "zoe\xcc\x88", DW_REFUSED, "verify ");
	assert_in_range(mono - start, 60 * MS, 90 * MS);
	start = mono;
	fake_verify("a/b", "password", DW_REFUSED, "");
	assert_in_range(mono - start, 30 * MS, 45 * MS);
	/* An outage is nobody's time. */
	answer = DW_UNAVAILABLE;
	cost = 2000 * MS;
	fake_verify("alice", "password", DW_UNAVAILABLE, "verify ");
	answer = DW_ABSENT;
	cost = 2 * MS;
	for (int i = 0; i < 16; i++) {
		start = mono;
		fake_verify("nobody", "password", DW_REFUSED, "verify ");
		assert_in_range(mono - start, 30 * MS, 45 * MS);
	}
}

/* Whoever waits for the database is one of those that hash: checks go on. */
static void
overloaded(void **state)
{
	struct board_slot *other = &fake.app.board->slots[1];

	(void)state;
	other->hashing = 1;
	fake_verify("alice", "password", DW_BUSY, "");
	other->hashing = 0;
	fake_verify("alice", "password", DW_OK, "verify ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(before_the_first, fresh),
		cmocka_unit_test_setup(outcomes, fresh),
		cmocka_unit_test_setup(forms, fresh),
		cmocka_unit_test_setup(unknown_takes_as_long, fresh),
		cmocka_unit_test_setup(overloaded, fresh),
	};

	return (cmocka_run_group_tests(tests, fake_begin, fake_end));
}

/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/password.h"
#include "crypto/pwhash.h"

#include "../fake.h"

#define DEFAULT_COST 40 /* ms of a turned clock */
#define CHEAP 3
#define DEAR 90

static int64_t mono = 1000; /* the clock, moved by what is called */
static enum pwhash_verdict verdict;
static bool outdated, cannot_make;
static int64_t verify_cost;
static char spent_like[PWHASH_MAX];
static char verified[64], made[64]; /* passwords */
static const char *matches;         /* the only password that does; NULL = as ${verdict} says */

/* The linker puts these in the place of what password.c calls: calls are counted, and time is what they say it is. */
enum pwhash_verdict __wrap_pwhash_verify(const char *hash, const char *password, size_t n);
void __wrap_pwhash_spend(const char *like, const char *password, size_t n);
int __wrap_pwhash_make(const char *password, size_t n, char out[PWHASH_TEXT_MAX]);
bool __wrap_pwhash_outdated(const char *hash);
int64_t __wrap_clock_mono_ms(void);
int64_t __wrap_clock_cpu_us(void);
int64_t __wrap_pwhash_cost(const char *hash);
void __wrap_pwhash_burn(int64_t until);

enum pwhash_verdict
__wrap_pwhash_verify(const char *hash, const char *password, size_t n)
{

	assert_string_equal(hash, fake.account.hash);
	fake_note(&fake, "verify");
	snprintf(verified, sizeof(verified), "%.*s", (int)n, password);
	mono += verify_cost;
	return (matches == NULL ? verdict : strcmp(matches, verified) == 0 ? PWHASH_MATCH : PWHASH_NO_MATCH);
}

void
__wrap_pwhash_spend(const char *like, const char *password, size_t n)
{

	(void)password, (void)n;
	fake_note(&fake, "spend");
	snprintf(spent_like, sizeof(spent_like), "%s", like);
	mono += like[0] == '\0' ? DEFAULT_COST : DEAR;
}

int
__wrap_pwhash_make(const char *password, size_t n, char out[PWHASH_TEXT_MAX])
{

	snprintf(made, sizeof(made), "%.*s", (int)n, password);
	fake_note(&fake, "make");
	snprintf(out, PWHASH_TEXT_MAX, "new hash");
	return (cannot_make ? -1 : 0);
}

bool
__wrap_pwhash_outdated(const char *hash)
{

	(void)hash;
	return (outdated);
}

int64_t
__wrap_clock_mono_ms(void)
{

	return (mono);
}

int64_t
__wrap_clock_cpu_us(void)
{

	return (mono * 1000);
}

int64_t
__wrap_pwhash_cost(const char *hash)
{

	return (hash[0] == '\0' ? DEFAULT_COST : strncmp(hash, "$dear$", 6) == 0 ? DEAR : verify_cost);
}

void
__wrap_pwhash_burn(int64_t until)
{

	if (mono * 1000 < until)
		mono = until / 1000;
}

static int
fresh(void **state)
{

	fake_fresh(state);
	snprintf(fake.account.id, sizeof(fake.account.id), "user-1");
	snprintf(fake.account.name, sizeof(fake.account.name), "alice");
	snprintf(fake.account.hash, sizeof(fake.account.hash), "the hash");
	verdict = PWHASH_MATCH;
	outdated = cannot_make = false;
	verify_cost = DEFAULT_COST;
	matches = NULL;
	return (0);
}

/* One hash is computed, whoever is asked for: nobody can tell the cases apart (R090, R091). */
static void
same_work(void **state)
{
	static const struct {
		const char *what, *name;
		enum dw_result found;
		bool disabled;
		enum pwhash_verdict verdict;
		const char *trail;
	} t[] = {
		{ "unknown", "nobody", DW_ABSENT, false, PWHASH_MATCH, "find spend " },
		{ "wrong", "alice", DW_OK, false, PWHASH_NO_MATCH, "find verify " },
		{ "disabled, wrong", "alice", DW_OK, true, PWHASH_NO_MATCH, "find verify " },
		{ "disabled, right", "alice", DW_OK, true, PWHASH_MATCH, "find verify " },
		{ "no name", "", DW_OK, false, PWHASH_MATCH, "spend " },
		{ "no such name", "a/b", DW_OK, false, PWHASH_MATCH, "spend " },
		{ "no text", "\xff", DW_OK, false, PWHASH_MATCH, "spend " },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		int64_t start;

		fresh(state);
		fake.find_rc = t[i].found;
		fake.account.disabled = t[i].disabled;
		verdict = t[i].verdict;
		start = mono;
		fake_verify(t[i].name, "password", DW_REFUSED, t[i].trail);
		if (mono - start != DEFAULT_COST)
			fail_msg("%s takes %d ms", t[i].what, (int)(mono - start));
	}
}

/* How long the login of ${name} takes to fail. */
static int64_t
took(const char *name, const char *password)
{
	struct account a;
	int64_t start = mono;

	assert_int_equal(password_verify(&fake.app, str_of(name), str_of(password), FAKE_ADDRESS, &a), DW_REFUSED);
	return (mono - start);
}

/* Users whose hash is an old, cheap one do not stand out, enabled or not, by whatever password (R092). */
static void
same_time_of_old_hashes(void **state)
{
	static const struct {
		bool disabled;
		enum pwhash_verdict verdict;
	} t[] = { { false, PWHASH_NO_MATCH }, { true, PWHASH_NO_MATCH }, { true, PWHASH_MATCH } };

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		fresh(state);
		fake.find_rc = DW_ABSENT;
		assert_int_equal(took("nobody", "password"), DEFAULT_COST); /* measured by this */
		fresh(state);
		outdated = true;
		verify_cost = CHEAP;
		fake.account.disabled = t[i].disabled;
		verdict = t[i].verdict;
		assert_int_equal(took("alice", "password"), DEFAULT_COST);
	}
}

/* Nor does anybody if the dearest hash in use is an imported one, dearer than what new ones are: all take as long as that. */
static void
same_time_as_the_dearest(void **state)
{

	(void)state;
	fake.dearest = "$dear$17$c2FsdA$c2VjcmV0==";
	mono += 60000; /* it is looked for once in a while */
	fake.find_rc = DW_ABSENT;
	assert_int_equal(took("nobody", "password"), DEAR);
	assert_string_equal(spent_like, "$dear$17$c2FsdA$AAAAAAAA=="); /* the parameters, not somebody's hash */
	fake.find_rc = DW_OK;
	verdict = PWHASH_NO_MATCH;
	assert_int_equal(took("alice", "password"), DEAR);
	fake.account.disabled = true;
	verdict = PWHASH_MATCH;
	assert_int_equal(took("alice", "password"), DEAR);
	verify_cost = CHEAP;
	assert_int_equal(took("alice", "password"), DEAR);
	verify_cost = DEAR;
	strcpy(fake.account.hash, "$dear$17$other");
	assert_int_equal(took("alice", "password"), DEAR);
	/* A password of two forms is verified twice, and so it is for nobody. */
	assert_int_equal(took("nobody", "zoe\xcc\x88"), 2 * DEAR);
	fake.find_rc = DW_ABSENT;
	assert_int_equal(took("nobody", "zoe\xcc\x88"), 2 * DEAR);
	/* Gone again. */
	fake.dearest = NULL;
	mono += 60000;
	assert_int_equal(took("nobody", "password"), DEFAULT_COST);
	/* While it cannot be asked for, what was true counts. */
	fake.dearest = "$dear$17$c2FsdA$c2VjcmV0";
	mono += 60000;
	assert_int_equal(took("nobody", "password"), DEAR);
	fake.dearest_rc = DW_UNAVAILABLE;
	mono += 60000;
	assert_int_equal(took("nobody", "password"), DEAR);
	fresh(state);
	mono += 60000;
	fake.find_rc = DW_ABSENT;
	assert_int_equal(took("nobody", "password"), DEFAULT_COST);
}

/* One password, typed in two ways; and the bytes as typed, for hashes that were made of those. */
static void
forms(void **state)
{

	(void)state;
	fake_verify("alice", "zo\xc3\xab", DW_OK, "find verify ");
	assert_string_equal(verified, "zo\xc3\xab");
	fake_verify("alice", "zoe\xcc\x88", DW_OK, "find verify ");
	assert_string_equal(verified, "zo\xc3\xab");
	fake_verify("alice",
	    "a\xc2\xa0"
	    "b",
	    DW_OK, "find verify ");
	assert_string_equal(verified, "a b");
	matches = "zoe\xcc\x88"; /* an imported hash, of the bytes as typed: found, and renewed */
	fake_verify("alice", "zoe\xcc\x88", DW_OK, "find verify verify make replace_hash ");
	assert_string_equal(made, "zo\xc3\xab");
	fake_verify("alice", "zo\xc3\xab", DW_REFUSED, "find verify ");
	/* What cannot be a password costs nothing, whoever is meant. */
	fake_verify("alice", "\xff\xfe", DW_REFUSED, "");
	fake_verify("nobody", "\xff\xfe", DW_REFUSED, "");
}

static void
right(void **state)
{
	struct account a;

	(void)state;
	fake_verify("alice", "password", DW_OK, "find verify ");
	fake_verify("ALICE", "password", DW_OK, "find verify ");
	assert_string_equal(fake.found_name, "alice"); /* asked for in its one form */
	assert_int_equal(password_verify(&fake.app, STR_LIT("alice"), STR_LIT("password"), FAKE_ADDRESS, &a), DW_OK);
	assert_string_equal(a.id, "user-1");
	assert_string_equal(a.name, "alice");
}

static void
rehash(void **state)
{

	outdated = true;
	fake_verify("alice", "password", DW_OK, "find verify make replace_hash ");
	assert_string_equal(
	    fake.old_hash, "the hash"); /* only what was verified is replaced: a new password may be there by now */
	assert_string_equal(fake.new_hash, "new hash");
	fake.replace_hash_rc = DW_ABSENT;
	fake_verify("alice", "password", DW_OK, "find verify make replace_hash ");
	/* What goes wrong here does not fail the login (R099). */
	fresh(state);
	outdated = true;
	fake.replace_hash_rc = DW_UNAVAILABLE;
	fake_verify("alice", "password", DW_OK, "find verify make replace_hash ");
	fresh(state);
	outdated = cannot_make = true;
	fake_verify("alice", "password", DW_OK, "find verify make ");
	/*
	 * Nobody's hash is replaced by one of a password that was not right, or of an account that is not to be used.
	 */
	fresh(state);
	outdated = true;
	verdict = PWHASH_NO_MATCH;
	fake_verify("alice", "password", DW_REFUSED, "find verify ");
	verdict = PWHASH_MATCH;
	fake.account.disabled = true;
	fake_verify("alice", "password", DW_REFUSED, "find verify ");
	/* Where it could not be written none is made. */
	fresh(state);
	outdated = true;
	fake.driver.passwords = false;
	fake_verify("alice", "password", DW_OK, "find verify ");
}

/* Refused by its length alone, before anything is asked or hashed (R094). */
static void
lengths(void **state)
{
	char password[PASSWORD_MAX + 2];

	(void)state;
	memset(password, 'p', sizeof(password));
	password[PASSWORD_MAX + 1] = '\0';
	fake_verify("alice", password, DW_REFUSED, "");
	fake_verify("nobody", password, DW_REFUSED, "");
	fake_verify("alice", "", DW_REFUSED, "");
	fake_verify("alice", NULL, DW_REFUSED, "");
	password[PASSWORD_MAX] = '\0';
	fake_verify("alice", password, DW_OK, "find verify ");
}

static void
could_not_ask(void **state)
{

	(void)state;
	fake.find_rc = DW_UNAVAILABLE;
	fake_verify("alice", "password", DW_UNAVAILABLE, "find ");
	fake.find_rc = DW_FAULT;
	fake_verify("alice", "password", DW_UNAVAILABLE, "find ");
	/* Could not compute: not a wrong password, and not a right one. */
	fake.find_rc = DW_OK;
	verdict = PWHASH_ERROR;
	fake_verify("alice", "password", DW_FAULT, "find verify ");
	fake.account.disabled = true;
	fake_verify("alice", "password", DW_FAULT, "find verify ");
}

/* All places taken: nothing was evaluated, of nobody. */
static void
overloaded(void **state)
{
	struct board_slot *other = &fake.app.board->slots[1];
	uint64_t before = board_counted(&fake.app.slot->numbers, COUNT_REFUSED_OVERLOAD);

	(void)state;
	other->hashing = 1;
	fake_verify("alice", "password", DW_BUSY, "find ");
	fake.find_rc = DW_ABSENT;
	fake_verify("nobody", "password", DW_BUSY, "find ");
	assert_int_equal(board_counted(&fake.app.slot->numbers, COUNT_REFUSED_OVERLOAD), before + 2);
	other->hashing = 0;
	fake_verify("nobody", "password", DW_REFUSED, "find spend ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(same_work, fresh),
		cmocka_unit_test_setup(same_time_of_old_hashes, fresh),
		cmocka_unit_test_setup(same_time_as_the_dearest, fresh),
		cmocka_unit_test_setup(forms, fresh),
		cmocka_unit_test_setup(right, fresh),
		cmocka_unit_test_setup(rehash, fresh),
		cmocka_unit_test_setup(lengths, fresh),
		cmocka_unit_test_setup(could_not_ask, fresh),
		cmocka_unit_test_setup(overloaded, fresh),
	};

	return (cmocka_run_group_tests(tests, fake_begin, fake_end));
}

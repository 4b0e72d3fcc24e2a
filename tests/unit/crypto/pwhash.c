/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "crypto/pwhash.h"

#define ARGON2_SAMPLE "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE"

static const struct {
	const char *hash;
	const char *password;
	enum pwhash_verdict verdict;
	bool outdated;
} samples[] = {
	{ ARGON2_SAMPLE, "password", PWHASH_MATCH, false },
	{ ARGON2_SAMPLE, "passwore", PWHASH_NO_MATCH, false },
	{ ARGON2_SAMPLE, "", PWHASH_NO_MATCH, false },
	/* of phc-winner-argon2's own test: the short salt makes them outdated */
	{ "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password", PWHASH_MATCH,
	    true },
	{ "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password", PWHASH_MATCH,
	    true },
	{ "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "password", PWHASH_MATCH,
	    true },
	{ "pbkdf2:sha256:1000:73616c7473616c74:135f7a66144fcf0fb003ce048f31f024ed5cbff30525d3ba0bfb3199479362a6", "password",
	    PWHASH_MATCH, true },
	{ "$pbkdf2-sha256$1000$c2FsdHNhbHQ$E196ZhRPzw.wA84EjzHwJO1cv/MFJdO6C/sxmUeTYqY", "password", PWHASH_MATCH, true },
	{ "pbkdf2_sha256$1000$saltsalt$E196ZhRPzw+wA84EjzHwJO1cv/MFJdO6C/sxmUeTYqY=", "password", PWHASH_MATCH, true },
	{ "pbkdf2_sha256$1001$saltsalt$E196ZhRPzw+wA84EjzHwJO1cv/MFJdO6C/sxmUeTYqY=", "password", PWHASH_NO_MATCH, true },
	{ "pbkdf2_sha256$1000$saltsalu$E196ZhRPzw+wA84EjzHwJO1cv/MFJdO6C/sxmUeTYqY=", "password", PWHASH_NO_MATCH, true },
};

static void
test_samples(void **state)
{

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		enum pwhash_verdict got = pwhash_verify(samples[i].hash, samples[i].password, strlen(samples[i].password));

		if (got != samples[i].verdict || pwhash_outdated(samples[i].hash) != samples[i].outdated)
			fail_msg("row %zu: %s", i, samples[i].hash);
	}
}

#define SALT "c29tZXNhbHRzb21lc2FsdA"
#define TAG "K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE"

/* Malformed or beyond the bounds: never a match, never an error, and always the cost of a default hash. */
static const char *const refused[] = {
	NULL,
	"",
	"!",
	"!!",
	"*",
	"*0",
	"*1",
	"x",
	"password",
	"$",
	"$argon2id$",
	"!" ARGON2_SAMPLE,
	"$argon2i$v=19$m=19456,t=2,p=1$" SALT "$" TAG,
	"$argon2d$v=19$m=19456,t=2,p=1$" SALT "$" TAG,
	"$argon2id$v=16$m=19456,t=2,p=1$" SALT "$" TAG,
	"$argon2id$m=19456,t=2,p=1$" SALT "$" TAG,
	"$argon2id$v=19$m=4294967295,t=2,p=1$" SALT "$" TAG,
	"$argon2id$v=19$m=262145,t=2,p=1$" SALT "$" TAG,
	"$argon2id$v=19$m=19456,t=17,p=1$" SALT "$" TAG,
	"$argon2id$v=19$m=19456,t=2,p=9$" SALT "$" TAG,
	"$argon2id$v=19$m=0,t=2,p=1$" SALT "$" TAG,
	"$argon2id$v=19$m=7,t=2,p=1$" SALT "$" TAG,
	"$argon2id$v=19$m=19456,t=0,p=1$" SALT "$" TAG,
	"$argon2id$v=19$m=19456,t=2,p=0$" SALT "$" TAG,
	"$argon2id$v=19$m=-1,t=2,p=1$" SALT "$" TAG,
	"$argon2id$v=19$t=2,m=19456,p=1$" SALT "$" TAG,
	"$argon2id$v=19$m=19456,t=2,p=1,x=1$" SALT "$" TAG,
	"$argon2id$v=19$m=19456,t=2$" SALT "$" TAG,
	"$argon2id$v=19$m=19456,t=2,p=1$" SALT,
	"$argon2id$v=19$m=19456,t=2,p=1$" SALT "$",
	"$argon2id$v=19$m=19456,t=2,p=1$$" TAG,
	"$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$" TAG,
	"$argon2id$v=19$m=19456,t=2,p=1$" SALT "$K13EBUiG7JV",
	"$argon2id$v=19$m=19456,t=2,p=1$" SALT "$" TAG "=",
	"$argon2id$v=19$m=19456,t=2,p=1$" SALT "$" TAG "$x",
	"$argon2id$v=19$m=19456,t=2,p=1$" SALT "$K13EBUiG7JV-9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE",
	"$argon2id$v=19$m=19456,t=2,p=1$" SALT "$K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptF",
	"$argon2id$v=19$m=19456,t=2,p=1$" SALT "$" TAG TAG TAG,
	"pbkdf2_sha256$0$saltsalt$K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE=",
	"pbkdf2_sha256$5000001$saltsalt$K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE=",
	"pbkdf2_sha256$4294967297$saltsalt$K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE=",
	"pbkdf2_sha256$1000$saltsalt$K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE",
	"pbkdf2_sha256$1000$saltsalt$",
	"pbkdf2_sha256$1000$saltsalt$====",
	"pbkdf2_sha256$1000",
	"pbkdf2_sha256$",
	"$pbkdf2-sha256$1000$c2FsdHNhbHQ$",
	"$pbkdf2-sha256$1000$c2FsdHNhbHQ$K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE",
	"$pbkdf2-sha256$$c2FsdHNhbHQ$K13EBUiG7JV.9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE",
	"pbkdf2:sha256:1000:73616c7473616c7:00112233445566778899aabbccddeeff",
	"pbkdf2:sha256:1000:73616c7473616c74:00112233445566778899aabbccddeefg",
	"pbkdf2:sha256:1000:73616c7473616c74:0011",
	"pbkdf2:sha256:1000$salt$00112233445566778899aabbccddeeff",
	"pbkdf2:sha1:1000:73616c7473616c74:00112233445566778899aabbccddeeff",
	"$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
	"$1$salt$qJH7.N4xYta3aEG/dfqo/0",
	"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",
};

static double
cpu_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ((double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6);
}

static void
test_refused(void **state)
{
	double from, fair;

	(void)state;
	pwhash_spend("", "password", 8);
	from = cpu_ms();
	pwhash_spend("", "password", 8);
	fair = cpu_ms() - from;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		double took;

		from = cpu_ms();
		if (pwhash_verify(refused[i], "password", 8) != PWHASH_NO_MATCH)
			fail_msg("row %zu: %s", i, refused[i]);
		took = cpu_ms() - from;
		if (took < fair / 4) /* far off means that nothing was computed; how near it is, is for a benchmark */
			fail_msg("row %zu: %s took %.2f ms of %.2f", i, refused[i], took, fair);
		assert_true(pwhash_outdated(refused[i]));
	}
}

static void
test_too_long(void **state)
{
	static char hash[PWHASH_TEXT_MAX * 2];

	(void)state;
	memset(hash, 'a', sizeof(hash) - 1);
	memcpy(hash, ARGON2_SAMPLE, sizeof(ARGON2_SAMPLE) - 1);
	assert_int_equal(pwhash_verify(hash, "password", 8), PWHASH_NO_MATCH);
}

static void
test_make(void **state)
{
	static const struct {
		const char *p;
		size_t n;
	} passwords[] = {
		{ "", 0 },
		{ " hunter2 ", 9 },
		{ "a\0b", 3 },
		{ "p\xc3\xa4ssw\xc3\xb6rd \xf0\x9f\x98\x80", 15 },
	};
	char one[PWHASH_TEXT_MAX], two[PWHASH_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(passwords) / sizeof(passwords[0]); i++) {
		assert_int_equal(pwhash_make(passwords[i].p, passwords[i].n, one), 0);
		assert_memory_equal(one, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
		assert_false(pwhash_outdated(one));
		assert_int_equal(pwhash_verify(one, passwords[i].p, passwords[i].n), PWHASH_MATCH);
		assert_int_equal(pwhash_verify(one, "other", 5), PWHASH_NO_MATCH);
	}
	assert_int_equal(pwhash_make("a", 1, one), 0);
	assert_int_equal(pwhash_make("a", 1, two), 0);
	assert_string_not_equal(one, two);
	assert_int_equal(pwhash_verify(one, "a\0b", 3), PWHASH_NO_MATCH);
}

/* All of a long password counts, and one that is too long is refused without work. */
static void
test_long_password(void **state)
{
	char password[PASSWORD_MAX + 1], hash[PWHASH_TEXT_MAX];
	double from;

	(void)state;
	memset(password, 'x', sizeof(password));
	assert_int_equal(pwhash_make(password, PASSWORD_MAX, hash), 0);
	assert_int_equal(pwhash_verify(hash, password, PASSWORD_MAX), PWHASH_MATCH);
	password[PASSWORD_MAX - 1] = 'y';
	assert_int_equal(pwhash_verify(hash, password, PASSWORD_MAX), PWHASH_NO_MATCH);
	from = cpu_ms();
	assert_int_equal(pwhash_verify(hash, password, PASSWORD_MAX + 1), PWHASH_NO_MATCH);
	assert_int_equal(pwhash_verify("!", password, PASSWORD_MAX + 1), PWHASH_NO_MATCH);
	assert_int_equal(pwhash_make(password, PASSWORD_MAX + 1, hash), -1);
	assert_string_equal(hash, "");
	pwhash_spend("", password, PASSWORD_MAX + 1);
	assert_true(cpu_ms() - from < 1);
}

/* Estimates need only tell which is dearer. */
static void
costs(void **state)
{
	static const char *const rising[] = { "pbkdf2:sha256:1000:6162636465666768:30313233343536373839616263646566",
		"$pbkdf2-sha256$29000$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
		"$argon2id$v=19$m=19456,t=1,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg", "",
		"$pbkdf2-sha256$600000$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg",
		"$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg" };

	(void)state;
	for (size_t i = 1; i < sizeof(rising) / sizeof(rising[0]); i++)
		assert_true(pwhash_cost(rising[i - 1]) < pwhash_cost(rising[i]));
	assert_int_equal(pwhash_cost("!"), pwhash_cost(""));
	assert_int_equal(pwhash_cost("$1$salt$hash"), pwhash_cost(""));
}

/* The processor time is used up, and not much more of it. */
static void
burning(void **state)
{
	int64_t start = clock_cpu_us();

	(void)state;
	pwhash_burn(start + 20000);
	assert_true(clock_cpu_us() - start >= 20000);
	start = clock_cpu_us();
	pwhash_burn(start);
	pwhash_burn(0);
	assert_true(clock_cpu_us() - start < 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_long_password),
		cmocka_unit_test(costs),
		cmocka_unit_test(burning),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

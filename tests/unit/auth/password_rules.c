/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/password_rules.h"
#include "crypto/pwhash.h"
#include "doorward/config.h"

static struct config conf = {
	.password_min_length = 15, .password_blocklist_file = "", .issuer = "https://login.example.org:8443/auth"
};
static const char *looked_for, *looked_in;
static enum dw_result answer;

static enum dw_result
lookup(const char *file, struct str word)
{

	looked_in = file;
	looked_for = word.p;
	return (word.len == 21 && memcmp(word.p, "correct horse battery", 21) == 0 ? DW_OK : answer);
}

static void
rules(void **state)
{
	static const struct {
		const char *password;
		enum password_fault fault;
	} t[] = {
		{ "", PASSWORD_TOO_SHORT },
		{ "fourteen chars", PASSWORD_TOO_SHORT },
		{ "fifteen is good", PASSWORD_GOOD },
		{ " \t blanks count ", PASSWORD_GOOD },
		/* characters, not bytes, and of the form that is hashed: the accent typed for itself is none of its own */
		{ "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3"
		  "\xa4",
		    PASSWORD_TOO_SHORT },
		{ "fourteen e\xcc\x81"
		  "chr",
		    PASSWORD_TOO_SHORT },
		{ "fourteen e\xcc\x81"
		  "chars",
		    PASSWORD_GOOD },
		{ "alice of wonderland", PASSWORD_BLOCKLISTED },
		{ "ALICE of Wonderland", PASSWORD_BLOCKLISTED },
		{ "\xef\xbd\x81lice of wonderland", PASSWORD_BLOCKLISTED }, /* in full width */
		{ "alice of wonderland!", PASSWORD_GOOD },
		{ "login.example.org", PASSWORD_BLOCKLISTED },
		{ "Login.Example.ORG", PASSWORD_BLOCKLISTED },
		{ "login.example.org:8443", PASSWORD_GOOD },
		{ "not \xff UTF-8 at all", PASSWORD_NO_TEXT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (password_judge(&conf, "alice of wonderland", str_of(t[i].password), NULL) != t[i].fault)
			fail_msg("row %zu: %s", i, t[i].password);
	assert_int_equal(password_judge(&conf, "a", STR_LIT("a password with\0a NUL"), NULL), PASSWORD_NO_TEXT);
	assert_int_equal(password_judge(&conf, "", STR_LIT("a password of nobody"), NULL), PASSWORD_GOOD);
}

/* 1024 bytes, and what the scheme looks at. */
static void
lengths(void **state)
{
	static const struct {
		struct pwhash_policy policy;
		size_t limit;
	} t[] = { { { PWHASH_SCHEME_BCRYPT, 19456, 2, 12, 600000 }, 72 },
		{ { PWHASH_SCHEME_YESCRYPT, 19456, 2, 12, 600000 }, 511 },
		{ { PWHASH_SCHEME_PBKDF2_SHA256, 19456, 2, 12, 600000 }, 1024 },
		{ { PWHASH_SCHEME_ARGON2ID, 19456, 2, 12, 600000 }, 1024 } };
	char password[PASSWORD_MAX + 1], text[128], end[32];

	(void)state;
	memset(password, 'p', sizeof(password));
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		pwhash_configure(&t[i].policy);
		assert_int_equal(password_judge(&conf, "a", (struct str){ password, t[i].limit }, NULL), PASSWORD_GOOD);
		assert_int_equal(password_judge(&conf, "a", (struct str){ password, t[i].limit + 1 }, NULL), PASSWORD_TOO_LONG);
		password_fault_text(&conf, PASSWORD_TOO_LONG, text, sizeof(text));
		snprintf(end, sizeof(end), "more than %zu bytes.", t[i].limit);
		assert_non_null(strstr(text, end));
	}
}

static void
list(void **state)
{

	(void)state;
	assert_int_equal(password_judge(&conf, "a", STR_LIT("correct horse battery"), lookup), PASSWORD_GOOD);
	assert_null(looked_in); /* none is configured */
	conf.password_blocklist_file = "/list";
	answer = DW_ABSENT;
	assert_int_equal(password_judge(&conf, "a", STR_LIT("correct horse battery"), lookup), PASSWORD_BLOCKLISTED);
	assert_string_equal(looked_in, "/list");
	assert_int_equal(
	    password_judge(&conf, "a", STR_LIT("correct\xc2\xa0horse battery"), lookup), PASSWORD_BLOCKLISTED); /* prepared */
	assert_int_equal(password_judge(&conf, "a", STR_LIT("correct horse batteries"), lookup), PASSWORD_GOOD);
	assert_int_equal(password_judge(&conf, "a", STR_LIT("correct horse battery"), NULL), PASSWORD_GOOD);
	looked_for = NULL;
	assert_int_equal(password_judge(&conf, "a", STR_LIT("too short"), lookup), PASSWORD_TOO_SHORT);
	assert_null(looked_for);
	answer = DW_UNAVAILABLE; /* not known is not good */
	assert_int_equal(password_judge(&conf, "a", STR_LIT("correct horse batteries"), lookup), PASSWORD_UNJUDGED);
	conf.password_blocklist_file = "";
}

static void
same(void **state)
{

	(void)state;
	assert_true(password_is_same(STR_LIT("zo\xc3\xab"), STR_LIT("zoe\xcc\x88")));
	assert_false(password_is_same(STR_LIT("zoe"), STR_LIT("Zoe")));
	assert_false(password_is_same(STR_LIT("zoe"), STR_LIT("zoe ")));
	assert_false(password_is_same(STR_LIT("\xff"), STR_LIT("\xff")));
}

static void
words(void **state)
{
	static const char *const reasons[] = { NULL, NULL, "too_short", "too_long", "blocklisted", "same", NULL };
	char text[128];

	(void)state;
	for (int i = PASSWORD_GOOD; i <= PASSWORD_UNJUDGED; i++) {
		const char *reason = password_fault_reason((enum password_fault)i);

		assert_true(reason == NULL ? reasons[i] == NULL : reasons[i] != NULL && strcmp(reason, reasons[i]) == 0);
		password_fault_text(&conf, (enum password_fault)i, text, sizeof(text));
		assert_true(text[0] != '\0' && text[strlen(text) - 1] == '.');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules),
		cmocka_unit_test(lengths),
		cmocka_unit_test(list),
		cmocka_unit_test(same),
		cmocka_unit_test(words),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

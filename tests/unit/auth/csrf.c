/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/csrf.h"

#include "../fake.h"

static char *two[] = { "https://other.example.org", "https://app.example.org:8443", NULL }; /* besides the issuer's */

/*
 * What browsers say of where a request comes from (R160 to R164), with the issuer's own origin and with a configured
 * list.
 */
static void
origins(void **state)
{
	static const struct {
		const char *site, *origin;
		enum csrf_origin issuer, list;
	} t[] = {
		{ NULL, NULL, CSRF_UNSAID, CSRF_UNSAID },
		{ "same-origin", NULL, CSRF_OWN, CSRF_OWN },
		{ "none", NULL, CSRF_OWN, CSRF_OWN },
		{ "same-origin", "https://sso.example.org", CSRF_OWN, CSRF_OWN },
		/* A sibling subdomain may be anybody's. */
		{ "same-site", NULL, CSRF_FOREIGN, CSRF_FOREIGN },
		{ "same-site", "https://evil.example.org", CSRF_FOREIGN, CSRF_FOREIGN },
		{ "cross-site", NULL, CSRF_FOREIGN, CSRF_FOREIGN },
		{ "cross-site", "https://evil.example", CSRF_FOREIGN, CSRF_FOREIGN },
		{ "cross-site", "null", CSRF_FOREIGN, CSRF_FOREIGN },
		{ "", NULL, CSRF_FOREIGN, CSRF_FOREIGN },
		{ "Same-Origin", NULL, CSRF_FOREIGN, CSRF_FOREIGN },
		{ "same-origin ", NULL, CSRF_FOREIGN, CSRF_FOREIGN },
		{ "same-origin, none", NULL, CSRF_FOREIGN, CSRF_FOREIGN },
		{ "whatever", NULL, CSRF_FOREIGN, CSRF_FOREIGN },
		/* An origin that is ours counts as well, whatever the browser calls it. */
		{ "same-site", "https://sso.example.org", CSRF_OWN, CSRF_OWN },
		{ "same-site", "https://app.example.org:8443", CSRF_FOREIGN, CSRF_OWN },
		{ NULL, "https://sso.example.org", CSRF_OWN, CSRF_OWN },
		{ NULL, "https://app.example.org:8443", CSRF_FOREIGN, CSRF_OWN },
		{ NULL, "https://app.example.org", CSRF_FOREIGN, CSRF_FOREIGN },
		{ NULL, "http://sso.example.org", CSRF_FOREIGN, CSRF_FOREIGN },
		{ NULL, "https://sso.example.org:443", CSRF_FOREIGN, CSRF_FOREIGN },
		{ NULL, "https://sso.example.org/", CSRF_FOREIGN, CSRF_FOREIGN },
		{ NULL, "https://sso.example.org/auth", CSRF_FOREIGN, CSRF_FOREIGN },
		{ NULL, "https://sso.example.orgx", CSRF_FOREIGN, CSRF_FOREIGN },
		{ NULL, "https://sso.example.org.evil.example", CSRF_FOREIGN, CSRF_FOREIGN },
		{ NULL, "https://sso.example.or", CSRF_FOREIGN, CSRF_FOREIGN },
		{ NULL, "https://evilsso.example.org", CSRF_FOREIGN, CSRF_FOREIGN },
		{ NULL, "https://sso.example.org, https://evil.example", CSRF_FOREIGN, CSRF_FOREIGN },
		{ NULL, "sso.example.org", CSRF_FOREIGN, CSRF_FOREIGN },
		{ NULL, "null", CSRF_UNSAID, CSRF_UNSAID },
		{ NULL, "", CSRF_FOREIGN, CSRF_FOREIGN },
		{ NULL, "*", CSRF_FOREIGN, CSRF_FOREIGN },
		{ NULL, "file://", CSRF_FOREIGN, CSRF_FOREIGN },
		{ NULL, "chrome-extension://abc", CSRF_FOREIGN, CSRF_FOREIGN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct str site = str_of(t[i].site), origin = str_of(t[i].origin);

		fake_reset(&fake);
		if (csrf_origin_of(&fake.conf, site, origin) != t[i].issuer)
			fail_msg("%s, %s with the issuer", t[i].site, t[i].origin);
		fake.conf.origins = NULL;
		if (csrf_origin_of(&fake.conf, site, origin) != t[i].issuer)
			fail_msg("%s, %s without a list", t[i].site, t[i].origin);
		fake.conf.origins = two;
		if (csrf_origin_of(&fake.conf, site, origin) != t[i].list)
			fail_msg("%s, %s with a list", t[i].site, t[i].origin);
	}
}

static void
issuers(void **state)
{
	static const struct {
		char *issuer;
		const char *origin;
	} t[] = { { "https://h.example", "https://h.example" }, { "https://h.example:8443/a/b", "https://h.example:8443" },
		{ "https://[::1]:8443/auth", "https://[::1]:8443" },
		{ "http://127.0.0.1:8080/auth", "http://127.0.0.1:8080" } };

	fake_fresh(state);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		fake.conf.issuer = t[i].issuer;
		assert_int_equal(csrf_origin_of(&fake.conf, STR_NONE, str_of(t[i].origin)), CSRF_OWN);
		assert_int_equal(csrf_origin_of(&fake.conf, STR_NONE, STR_LIT("https://")), CSRF_FOREIGN);
	}
	/* Nothing configured is nobody's, and "said nothing" is not a match for it. */
	fake.conf.issuer = "";
	assert_int_equal(csrf_origin_of(&fake.conf, STR_LIT("cross-site"), STR_NONE), CSRF_FOREIGN);
	assert_int_equal(csrf_origin_of(&fake.conf, STR_LIT("cross-site"), STR_LIT("")), CSRF_FOREIGN);
}

static void
tokens(void **state)
{
	char cookie[CSRF_COOKIE_TEXT + 1], other[CSRF_COOKIE_TEXT + 1], token[CSRF_TOKEN_TEXT + 1], again[CSRF_TOKEN_TEXT + 1];

	(void)state;
	assert_int_equal(csrf_random(cookie), 0);
	assert_int_equal(csrf_random(other), 0);
	assert_int_equal(strlen(cookie), CSRF_COOKIE_TEXT);
	assert_string_not_equal(cookie, other);
	csrf_token(fake.app.keys, str_of(cookie), token);
	csrf_token(fake.app.keys, str_of(cookie), again);
	assert_int_equal(strlen(token), CSRF_TOKEN_TEXT);
	assert_string_equal(token, again);
	assert_true(csrf_token_valid(fake.app.keys, str_of(cookie), str_of(token)));
	/* Only both together, whole and unchanged. */
	assert_false(csrf_token_valid(fake.app.keys, str_of(other), str_of(token)));
	assert_false(csrf_token_valid(fake.app.keys, str_of(cookie), str_of(cookie)));
	assert_false(csrf_token_valid(fake.app.keys, STR_NONE, str_of(token)));
	assert_false(csrf_token_valid(fake.app.keys, STR_LIT(""), str_of(token)));
	assert_false(csrf_token_valid(fake.app.keys, str_of(cookie), STR_NONE));
	assert_false(csrf_token_valid(fake.app.keys, str_of(cookie), STR_LIT("")));
	assert_false(csrf_token_valid(fake.app.keys, STR_NONE, STR_NONE));
	for (size_t n = 0; n < CSRF_TOKEN_TEXT; n++)
		assert_false(csrf_token_valid(fake.app.keys, str_of(cookie), (struct str){ token, n }));
	for (size_t n = 0; n < CSRF_COOKIE_TEXT; n++)
		assert_false(csrf_token_valid(fake.app.keys, (struct str){ cookie, n }, str_of(token)));
	for (size_t i = 0; i < CSRF_TOKEN_TEXT; i++) {
		token[i] ^= 1;
		assert_false(csrf_token_valid(fake.app.keys, str_of(cookie), str_of(token)));
		token[i] ^= 1;
	}
	/* A token for no cookie, made by somebody who knows the rules but not the key, is none either. */
	csrf_token(fake.app.keys, STR_LIT(""), token);
	assert_false(csrf_token_valid(fake.app.keys, STR_LIT(""), str_of(token)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(origins), cmocka_unit_test(issuers), cmocka_unit_test(tokens) };

	return (cmocka_run_group_tests(tests, fake_begin, fake_end));
}

/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/access.h"
#include "auth/token.h"
#include "base/base64url.h"
#include "base/json.h"
#include "crypto/jws.h"
#include "crypto/keyring.h"
#include "crypto/sid.h"

#include <json-c/json.h>

#include "../fake.h"

#define NOW FAKE_NOW

#define LONG16 "aaaaaaaaaaaaaaaa"
#define LONG64 LONG16 LONG16 LONG16 LONG16
#define LONG256 LONG64 LONG64 LONG64 LONG64
#define LONG1024 LONG256 LONG256 LONG256 LONG256

static char sid[PUBLIC_SID_LEN + 1];
static const uint8_t user_key[USER_KEY_LEN] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 },
		     session_key[SESSION_KEY_LEN] = { 11, 12, 13, 14, 15, 16, 17, 18 };
static const struct access_claims claims = { .user_key = user_key,
	.session_key = session_key,
	.user_id = "AAAAAAAAAAAAAAAAAAAAAA",
	.username = "j\xc3\xbcrgen \"x\"",
	.groups = "admins,users",
	.client_id = "app",
	.now = NOW,
	.exp = NOW + 300 };

static int
begin(void **state)
{

	if (fake_begin(state) != 0)
		return (-1);
	sid_public(keyring_user(fake.app.keys), user_key, session_key, sid);
	return (0);
}

static const char *
issued(void)
{
	static char text[ACCESS_TEXT_MAX];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	assert_int_equal(access_issue(&fake.conf, fake.app.keys, &claims, &b), DW_OK);
	return (text);
}

/* A token with our own good signature over whatever ${payload} says. */
static const char *
signed_text(const char *typ, const char *payload)
{
	static char text[8192];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	assert_true(jws_sign(keyring_signer(fake.app.keys), typ, str_of(payload), &b));
	return (text);
}

static enum dw_result
read_at(const char *text, int64_t now, struct access *out)
{

	return (access_read(&fake.conf, fake.app.keys, str_of(text), now, out));
}

static struct json_object *
payload_of(const char *text)
{
	static uint8_t bytes[4096];
	struct str rest = str_of(text), part;
	size_t n;

	str_cut(&rest, '.');
	part = str_cut(&rest, '.');
	assert_true(base64url_decode(part, bytes, sizeof(bytes), &n));
	return (json_parse_strict((struct str){ (char *)bytes, n }));
}

static void
expect_claim(struct json_object *o, const char *name, const char *value)
{
	bool wrong = false;

	if (!str_is(json_string(o, name, &wrong), value) || wrong)
		fail_msg("the claim %s is %s", name, json_object_to_json_string(o));
}

static void
there_and_back(void **state)
{
	const char *text = issued();
	struct json_object *o = payload_of(text), *groups;
	struct access a;
	bool wrong = false;

	(void)state;
	assert_int_equal(read_at(text, NOW, &a), DW_OK);
	assert_memory_equal(a.user_key, user_key, USER_KEY_LEN);
	assert_memory_equal(a.session_key, session_key, SESSION_KEY_LEN);
	assert_string_equal(a.user_id, claims.user_id);
	assert_string_equal(a.client_id, "app");
	assert_int_equal(a.exp, NOW + 300);
	assert_false(a.expired);
	/* RFC 9068 section 2.2. */
	expect_claim(o, "iss", "https://sso.example.org/auth");
	expect_claim(o, "aud", "https://sso.example.org/auth");
	expect_claim(o, "sub", claims.user_id);
	expect_claim(o, "client_id", "app");
	expect_claim(o, "sid", sid);
	expect_claim(o, "preferred_username", claims.username);
	assert_int_equal(json_integer(o, "iat", 0, &wrong), NOW);
	assert_int_equal(json_integer(o, "exp", 0, &wrong), NOW + 300);
	assert_int_equal(json_string(o, "jti", &wrong).len, JTI_TEXT);
	assert_true(json_object_object_get_ex(o, "groups", &groups));
	assert_string_equal(json_object_to_json_string_ext(groups, JSON_C_TO_STRING_PLAIN), "[\"admins\",\"users\"]");
	json_object_put(o);
}

/* Beyond 1024 bytes there is no claim; up to there all fit, whatever JSON makes of them. */
static void
many_groups(void **state)
{
	static const struct {
		const char *group;
		size_t bytes;
		bool claim;
	} t[] = { { "a,", ACCESS_GROUPS_MAX, true }, { "\",", ACCESS_GROUPS_MAX, true }, { "ab,", ACCESS_GROUPS_MAX, true },
		{ "\\", ACCESS_GROUPS_MAX, true }, { "\xe2\x80\xae", ACCESS_GROUPS_MAX - 1, true },
		{ "a,", ACCESS_GROUPS_MAX + 1, false }, { "b", GROUPS_MAX, false } };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		static char list[GROUPS_MAX + 1], text[ACCESS_TEXT_MAX];
		struct access_claims c = claims;
		struct json_object *o, *groups;
		struct buf b;

		for (size_t n = 0; n < t[i].bytes; n++)
			list[n] = t[i].group[n % strlen(t[i].group)];
		list[t[i].bytes] = '\0';
		c.groups = list;
		buf_init(&b, text, sizeof(text));
		assert_int_equal(access_issue(&fake.conf, fake.app.keys, &c, &b), DW_OK);
		o = payload_of(text);
		assert_int_equal(json_object_object_get_ex(o, "groups", &groups), t[i].claim);
		json_object_put(o);
	}
}

static void
no_groups_is_an_empty_list(void **state)
{
	struct access_claims c = claims;
	char text[ACCESS_TEXT_MAX];
	struct json_object *o, *groups;
	struct buf b;

	(void)state;
	c.groups = "";
	buf_init(&b, text, sizeof(text));
	assert_int_equal(access_issue(&fake.conf, fake.app.keys, &c, &b), DW_OK);
	o = payload_of(text);
	assert_true(json_object_object_get_ex(o, "groups", &groups));
	assert_int_equal(json_object_array_length(groups), 0);
	json_object_put(o);
}

static void
every_one_has_its_own_id(void **state)
{
	struct access a, b;

	(void)state;
	assert_int_equal(read_at(issued(), NOW, &a), DW_OK);
	assert_int_equal(read_at(issued(), NOW, &b), DW_OK);
	assert_memory_not_equal(a.jti, b.jti, JTI_LEN);
}

static void
expiry(void **state)
{
	const char *text = issued();
	struct access a;

	(void)state;
	assert_int_equal(read_at(text, NOW + 299, &a), DW_OK);
	assert_false(a.expired);
	assert_int_equal(read_at(text, NOW + 300, &a), DW_OK);
	assert_true(a.expired);
	assert_int_equal(read_at(text, NOW + INT64_C(10000000000), &a), DW_OK);
	assert_true(a.expired); /* a good signature is good for a logout still */
	/* From the future: the clock was set back since. */
	assert_int_equal(read_at(text, NOW - 300, &a), DW_OK);
	assert_false(a.expired);
}

static void
forged(void **state)
{
	char text[ACCESS_TEXT_MAX];
	struct access a;
	size_t len;

	(void)state;
	snprintf(text, sizeof(text), "%s", issued());
	len = strlen(text);
	for (size_t i = 0; i < len; i++) {
		char good = text[i];

		text[i] = good == 'A' ? 'B' : 'A';
		if (read_at(text, NOW, &a) != DW_INVALID)
			fail_msg("character %zu may be changed", i);
		text[i] = good;
	}
	for (size_t n = 0; n < len; n++)
		assert_int_equal(access_read(&fake.conf, fake.app.keys, (struct str){ text, n }, NOW, &a), DW_INVALID);
	assert_int_equal(access_read(&fake.conf, fake.app.keys, STR_NONE, NOW, &a), DW_INVALID);
	text[len] = 'A';
	assert_int_equal(access_read(&fake.conf, fake.app.keys, (struct str){ text, len + 1 }, NOW, &a), DW_INVALID);
	text[len] = '.';
	assert_int_equal(access_read(&fake.conf, fake.app.keys, (struct str){ text, len + 1 }, NOW, &a), DW_INVALID);
}

static void
another_typ(void **state)
{
	static const struct {
		const char *typ;
		enum dw_result rc;
	} t[] = { { "at+jwt", DW_OK }, { "AT+JWT", DW_OK }, { "application/at+jwt", DW_OK }, { "JWT", DW_INVALID },
		{ "logout+jwt", DW_INVALID }, { "dpop+jwt", DW_INVALID }, { "", DW_INVALID }, { "at+jwt2", DW_INVALID },
		{ "at", DW_INVALID } };
	char payload[512];
	struct access a;

	(void)state;
	snprintf(payload, sizeof(payload),
	    "{\"iss\":\"https://sso.example.org/auth\",\"aud\":\"https://sso.example.org/auth\",\"sub\":\"u\","
	    "\"client_id\":\"app\",\"jti\":\"j\",\"sid\":\"%s\",\"iat\":%d,\"exp\":%d}",
	    sid, NOW, NOW + 60);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (read_at(signed_text(t[i].typ, payload), NOW, &a) != t[i].rc)
			fail_msg("typ \"%s\"", t[i].typ);
}

/* Members of a payload that is good but for one of them. ${value} is JSON; NULL leaves the member out. */
static const char *
payload_with(const char *member, const char *value)
{
	static const char *const names[] = { "iss", "aud", "sub", "client_id", "jti", "sid", "iat", "exp" };
	static char text[JWS_MAX];
	char quoted[PUBLIC_SID_LEN + 3], exp[16], iat[16];
	const char *values[] = { "\"https://sso.example.org/auth\"", "\"https://sso.example.org/auth\"", "\"u\"", "\"app\"",
		"\"j\"", quoted, iat, exp };
	bool known = false;
	struct buf b;

	snprintf(quoted, sizeof(quoted), "\"%s\"", sid);
	snprintf(iat, sizeof(iat), "%d", NOW);
	snprintf(exp, sizeof(exp), "%d", NOW + 60);
	buf_init(&b, text, sizeof(text));
	buf_puts(&b, "{\"x\":0");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		bool this = strcmp(names[i], member) == 0;

		known = known || this;
		if (!this || value != NULL)
			buf_printf(&b, ",\"%s\":%s", names[i], this ? value : values[i]);
	}
	if (!known && value != NULL)
		buf_printf(&b, ",\"%s\":%s", member, value);
	buf_puts(&b, "}");
	return (text);
}

static void
claims_one_by_one(void **state)
{
	static const struct {
		const char *member, *value;
		enum dw_result rc;
		int64_t exp; /* checked where it is not 0 */
	} t[] = {
		{ "x", NULL, DW_OK, NOW + 60 },
		/* Every claim is needed. */
		{ "iss", NULL, DW_INVALID, 0 },
		{ "aud", NULL, DW_INVALID, 0 },
		{ "sub", NULL, DW_INVALID, 0 },
		{ "client_id", NULL, DW_INVALID, 0 },
		{ "jti", NULL, DW_INVALID, 0 },
		{ "sid", NULL, DW_INVALID, 0 },
		{ "iat", NULL, DW_INVALID, 0 },
		{ "exp", NULL, DW_INVALID, 0 },
		{ "iss", "\"https://sso.example.org/auth/\"", DW_INVALID, 0 },
		{ "iss", "\"https://sso.example.org\"", DW_INVALID, 0 },
		{ "iss", "\"HTTPS://sso.example.org/auth\"", DW_INVALID, 0 },
		{ "iss", "\"\"", DW_INVALID, 0 },
		{ "iss", "null", DW_INVALID, 0 },
		{ "iss", "[\"https://sso.example.org/auth\"]", DW_INVALID, 0 },
		{ "iss", "\"https:\\/\\/sso.example.org\\/auth\"", DW_OK, 0 },
		{ "aud", "\"https://other.example\"", DW_INVALID, 0 },
		{ "aud", "[\"https://sso.example.org/auth\"]", DW_OK, 0 },
		{ "aud", "[\"https://other.example\",\"https://sso.example.org/auth\"]", DW_OK, 0 },
		{ "aud", "[]", DW_INVALID, 0 },
		{ "aud", "[\"https://other.example\"]", DW_INVALID, 0 },
		{ "aud", "[[\"https://sso.example.org/auth\"]]", DW_INVALID, 0 },
		{ "aud", "[null]", DW_INVALID, 0 },
		{ "aud", "{\"https://sso.example.org/auth\":1}", DW_INVALID, 0 },
		{ "aud", "true", DW_INVALID, 0 },
		{ "aud", "\"https://sso.example.org/auth2\"", DW_INVALID, 0 },
		{ "aud", "\"\"", DW_INVALID, 0 },
		{ "sub", "\"\"", DW_INVALID, 0 },
		{ "sub", "7", DW_INVALID, 0 },
		{ "sub", "[\"u\"]", DW_INVALID, 0 },
		{ "sub", "\"1234567890123456789012\"", DW_OK, 0 },
		{ "sub", "\"12345678901234567890123\"", DW_INVALID, 0 },
		{ "client_id", "\"\"", DW_INVALID, 0 },
		{ "client_id", "1", DW_INVALID, 0 },
		{ "client_id", "\"" LONG64 "\"", DW_OK, 0 },
		{ "client_id", "\"" LONG64 "c\"", DW_INVALID, 0 },
		{ "y", "\"" LONG1024 LONG1024 LONG1024 "\"", DW_OK, 0 },
		{ "y", "\"" LONG1024 LONG1024 LONG1024 LONG1024 "\"", DW_INVALID, 0 }, /* longer than any of ours */
		{ "y", "[[[[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]]]]", DW_INVALID, 0 },
		{ "jti", "\"\"", DW_INVALID, 0 },
		{ "jti", "1", DW_INVALID, 0 },
		{ "sid", "\"\"", DW_INVALID, 0 },
		{ "sid", "\"short\"", DW_INVALID, 0 },
		{ "sid", "1", DW_INVALID, 0 },
		{ "sid", "\"AAAAAAAAAAAAAAAAAAAAAAA=\"", DW_INVALID, 0 },
		{ "sid", "\"AAAAAAAAAAAAAAAAAAAAAAAA\"", DW_INVALID, 0 },
		/* Dates: seconds, perhaps with a fraction, in a time that people may live in (R125). */
		{ "exp", "1800000060.75", DW_OK, 1800000060 },
		{ "exp", "1.80000006e9", DW_OK, 1800000060 },
		{ "exp", "253402300799", DW_OK, 253402300799 },
		{ "exp", "253402300800", DW_INVALID, 0 },
		{ "exp", "1e300", DW_INVALID, 0 },
		{ "exp", "1e12", DW_INVALID, 0 },
		{ "exp", "9223372036854775807", DW_INVALID, 0 },
		{ "exp", "18446744073709551616", DW_INVALID, 0 },
		{ "exp", "-1", DW_INVALID, 0 },
		{ "exp", "-1e300", DW_INVALID, 0 },
		{ "exp", "\"1800000060\"", DW_INVALID, 0 },
		{ "exp", "null", DW_INVALID, 0 },
		{ "exp", "true", DW_INVALID, 0 },
		{ "exp", "[1800000060]", DW_INVALID, 0 },
		{ "exp", "{}", DW_INVALID, 0 },
		{ "exp", "NaN", DW_INVALID, 0 },
		{ "exp", "1e400", DW_INVALID, 0 },
		{ "exp", "-0.5", DW_INVALID, 0 },
		{ "exp", "Infinity", DW_INVALID, 0 },
		{ "iat", "1800000030", DW_OK, 0 },
		{ "iat", "1800000300", DW_OK, 0 }, /* the clock has stepped back since */
		{ "iat", "1800000030.9", DW_OK, 0 },
		{ "iat", "0", DW_OK, 0 },
		{ "iat", "-1", DW_INVALID, 0 },
		{ "iat", "1e300", DW_INVALID, 0 },
		{ "iat", "\"1800000000\"", DW_INVALID, 0 },
		{ "iat", "null", DW_INVALID, 0 },
		{ "nbf", "1800000000", DW_OK, 0 },
		{ "nbf", "1800000030", DW_OK, 0 },
		{ "nbf", "1800000031", DW_INVALID, 0 },
		{ "nbf", "-1", DW_INVALID, 0 },
		{ "nbf", "1e300", DW_INVALID, 0 },
		{ "nbf", "\"0\"", DW_INVALID, 0 },
		{ "nbf", "null", DW_INVALID, 0 },
		{ "nbf", "false", DW_INVALID, 0 },
		/* A member twice is no JSON of ours. */
		{ "exp", "1800000060,\"exp\":1800000060", DW_INVALID, 0 },
		{ "sub", "\"u\",\"\\u0073ub\":\"v\"", DW_INVALID, 0 },
		{ "sub", "\"u\\u0000\"", DW_INVALID, 0 },
		/* What we do not know does not matter; nothing in it gives rights. */
		{ "nonce", "\"n\"", DW_OK, 0 },
		{ "groups", "\"admins\"", DW_OK, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct access a;
		enum dw_result rc = read_at(signed_text("at+jwt", payload_with(t[i].member, t[i].value)), NOW, &a);

		if (rc != t[i].rc || (t[i].exp != 0 && a.exp != t[i].exp))
			fail_msg("%s: %s gives %d", t[i].member, t[i].value == NULL ? "absent" : t[i].value, (int)rc);
	}
}

static void
no_object(void **state)
{
	static const char *const payloads[] = { "[]", "\"x\"", "1", "null", "{", "{}" };
	struct access a;

	(void)state;
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++)
		assert_int_equal(read_at(signed_text("at+jwt", payloads[i]), NOW, &a), DW_INVALID);
}

static void
own_audience(void **state)
{
	struct access a;

	(void)state;
	fake.conf.audience = "https://api.example.org";
	assert_int_equal(read_at(signed_text("at+jwt", payload_with("x", "0")), NOW, &a), DW_INVALID);
	assert_int_equal(read_at(signed_text("at+jwt", payload_with("aud", "\"https://api.example.org\"")), NOW, &a), DW_OK);
	assert_int_equal(read_at(issued(), NOW, &a), DW_OK);
}

/* Other tokens of this very server are no access tokens, nor access tokens others (R127). */
static void
other_tokens(void **state)
{
	char text[TOKEN_TEXT_MAX + 1];
	struct access a;
	struct token t;

	(void)state;
	assert_int_equal(token_new_session(fake.app.keys, user_key, &t, text), DW_OK);
	assert_int_equal(read_at(text, NOW, &a), DW_INVALID);
	assert_int_equal(token_new_refresh(fake.app.keys, user_key, session_key, &t, text), DW_OK);
	assert_int_equal(read_at(text, NOW, &a), DW_INVALID);
	assert_int_equal(token_read_session(fake.app.keys, str_of(issued()), &t), DW_INVALID);
	assert_int_equal(token_read_refresh(fake.app.keys, str_of(issued()), &t), DW_INVALID);
}

/* Keys of another server, of the same issuer by its own word; and its kid says which, so ours is not even tried. */
static void
other_keys(void **state)
{
	struct fake stranger;
	struct access a;

	(void)state;
	assert_int_equal(fake_new(&stranger), 0);
	assert_int_equal(access_read(&stranger.conf, stranger.app.keys, str_of(issued()), NOW, &a), DW_INVALID);
	assert_false(access_is_ours(stranger.app.keys, str_of(issued())));
	fake_free(&stranger);
}

/* In form only: forged or cut short, it still claims to be ours, and somebody else's does not. */
static void
ours_in_form(void **state)
{
	static const char *const foreign[] = { "", "abc", "a.b.c", "..", "x..", "eyJhbGciOiJub25lIn0.e30.", "dws_AAAA",
		"eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJSUzI1NiJ9.e30.AAAA",            /* no kid */
		"eyJ0eXAiOiJhdCtqd3QiLCJraWQiOiJ4IiwiYWxnIjoiUlMyNTYifQ.e30.A", /* a kid of others */
		"eyJraWQiOjF9.e30.AAAA", "W10.e30.AAAA" };
	const struct keyring *keys = fake.app.keys;
	const char *own = issued();

	(void)state;
	assert_true(access_is_ours(keys, str_of(own)));
	assert_true(access_is_ours(keys, (struct str){ own, strlen(own) - 1 }));
	assert_false(access_is_ours(keys, (struct str){ own, strcspn(own, ".") }));
	assert_false(access_is_ours(keys, STR_NONE));
	assert_false(access_is_ours(keys, str_of(signed_text("JWT", payload_with("x", "0")))));
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (access_is_ours(keys, str_of(foreign[i])))
			fail_msg("%s", foreign[i]);
}

/* "alg":"none" and friends, with the header a forger would write. */
static void
unsigned_ones(void **state)
{
	static const char *const headers[] = { "{\"alg\":\"none\",\"typ\":\"at+jwt\"}", "{\"alg\":\"None\",\"typ\":\"at+jwt\"}",
		"{\"typ\":\"at+jwt\"}", "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", "{\"alg\":\"\",\"typ\":\"at+jwt\"}" };

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		const char *payload = payload_with("x", "0");
		static char text[2 * JWS_MAX], body[JWS_MAX + 64];
		char head[256];
		struct access a;

		base64url_encode(headers[i], strlen(headers[i]), head);
		base64url_encode(payload, strlen(payload), body);
		snprintf(text, sizeof(text), "%s.%s.", head, body);
		assert_int_equal(read_at(text, NOW, &a), DW_INVALID);
		snprintf(text, sizeof(text), "%s.%s.AAAA", head, body);
		assert_int_equal(read_at(text, NOW, &a), DW_INVALID);
	}
}

static void
too_long(void **state)
{
	char value[5000], text[64];
	struct access a;
	struct buf b;

	(void)state;
	memset(value, 'x', sizeof(value));
	value[0] = '"';
	memcpy(value + 4000, "\"", 2);
	assert_int_equal(read_at(signed_text("at+jwt", payload_with("y", value)), NOW, &a), DW_INVALID);
	/* One that does not fit where it is to go is not handed out in part. */
	buf_init(&b, text, sizeof(text));
	if (access_issue(&fake.conf, fake.app.keys, &claims, &b) == DW_OK)
		assert_true(b.overflow);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(there_and_back, fake_fresh),
		cmocka_unit_test_setup(many_groups, fake_fresh),
		cmocka_unit_test_setup(no_groups_is_an_empty_list, fake_fresh),
		cmocka_unit_test_setup(every_one_has_its_own_id, fake_fresh),
		cmocka_unit_test_setup(expiry, fake_fresh),
		cmocka_unit_test_setup(forged, fake_fresh),
		cmocka_unit_test_setup(another_typ, fake_fresh),
		cmocka_unit_test_setup(claims_one_by_one, fake_fresh),
		cmocka_unit_test_setup(no_object, fake_fresh),
		cmocka_unit_test_setup(own_audience, fake_fresh),
		cmocka_unit_test_setup(other_tokens, fake_fresh),
		cmocka_unit_test_setup(other_keys, fake_fresh),
		cmocka_unit_test_setup(ours_in_form, fake_fresh),
		cmocka_unit_test_setup(unsigned_ones, fake_fresh),
		cmocka_unit_test_setup(too_long, fake_fresh),
	};

	return (cmocka_run_group_tests(tests, begin, fake_end));
}

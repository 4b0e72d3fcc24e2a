/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/params.h"

#define MANY (PARAMS_MAX + 2)

static char big[PARAMS_BYTES_MAX + 64];

/* "NAME=" and ${n} times 'v', in a buffer of its own so that an overrun is seen. */
static char *
long_entry(char *room, const char *name, size_t n)
{
	size_t at = strlen(name);

	memcpy(room, name, at);
	room[at] = '=';
	memset(room + at + 1, 'v', n);
	room[at + 1 + n] = '\0';
	return (room);
}

static void
every_known_variable(void **state)
{
	static const struct {
		const char *name;
		enum param id;
	} t[] = {
		{ "HTTP_AUTHORIZATION", PARAM_AUTHORIZATION },
		{ "HTTP_ACCEPT", PARAM_ACCEPT },
		{ "HTTP_CONTENT_ENCODING", PARAM_CONTENT_ENCODING },
		{ "CONTENT_LENGTH", PARAM_CONTENT_LENGTH },
		{ "CONTENT_TYPE", PARAM_CONTENT_TYPE },
		{ "DOORWARD_GROUP", PARAM_GROUP },
		{ "HTTP_HOST", PARAM_HOST },
		{ "HTTPS", PARAM_HTTPS },
		{ "REQUEST_METHOD", PARAM_METHOD },
		{ "HTTP_ORIGIN", PARAM_ORIGIN },
		{ "DOORWARD_ORIGINAL_URI", PARAM_ORIGINAL_URI },
		{ "PATH_INFO", PARAM_PATH_INFO },
		{ "QUERY_STRING", PARAM_QUERY },
		{ "REMOTE_ADDR", PARAM_REMOTE_ADDR },
		{ "REQUEST_URI", PARAM_REQUEST_URI },
		{ "DOORWARD_ROUTE", PARAM_ROUTE },
		{ "HTTP_ACCESS_CONTROL_REQUEST_METHOD", PARAM_REQUESTED_METHOD },
		{ "REQUEST_SCHEME", PARAM_SCHEME },
		{ "SCRIPT_NAME", PARAM_SCRIPT_NAME },
		{ "HTTP_SEC_FETCH_MODE", PARAM_SEC_FETCH_MODE },
		{ "HTTP_SEC_FETCH_SITE", PARAM_SEC_FETCH_SITE },
		{ "HTTP_TRACEPARENT", PARAM_TRACEPARENT },
		{ "HTTP_USER_AGENT", PARAM_USER_AGENT },
		{ "HTTP_X_FORWARDED_FOR", PARAM_FORWARDED_FOR },
		{ "HTTP_X_FORWARDED_PROTO", PARAM_FORWARDED_PROTO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char full[64], shorter[64], longer[64];
		char *envp[] = { shorter, full, longer, NULL };
		struct params p;

		/* A name's beginning, and a name with something behind it, are other names. */
		snprintf(full, sizeof(full), "%s=right", t[i].name);
		snprintf(shorter, sizeof(shorter), "%.*s=wrong", (int)strlen(t[i].name) - 1, t[i].name);
		snprintf(longer, sizeof(longer), "%s_=wrong", t[i].name);
		assert_int_equal(params_read(envp, &p), PARAMS_OK);
		assert_true(str_is(p.value[t[i].id], "right"));
		for (int other = 0; other < PARAM_COUNT; other++)
			assert_true(other == (int)t[i].id || p.value[other].p == NULL);
	}
}

static void
names_that_are_not_ours(void **state)
{
	char *envp[] = { "=empty", "=", "", "HTTPS", "HTTP_X_DOORWARD_ROUTE=/check", "HTTP_DOORWARD_ROUTE=/check", "https=on",
		"Https=on", "HTTPSX=on", "HTTP=on", "DOORWARD_ROUT=/x", "REMOTE_USER=root", "HTTP_COOKIES=a=b",
		"HTTP_COOKI=a=b", "zzz=1", "AAA=1", NULL };
	struct params p;

	(void)state;
	assert_int_equal(params_read(envp, &p), PARAMS_OK);
	for (int i = 0; i < PARAM_COUNT; i++)
		assert_null(p.value[i].p);
	assert_int_equal(p.n_cookie, 0);
}

static void
nothing(void **state)
{
	char *envp[] = { NULL };
	struct params p;

	(void)state;
	memset(&p, 0xa5, sizeof(p));
	assert_int_equal(params_read(envp, &p), PARAMS_OK);
	assert_int_equal(p.n_cookie, 0);
	assert_null(p.value[PARAM_HTTPS].p);
}

static void
duplicates(void **state)
{
	static const struct {
		const char *name;
		enum param id;
		enum params_verdict verdict;
		bool twice;
	} t[] = {
		/* Identity, routing, trust: one and no more (R019). */
		{ "HTTP_AUTHORIZATION", PARAM_AUTHORIZATION, PARAMS_DUPLICATE, true },
		{ "CONTENT_LENGTH", PARAM_CONTENT_LENGTH, PARAMS_DUPLICATE, true },
		{ "CONTENT_TYPE", PARAM_CONTENT_TYPE, PARAMS_DUPLICATE, true },
		{ "DOORWARD_GROUP", PARAM_GROUP, PARAMS_DUPLICATE, true },
		{ "DOORWARD_ROUTE", PARAM_ROUTE, PARAMS_DUPLICATE, true },
		{ "DOORWARD_ORIGINAL_URI", PARAM_ORIGINAL_URI, PARAMS_DUPLICATE, true },
		{ "HTTPS", PARAM_HTTPS, PARAMS_DUPLICATE, true },
		{ "REQUEST_SCHEME", PARAM_SCHEME, PARAMS_DUPLICATE, true },
		{ "REMOTE_ADDR", PARAM_REMOTE_ADDR, PARAMS_DUPLICATE, true },
		{ "REQUEST_METHOD", PARAM_METHOD, PARAMS_DUPLICATE, true },
		{ "REQUEST_URI", PARAM_REQUEST_URI, PARAMS_DUPLICATE, true },
		{ "SCRIPT_NAME", PARAM_SCRIPT_NAME, PARAMS_DUPLICATE, true },
		{ "PATH_INFO", PARAM_PATH_INFO, PARAMS_DUPLICATE, true },
		{ "QUERY_STRING", PARAM_QUERY, PARAMS_DUPLICATE, true },
		{ "HTTP_ORIGIN", PARAM_ORIGIN, PARAMS_DUPLICATE, true },
		{ "HTTP_SEC_FETCH_SITE", PARAM_SEC_FETCH_SITE, PARAMS_DUPLICATE, true },
		/* Forwarding headers: anybody can send them, so they are marked, and believed by nobody. */
		{ "HTTP_X_FORWARDED_PROTO", PARAM_FORWARDED_PROTO, PARAMS_OK, true },
		{ "HTTP_X_FORWARDED_FOR", PARAM_FORWARDED_FOR, PARAMS_OK, true },
		/* Preferences: the first counts. */
		{ "HTTP_ACCEPT", PARAM_ACCEPT, PARAMS_OK, true },
		{ "HTTP_USER_AGENT", PARAM_USER_AGENT, PARAMS_OK, true },
		{ "HTTP_TRACEPARENT", PARAM_TRACEPARENT, PARAMS_OK, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char first[64], second[64], empty[64];
		char *two[] = { first, "OTHER=x", second, NULL }, *one[] = { empty, first, empty, NULL };
		char *same[] = { first, "OTHER=x", first, empty, first, NULL }, *late[] = { first, first, second, NULL };
		struct params p;

		snprintf(first, sizeof(first), "%s=one", t[i].name);
		snprintf(second, sizeof(second), "%s=two", t[i].name);
		snprintf(empty, sizeof(empty), "%s=", t[i].name);
		assert_int_equal(params_read(two, &p), t[i].verdict);
		assert_true(str_is(p.value[t[i].id], "one"));
		assert_int_equal(p.twice[t[i].id], t[i].twice);
		/* Some fronts send every variable, the empty ones too: those are absent. */
		assert_int_equal(params_read(one, &p), PARAMS_OK);
		assert_true(str_is(p.value[t[i].id], "one"));
		assert_false(p.twice[t[i].id]);
		/* The same value again is one; a different one is found behind it all the same. */
		assert_int_equal(params_read(same, &p), PARAMS_OK);
		assert_true(str_is(p.value[t[i].id], "one"));
		assert_false(p.twice[t[i].id]);
		assert_int_equal(params_read(late, &p), t[i].verdict);
		assert_int_equal(p.twice[t[i].id], t[i].twice);
	}
}

static void
a_duplicate_does_not_hide_a_later_excess(void **state)
{
	static char entry[PARAM_VALUE_MAX + 64];
	char *envp[] = { "HTTPS=on", "HTTPS=off", long_entry(entry, "X", PARAM_VALUE_MAX + 1), NULL };
	struct params p;

	(void)state;
	assert_int_equal(params_read(envp, &p), PARAMS_TOO_LARGE);
}

static void
cookie_lines(void **state)
{
	char *envp[COOKIE_LINES_MAX + 2] = { NULL };
	struct params p;

	(void)state;
	for (size_t i = 0; i < COOKIE_LINES_MAX; i++)
		envp[i] = "HTTP_COOKIE=a=b";
	assert_int_equal(params_read(envp, &p), PARAMS_OK);
	assert_int_equal(p.n_cookie, COOKIE_LINES_MAX);
	assert_true(str_is(p.cookie[COOKIE_LINES_MAX - 1], "a=b"));
	envp[COOKIE_LINES_MAX] = "HTTP_COOKIE=";
	assert_int_equal(params_read(envp, &p), PARAMS_OK);
	envp[COOKIE_LINES_MAX] = "HTTP_COOKIE=c=d";
	assert_int_equal(params_read(envp, &p), PARAMS_TOO_LARGE);
}

static void
one_value(void **state)
{
	static char entry[PARAM_VALUE_MAX + 64];
	char *envp[] = { entry, NULL };
	struct params p;

	(void)state;
	long_entry(entry, "HTTP_AUTHORIZATION", PARAM_VALUE_MAX);
	assert_int_equal(params_read(envp, &p), PARAMS_OK);
	assert_int_equal(p.value[PARAM_AUTHORIZATION].len, PARAM_VALUE_MAX);
	long_entry(entry, "HTTP_AUTHORIZATION", PARAM_VALUE_MAX + 1);
	assert_int_equal(params_read(envp, &p), PARAMS_TOO_LARGE);
	assert_null(p.value[PARAM_AUTHORIZATION].p);
	long_entry(entry, "HTTP_X_ANYTHING", PARAM_VALUE_MAX + 1);
	assert_int_equal(params_read(envp, &p), PARAMS_TOO_LARGE);
	/* Cookies alone may be longer: an application's come along. */
	long_entry(big, "HTTP_COOKIE", COOKIE_LINE_MAX);
	envp[0] = big;
	assert_int_equal(params_read(envp, &p), PARAMS_OK);
	assert_int_equal(p.cookie[0].len, COOKIE_LINE_MAX);
	long_entry(big, "HTTP_COOKIE", COOKIE_LINE_MAX + 1);
	assert_int_equal(params_read(envp, &p), PARAMS_TOO_LARGE);
	assert_int_equal(p.n_cookie, 0);
	long_entry(big, "HTTP_COOKIE_", COOKIE_LINE_MAX);
	assert_int_equal(params_read(envp, &p), PARAMS_TOO_LARGE);
}

static void
count(void **state)
{
	char *envp[MANY] = { NULL };
	struct params p;

	(void)state;
	for (size_t i = 0; i < PARAMS_MAX - 1; i++)
		envp[i] = "X=y";
	envp[PARAMS_MAX - 1] = "HTTPS=on";
	assert_int_equal(params_read(envp, &p), PARAMS_OK);
	assert_true(str_is(p.value[PARAM_HTTPS], "on"));
	envp[PARAMS_MAX] = "X=y";
	assert_int_equal(params_read(envp, &p), PARAMS_TOO_LARGE);
}

/* All together, names and '=' counted, in values that are each small enough. */
static void
bytes(void **state)
{
	char *envp[16] = { NULL };
	size_t each = PARAMS_BYTES_MAX / 8, n = 0;
	char *room = big;
	struct params p;

	(void)state;
	for (; n < 8; n++) {
		envp[n] = long_entry(room, "X", each - 2);
		room += each + 1;
	}
	assert_int_equal(params_read(envp, &p), PARAMS_OK);
	envp[n] = "Y";
	assert_int_equal(params_read(envp, &p), PARAMS_TOO_LARGE);
	/* A name without a value counts as well. */
	memset(big, 'N', PARAMS_BYTES_MAX + 1);
	big[PARAMS_BYTES_MAX + 1] = '\0';
	envp[0] = big;
	envp[1] = NULL;
	assert_int_equal(params_read(envp, &p), PARAMS_TOO_LARGE);
}

/* libfcgi makes "HTTP_A=HTTP_B" with the value "1" into this: what stands before the first '=' is the name. */
static void
equals_in_a_name(void **state)
{
	char *envp[] = { "HTTP_X=HTTPS=on", "QUERY_STRING=a=b=c", NULL };
	struct params p;

	(void)state;
	assert_int_equal(params_read(envp, &p), PARAMS_OK);
	assert_null(p.value[PARAM_HTTPS].p);
	assert_true(str_is(p.value[PARAM_QUERY], "a=b=c"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_known_variable),
		cmocka_unit_test(names_that_are_not_ours),
		cmocka_unit_test(nothing),
		cmocka_unit_test(duplicates),
		cmocka_unit_test(a_duplicate_does_not_hide_a_later_excess),
		cmocka_unit_test(cookie_lines),
		cmocka_unit_test(one_value),
		cmocka_unit_test(count),
		cmocka_unit_test(bytes),
		cmocka_unit_test(equals_in_a_name),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "handle/input.h"
#include "http/response.h"

/* clang-format off */
#define FIELD(t, ...) { .name = STR_LIT("m"), .type = FIELD_##t, ##__VA_ARGS__ }
/* clang-format on */
#define TEXT(s) FIELD(STRING, .value = STR_LIT(s))

static struct response r;

/* A request with the one member "m"; ${f} NULL: without. */
static struct request
with(struct field *f, bool form)
{
	struct request q = { .has_body = true, .is_form = form, .fields = f, .n_fields = f == NULL ? 0 : 1, .trace_id = "0" };

	response_init(&r);
	return (q);
}

static void
expect_refused(bool refused)
{

	assert_int_equal(r.status, refused ? 400 : 500); /* 500: nobody has answered yet */
	if (refused)
		assert_non_null(strstr(r.body.p, "\"error\":\"invalid_request\""));
}

/* A wrong type is refused, never coerced (R015). */
static void
strings(void **state)
{
	static struct {
		struct field f;
		bool good;
	} t[] = { { TEXT("text"), true }, { TEXT(""), true }, { TEXT("12345678"), true }, { TEXT("123456789"), false },
		{ FIELD(NUMBER, .number = 5), false }, { FIELD(BOOL, .truth = true), false }, { FIELD(OTHER), false } };
	struct str out;

	(void)state;
	for (int required = 0; required < 2; required++) {
		for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
			struct request q = with(&t[i].f, false);

			out = STR_LIT("dirty");
			assert_int_equal(input_string(&q, &r, "m", required, 8, &out), t[i].good);
			expect_refused(!t[i].good);
			if (t[i].good)
				assert_ptr_equal(out.p, t[i].f.value.p);
			else
				assert_null(out.p);
		}
	}
}

static void
absent(void **state)
{
	struct field null = FIELD(NULL);
	struct field *const given[] = { NULL, &null };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct request q = with(given[i], false);
		struct str out = STR_LIT("dirty");

		assert_true(input_string(&q, &r, "m", false, 8, &out));
		assert_null(out.p);
		expect_refused(false);
		q = with(given[i], false);
		assert_false(input_string(&q, &r, "m", true, 8, &out));
		expect_refused(true);
	}
}

static void
booleans(void **state)
{
	static struct {
		struct field f;
		bool json_good, form_good, truth;
	} t[] = {
		{ FIELD(BOOL, .truth = true), true, true, true },
		{ FIELD(BOOL, .truth = false), true, true, false },
		{ FIELD(NULL), true, true, false },
		{ TEXT("1"), false, true, true },
		{ TEXT("on"), false, true, true },
		{ TEXT("true"), false, true, true },
		{ TEXT("yes"), false, true, true },
		{ TEXT("0"), false, true, false },
		{ TEXT("off"), false, true, false },
		{ TEXT("false"), false, true, false },
		{ TEXT("no"), false, true, false },
		{ TEXT(""), false, true, false },
		{ TEXT("True"), false, false, false },
		{ TEXT("2"), false, false, false },
		{ TEXT(" 1"), false, false, false },
		{ TEXT("null"), false, false, false },
		{ FIELD(NUMBER, .number = 1), false, false, false },
		{ FIELD(NUMBER, .number = 0), false, false, false },
		{ FIELD(OTHER), false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		for (int form = 0; form < 2; form++) {
			struct request q = with(&t[i].f, form);
			bool good = form ? t[i].form_good : t[i].json_good, out = true;

			if (input_bool(&q, &r, "m", &out) != good)
				fail_msg("row %zu, %s", i, form ? "form" : "JSON");
			expect_refused(!good);
			if (good)
				assert_int_equal(out, t[i].truth);
		}
	}
}

/* The answer names the member, and nothing of what was sent. */
static void
refusal(void **state)
{
	struct field f = TEXT("secret-secret");
	struct request q = with(&f, false);
	struct str out;

	(void)state;
	assert_false(input_string(&q, &r, "m", true, 8, &out));
	assert_non_null(strstr(r.body.p, "The member m is too long."));
	assert_null(strstr(r.body.p, "secret"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(strings), cmocka_unit_test(absent), cmocka_unit_test(booleans),
		cmocka_unit_test(refusal) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

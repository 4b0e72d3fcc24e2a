/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/device.h"
#include "base/base64url.h"
#include "crypto/mac.h"

#define D64 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._"

static void
ids(void **state)
{
	static const struct {
		struct str id;
		bool valid;
	} t[] = {
		{ STR_LIT("a"), true },
		{ STR_LIT("A-Z.a_z:0"), true },
		{ STR_LIT("---"), true },
		{ STR_LIT(":::"), true },
		{ STR_LIT("..."), true },
		{ STR_LIT(D64 D64), true },
		{ STR_LIT(D64 D64 "x"), false },
		{ STR_LIT(""), false },
		{ STR_NONE, false },
		{ STR_LIT(" "), false },
		{ STR_LIT("a b"), false },
		{ STR_LIT("a\n"), false },
		{ STR_LIT("a\0"), false },
		{ STR_LIT("\0"), false },
		{ STR_LIT("a/b"), false },
		{ STR_LIT("a,b"), false },
		{ STR_LIT("a*"), false },
		{ STR_LIT("{a}"), false },
		{ STR_LIT("a\"b"), false },
		{ STR_LIT("a%41"), false },
		{ STR_LIT("a@b"), false },
		{ STR_LIT("j\xc3\xbcrgen"), false },
		{ STR_LIT("a\x7f"), false },
		{ STR_LIT("a[b"), false },
		{ STR_LIT("a`b"), false },
		{ STR_LIT("a+b"), false },
		{ STR_LIT("a=b"), false },
		{ STR_LIT("\xff"), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (device_id_valid(t[i].id) != t[i].valid)
			fail_msg("\"%.*s\"", (int)t[i].id.len, t[i].id.p);
}

static void
handles(void **state)
{
	uint8_t a[DEVICE_KEY_LEN], b[DEVICE_KEY_LEN], digest[MAC_LEN];

	(void)state;
	device_handle(STR_LIT("laptop"), a);
	device_handle(STR_LIT("laptop"), b);
	assert_memory_equal(a, b, DEVICE_KEY_LEN);
	mac_sha256("laptop", 6, digest);
	assert_memory_equal(a, digest, DEVICE_KEY_LEN);
	device_handle(STR_LIT("Laptop"), b);
	assert_memory_not_equal(a, b, DEVICE_KEY_LEN);
	device_handle(STR_LIT("laptop2"), b);
	assert_memory_not_equal(a, b, DEVICE_KEY_LEN);
}

/* A client that learnt its generated id at login and sends it back means the same device. */
static void
generated(void **state)
{
	uint8_t made[DEVICE_KEY_LEN], other[DEVICE_KEY_LEN], got[DEVICE_KEY_LEN];
	char id[DEVICE_ID_MAX + 1], second[DEVICE_ID_MAX + 1];

	(void)state;
	assert_int_equal(device_generate(made, id), 0);
	assert_int_equal(device_generate(other, second), 0);
	assert_memory_not_equal(made, other, DEVICE_KEY_LEN);
	assert_string_not_equal(id, second);
	assert_true(device_id_valid(str_of(id)));
	assert_int_equal(strlen(id), BASE64URL_LEN(DEVICE_KEY_LEN));
	device_handle(str_of(id), got);
	assert_memory_equal(got, made, DEVICE_KEY_LEN);
}

/* Of the length of a generated one, but not its one spelling: an id like any other. */
static void
nearly_generated(void **state)
{
	uint8_t got[DEVICE_KEY_LEN], digest[MAC_LEN];

	(void)state;
	device_handle(STR_LIT("AAAAAAAAAAA"), got);
	assert_memory_equal(got, "\0\0\0\0\0\0\0\0", DEVICE_KEY_LEN);
	device_handle(STR_LIT("AAAAAAAAAAB"), got); /* bits beyond the bytes */
	mac_sha256("AAAAAAAAAAB", 11, digest);
	assert_memory_equal(got, digest, DEVICE_KEY_LEN);
	device_handle(STR_LIT("AAAAAAAAA.A"), got);
	mac_sha256("AAAAAAAAA.A", 11, digest);
	assert_memory_equal(got, digest, DEVICE_KEY_LEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids),
		cmocka_unit_test(handles),
		cmocka_unit_test(generated),
		cmocka_unit_test(nearly_generated),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

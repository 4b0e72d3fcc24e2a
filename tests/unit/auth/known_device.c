/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../fake.h"
#include "auth/known_device.h"

#define DAY 86400

static const uint8_t browser[DEVICE_KEY_LEN] = "browser1";

static bool
is_known(const char *name, const char *text, int64_t now)
{
	uint8_t device[DEVICE_KEY_LEN] = "none";
	bool known = known_device_read(fake.app.keys, str_of(name), str_of(text), now, device);

	assert_memory_equal(device, known ? (const char *)browser : "none\0\0\0\0", DEVICE_KEY_LEN);
	return (known);
}

static void
test_cookie(void **state)
{
	char text[KNOWN_DEVICE_TEXT + 1], other[KNOWN_DEVICE_TEXT + 2];

	(void)state;
	known_device_make(fake.app.keys, STR_LIT("alice"), browser, FAKE_NOW, text);
	assert_int_equal(strlen(text), KNOWN_DEVICE_TEXT);
	assert_true(is_known("alice", text, FAKE_NOW));
	assert_true(is_known("alice", text, FAKE_NOW + 400 * DAY));
	assert_false(is_known("alice", text, FAKE_NOW + 400 * DAY + 1));
	assert_true(is_known("alice", text, FAKE_NOW - 10)); /* a clock may step back */
	assert_false(is_known("bob", text, FAKE_NOW));
	assert_false(is_known("", text, FAKE_NOW));
	for (size_t i = 0; i < KNOWN_DEVICE_TEXT; i++) {
		strcpy(other, text);
		other[i] = other[i] == 'A' ? 'B' : 'A';
		assert_false(is_known("alice", other, FAKE_NOW));
	}
	snprintf(other, sizeof(other), "%sA", text);
	assert_false(is_known("alice", other, FAKE_NOW));
	other[KNOWN_DEVICE_TEXT - 1] = '\0';
	assert_false(is_known("alice", other, FAKE_NOW));
	assert_false(known_device_read(fake.app.keys, STR_LIT("alice"), STR_NONE, FAKE_NOW, (uint8_t[DEVICE_KEY_LEN]){ 0 }));
}

/* The database is asked for as much of a name that nobody has. */
static void
test_find(void **state)
{

	(void)state;
	fake.get_device_rc = DW_OK;
	assert_int_equal(known_device_find(&fake.app, "alice", STR_LIT("phone")), DW_OK);
	fake.find_rc = DW_ABSENT;
	assert_int_equal(known_device_find(&fake.app, "nobody", STR_LIT("phone")), DW_ABSENT);
	assert_string_equal(fake.trail_text, "find get_device find get_device ");
	fake.find_rc = DW_OK;
	fake.get_device_rc = DW_ABSENT;
	assert_int_equal(known_device_find(&fake.app, "alice", STR_LIT("phone")), DW_ABSENT);
	fake.get_device_rc = DW_UNAVAILABLE;
	assert_int_equal(known_device_find(&fake.app, "alice", STR_LIT("phone")), DW_UNAVAILABLE);
	fake.find_rc = DW_UNAVAILABLE;
	assert_int_equal(known_device_find(&fake.app, "alice", STR_LIT("phone")), DW_UNAVAILABLE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_cookie, fake_fresh),
		cmocka_unit_test_setup(test_find, fake_fresh),
	};

	return (cmocka_run_group_tests_name("known devices", tests, fake_begin, fake_end));
}

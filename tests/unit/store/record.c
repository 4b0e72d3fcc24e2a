/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/record.h"

static struct session
example(const char *ip)
{
	struct session s = { .flags = SESSION_REMEMBER,
		.level = 1,
		.policy = POLICY_SLIDING,
		.has_cookie = true,
		.created = 1700000000,
		.last_seen = 1700000100,
		.absolute = INT64_C(4294967295),
		.idle = 1800,
		.has_family = true,
		.family_flags = FAMILY_RECOVERED,
		.rotated = 1700000200,
		.family_absolute = 1700600000,
		.family_idle = 86400,
		.access_exp = 1700000500 };

	memset(s.secret_hash, 0xa5, HASH_LEN);
	memset(s.device_key, 0x11, DEVICE_KEY_LEN);
	memset(s.client_hash, 0x22, CLIENT_HASH_LEN);
	strcpy(s.ip, ip);
	return (s);
}

static void
test_session(void **state)
{
	static const struct {
		const char *ip, *back;
		size_t len;
	} rows[] = {
		{ "", "", 47 },
		{ "192.0.2.1", "192.0.2.1", 51 },
		{ "2001:db8:0:0::1", "2001:db8::1", 63 },
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.1", 63 },
		{ "not an address", "", 47 },
	};
	uint8_t packed[RECORD_S_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct session in = example(rows[i].ip), out = { .family_idle = 7 };
		size_t n = record_pack_session(&in, packed);

		assert_int_equal(n, rows[i].len);
		assert_true(record_unpack_session((struct str){ (char *)packed, n }, &out));
		assert_string_equal(out.ip, rows[i].back);
		assert_memory_equal(out.secret_hash, in.secret_hash, HASH_LEN);
		assert_memory_equal(out.device_key, in.device_key, DEVICE_KEY_LEN);
		assert_memory_equal(out.client_hash, in.client_hash, CLIENT_HASH_LEN);
		assert_true(out.has_cookie && out.flags == in.flags && out.level == 1 && out.policy == POLICY_SLIDING);
		assert_true(out.created == in.created && out.last_seen == in.last_seen && out.absolute == in.absolute &&
			    out.idle == in.idle);
		assert_int_equal(out.family_idle, 7);
	}
}

/* A token-only login has no secret, whatever is in the field of it. */
static void
test_token_only(void **state)
{
	struct session in = example(""), out = { 0 };
	uint8_t packed[RECORD_S_MAX];
	size_t n;

	(void)state;
	in.has_cookie = false;
	n = record_pack_session(&in, packed);
	assert_true(record_unpack_session((struct str){ (char *)packed, n }, &out));
	assert_false(out.has_cookie);
}

/* Times beyond 32 bits end at the last one, those before the epoch at 0; nothing wraps. */
static void
test_bounds(void **state)
{
	struct session in = example(""), out = { 0 };
	uint8_t packed[RECORD_S_MAX];
	size_t n;

	(void)state;
	in.absolute = INT64_MAX;
	in.created = -5;
	n = record_pack_session(&in, packed);
	assert_true(record_unpack_session((struct str){ (char *)packed, n }, &out));
	assert_int_equal(out.absolute, UINT32_MAX);
	assert_int_equal(out.created, 0);
}

static void
test_refused(void **state)
{
	uint8_t packed[80] = { 0 };
	struct logout_record logout_record;
	struct record_family f;
	struct session out = { 0 };
	int64_t n;
	bool chosen;

	(void)state;
	for (size_t len = 0; len < sizeof(packed); len++) {
		struct str v = { (char *)packed, len };

		assert_int_equal(record_unpack_session(v, &out), len == 47 || len == 51 || len == 63);
		assert_int_equal(record_unpack_family(v, &out, &f), len == 62);
		assert_int_equal(record_unpack_logout(v, &logout_record, &chosen), len >= 15 && len <= 63);
		assert_int_equal(record_unpack_not_before(v, &n), len == 4);
	}
	packed[17] = 3; /* a policy there is not */
	assert_false(record_unpack_session((struct str){ (char *)packed, 47 }, &out));
	packed[5] = 4; /* a scope there is not */
	assert_false(record_unpack_logout((struct str){ (char *)packed, 15 }, &logout_record, &chosen));
	assert_false(record_unpack_session(STR_NONE, &out));
	assert_true(record_unpack_not_before(STR_NONE, &n) && n == 0);
}

static void
test_family(void **state)
{
	struct session in = example(""), out = { 0 };
	uint8_t packed[RECORD_F_LEN];
	struct record_family f, g;

	(void)state;
	memset(&f, 0, sizeof(f));
	memset(&g, 0, sizeof(g));
	f.key_version = 3;
	memset(f.current, 1, HASH_LEN);
	memset(f.previous, 2, HASH_LEN);
	memset(f.salt, 3, SALT_LEN);
	record_pack_family(&in, &f, packed);
	assert_true(record_unpack_family((struct str){ (char *)packed, sizeof(packed) }, &out, &g));
	assert_memory_equal(&f, &g, sizeof(f));
	assert_true(out.has_family && out.rotated == in.rotated && out.family_absolute == in.family_absolute &&
		    out.family_idle == in.family_idle && out.access_exp == in.access_exp &&
		    out.family_flags == FAMILY_RECOVERED);
}

static void
test_ending(void **state)
{
	static const char stored[] = "\x01\x02\x00\x00\x02\x03"
				     "DDDDDDDD"
				     "\x02stolen laptop";
	struct logout_record e;
	bool chosen;

	(void)state;
	assert_true(record_unpack_logout((struct str){ stored, sizeof(stored) - 1 }, &e, &chosen));
	assert_int_equal(e.at, 0x201);
	assert_true(chosen && e.cause == END_KICK && e.scope == SCOPE_ALL);
	assert_string_equal(e.reason, "stolen laptop");
	assert_true(record_unpack_logout((struct str){ stored, 15 }, &e, &chosen));
	assert_string_equal(e.reason, "kick");
}

/* The user's text, whole and in pieces of a field's size, and what JSON would escape in it. */
static void
test_user(void **state)
{
	static char many[GROUPS_MAX + 1];
	static const struct {
		const char *id, *name, *groups;
		bool odd;
	} rows[] = {
		{ "u", "n", "", false },
		{ "AAAAAAAAAAAAAAAAAAAAAA", "alice", "users,staff", false },
		{ "u", "a\"", "g", true },
		{ "u", "a\\", "g", true },
		{ "u", "a\n", "g", true },
		{ "u", "\x7f", "g", true },
		{ "\"", "a", "", true },
		{ "u", "zo\xc3\xab", "\"", false },
		{ "AAAAAAAAAAAAAAAAAAAAAA", "a name of sixty four bytes, the longest one there can be here ok",
		    "a list of groups of one hundred and twenty six bytes,users,staff,administrator,operator,"
		    "auditors,billing,sales,marketing,it,hr",
		    false },
		{ "AAAAAAAAAAAAAAAAAAAAAA", "a name of sixty four bytes, the longest one there can be here ok", many, false },
	};
	char id[USER_ID_MAX + 1], name[USERNAME_MAX + 1], groups[GROUPS_MAX + 1];
	uint8_t packed[RECORD_USER_MAX];

	(void)state;
	memset(many, 'g', GROUPS_MAX);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str pieces[RECORD_USER_FIELDS] = { STR_NONE };
		size_t n = record_pack_user(str_of(rows[i].id), str_of(rows[i].name), str_of(rows[i].groups), packed);

		assert_int_equal((packed[1] & RECORD_NAME_ODD) != 0, rows[i].odd);
		for (size_t k = 0; k < RECORD_USER_FIELDS && k * RECORD_VALUE_MAX < n; k++) {
			size_t left = n - k * RECORD_VALUE_MAX;

			pieces[k] = (struct str){ (char *)packed + k * RECORD_VALUE_MAX,
				k == RECORD_USER_SMALL || left < RECORD_VALUE_MAX ? left : RECORD_VALUE_MAX };
		}
		assert_true(record_unpack_user(pieces, id, name, groups));
		assert_string_equal(id, rows[i].id);
		assert_string_equal(name, rows[i].name);
		assert_string_equal(groups, rows[i].groups);
		pieces[0] = (struct str){ (char *)packed, n };
		pieces[1] = pieces[2] = pieces[3] = pieces[4] = STR_NONE;
		assert_true(record_unpack_user(pieces, id, name, groups));
		assert_string_equal(groups, rows[i].groups);
		pieces[0].len = 1 + strlen(rows[i].id) + strlen(rows[i].name); /* a byte of the name is missing */
		assert_false(record_unpack_user(pieces, id, name, groups));
	}
	assert_true(record_unpack_user((struct str[RECORD_USER_FIELDS]){ STR_NONE }, id, name, groups) && id[0] == '\0');
	memset(packed, 'x', sizeof(packed));
	for (size_t n = 0; n <= sizeof(packed); n++)
		assert_false(record_unpack_user((struct str[RECORD_USER_FIELDS]){ { (char *)packed, n } }, id, name, groups));
}

static void
test_device(void **state)
{
	uint8_t device_key[DEVICE_KEY_LEN] = { 0 };
	char out[DEVICE_ID_MAX + 1], half[RECORD_VALUE_MAX + 1];

	(void)state;
	memset(half, 'x', sizeof(half));
	assert_true(record_device_id(false, device_key, STR_NONE, STR_NONE, out));
	assert_string_equal(out, "AAAAAAAAAAA");
	assert_true(record_device_id(true, device_key, STR_LIT("phone"), STR_NONE, out));
	assert_string_equal(out, "phone");
	assert_true(record_device_id(true, device_key, (struct str){ half, 64 }, (struct str){ half, 64 }, out));
	assert_int_equal(strlen(out), 128);
	assert_false(record_device_id(true, device_key, (struct str){ half, 65 }, (struct str){ half, 64 }, out));
	assert_false(record_device_id(true, device_key, STR_NONE, STR_NONE, out));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_session),
		cmocka_unit_test(test_token_only),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_family),
		cmocka_unit_test(test_ending),
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_device),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

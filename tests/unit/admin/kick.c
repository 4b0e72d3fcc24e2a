/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "admin/routes.h"
#include "auth/pseudonym.h"
#include "crypto/keyring.h"
#include "crypto/sid.h"

#include "../fake.h"

#define FIELDS 3
#define TEXT(n, v)                                                                                                             \
	{                                                                                                                      \
		.name = { n, sizeof(n) - 1 }, .type = FIELD_STRING, .value = { v, sizeof(v) - 1 }                              \
	}
#define ID "AAAAAAAAAAAAAAAAAAAAAA"

static struct response r;
static struct arena arena;
static char block[4096];

static int
fresh(void **state)
{

	fake_fresh(state);
	arena_init(&arena, block, sizeof(block));
	snprintf(fake.account.id, sizeof(fake.account.id), "user-1");
	return (0);
}

/* Posts the members at ${fields}, up to one without a name. Returns the answer's status. */
static int
kick(const struct field *fields)
{
	static struct field copy[FIELDS];
	struct request q = { .method = METHOD_POST, .path = "/admin/kick", .has_body = true, .fields = copy, .arena = &arena };

	for (q.n_fields = 0; q.n_fields < FIELDS && fields[q.n_fields].name.p != NULL; q.n_fields++)
		copy[q.n_fields] = fields[q.n_fields];
	response_init(&r);
	kick_post(&fake.app, &q, &r);
	return (r.status);
}

/* Before anybody is asked for: what is not understood ends nothing. */
static void
refused(void **state)
{
	static const struct field t[][FIELDS] = {
		{ { .type = FIELD_NULL } },
		{ TEXT("user", "alice"), TEXT("session", "x") },
		{ TEXT("session", "x"), TEXT("device", "phone") },
		{ TEXT("device", "phone") },
		{ { .name = STR_LIT("user"), .type = FIELD_NUMBER, .number = 1 } },
		{ TEXT("user", "alice"), { .name = STR_LIT("device"), .type = FIELD_BOOL, .truth = true } },
		{ TEXT("user", "alice"), TEXT("device", "a\nb") },
		{ TEXT("user", "alice"), TEXT("reason", "a\x1b[31m") },
		{ TEXT("user", "alice"), TEXT("reason", "0123456789012345678901234567890123456789012345678") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		assert_int_equal(kick(t[i]), 400);
	assert_string_equal(fake.trail_text, "");
}

static void
by_user(void **state)
{
	const struct field all[FIELDS] = { TEXT("user", "Alice"), { .name = STR_LIT("device"), .type = FIELD_NULL },
		TEXT("reason", "") };
	const struct field one[FIELDS] = { TEXT("user", "alice"), TEXT("device", "phone"), TEXT("reason", "lost") };
	uint8_t user_key[USER_KEY_LEN];

	(void)state;
	pseudonym_of(keyring_user(fake.app.keys), STR_LIT("user-1"), user_key);
	assert_int_equal(kick(all), 200);
	assert_string_equal(fake.found_name, "alice");
	assert_string_equal(fake.trail_text, "find end ");
	assert_memory_equal(fake.ended.user_key, user_key, USER_KEY_LEN);
	assert_int_equal(fake.ended.scope, SCOPE_ALL);
	assert_int_equal(fake.ended.cause, END_KICK);
	assert_null(fake.ended.reason); /* an empty one is none */
	assert_string_equal(r.body.p, "{\"ended\":0,\"logouts\":[]}");
	assert_int_equal(kick(one), 200);
	assert_int_equal(fake.ended.scope, SCOPE_DEVICE);
	assert_string_equal(fake.ended.reason, "lost");
}

/* An id leads to its sessions without the user database, a name does not. */
static void
without_accounts(void **state)
{
	const struct field id[FIELDS] = { TEXT("user", ID) }, name[FIELDS] = { TEXT("user", "alice") };
	uint8_t user_key[USER_KEY_LEN];

	(void)state;
	pseudonym_of(keyring_user(fake.app.keys), STR_LIT(ID), user_key);
	fake.find_rc = DW_UNAVAILABLE;
	assert_int_equal(kick(name), 503);
	assert_string_equal(fake.trail_text, "find ");
	assert_int_equal(kick(id), 200);
	assert_memory_equal(fake.ended.user_key, user_key, USER_KEY_LEN);
	fake.find_rc = DW_ABSENT;
	assert_int_equal(kick(name), 404);
}

static void
by_session(void **state)
{
	const uint8_t user_key[USER_KEY_LEN] = { 1, 2, 3 }, session_key[SESSION_KEY_LEN] = { 4, 5, 6 };
	char sid[PUBLIC_SID_LEN + 1];
	struct field f[FIELDS] = { { .name = STR_LIT("session"), .type = FIELD_STRING, .value = { sid, PUBLIC_SID_LEN } } };

	(void)state;
	sid_public(keyring_user(fake.app.keys), user_key, session_key, sid);
	assert_int_equal(kick(f), 404); /* the store knows nothing of it */
	assert_string_equal(fake.trail_text, "end ");
	assert_memory_equal(fake.ended.user_key, user_key, USER_KEY_LEN);
	assert_memory_equal(fake.ended.session_key, session_key, SESSION_KEY_LEN);
	assert_int_equal(fake.ended.scope, SCOPE_SESSION);
	fake.end_reply.has_own = true;
	assert_int_equal(kick(f), 200);
	fake.end_rc = DW_UNAVAILABLE;
	assert_int_equal(kick(f), 503);
	sid[0] = '!'; /* what cannot be one is not even asked for */
	fake_reset(&fake);
	assert_int_equal(kick(f), 404);
	assert_string_equal(fake.trail_text, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(refused, fresh),
		cmocka_unit_test_setup(by_user, fresh),
		cmocka_unit_test_setup(without_accounts, fresh),
		cmocka_unit_test_setup(by_session, fresh),
	};

	return (cmocka_run_group_tests(tests, fake_begin, fake_end));
}

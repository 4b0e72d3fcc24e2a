/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/device.h"
#include "auth/refresh.h"

#include "../fake.h"

static struct credential presented;
static struct refresh_input in;
static struct tokens out;
static const char *reason;
static const uint8_t user_key[USER_KEY_LEN] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 },
		     session_key[SESSION_KEY_LEN] = { 11, 12, 13, 14, 15, 16, 17, 18 };

static int
begin(void **state)
{
	char text[TOKEN_TEXT_MAX + 1];
	struct token t;

	return (fake_begin(state) == 0 && token_new_refresh(fake.app.keys, user_key, session_key, &t, text) == DW_OK &&
			credential_read(&fake.app, CREDENTIAL_REFRESH, str_of(text), &presented) == DW_OK
		    ? 0
		    : -1);
}

static int
fresh(void **state)
{
	struct rotate_reply *r = &fake.rotate_reply;

	fake_fresh(state);
	r->outcome = ROTATE_DONE;
	r->key_version = 1;
	r->generation = GENERATION_FIRST + 2; /* of a recovery */
	snprintf(r->user_id, sizeof(r->user_id), "user-1");
	snprintf(r->username, sizeof(r->username), "alice");
	memcpy(r->session.session_key, session_key, SESSION_KEY_LEN);
	memcpy(r->session.client_hash, fake.clients[1].client_hash, CLIENT_HASH_LEN);
	r->session.has_family = true;
	r->session.rotated = FAKE_NOW;
	r->session.family_idle = 86400;
	r->session.family_absolute = FAKE_NOW + 600000;
	in = (struct refresh_input){
		.presented = &presented, .ip = "203.0.113.9", .trace_id = "0123456789abcdef0123456789abcdef"
	};
	memset(&out, 0xa5, sizeof(out));
	return (0);
}

static void
rotated(void **state)
{
	struct access a;
	struct token t;

	(void)state;
	for (int recovered = 0; recovered < 2; recovered++) {
		fresh(NULL);
		fake.rotate_reply.outcome = recovered ? ROTATE_RECOVERED : ROTATE_DONE;
		assert_int_equal(refresh(&fake.app, &in, &out, &reason), DW_OK);
		assert_null(reason);
		assert_string_equal(fake.trail_text, "rotate ");
		assert_memory_equal(fake.rotated.user_key, user_key, USER_KEY_LEN);
		assert_memory_equal(fake.rotated.session_key, session_key, SESSION_KEY_LEN);
		assert_memory_equal(fake.rotated.presented, presented.token.hash, HASH_LEN);
		assert_int_equal(fake.rotated.grace, 10);
		assert_false(fake.rotated.has_device);
		assert_false(fake.rotated.has_client);
		assert_string_equal(fake.rotated.actor.ip, "203.0.113.9");
		/* What is handed out is what was proposed. */
		assert_int_equal(token_read_refresh(fake.app.keys, str_of(out.refresh), &t), DW_OK);
		assert_memory_equal(t.hash, recovered ? fake.rotated.recovered : fake.rotated.successor, HASH_LEN);
		assert_int_equal(t.generation, presented.token.generation + 1 + (uint32_t)recovered);
		assert_memory_not_equal(t.hash, presented.token.hash, HASH_LEN);
		assert_memory_equal(t.session_key, session_key, SESSION_KEY_LEN);
		assert_memory_equal(t.user_key, user_key, USER_KEY_LEN);
		assert_int_equal(out.refresh_in, 86400);
		assert_int_equal(access_read(&fake.conf, fake.app.keys, str_of(out.access), fake.now, &a), DW_OK);
		assert_string_equal(a.user_id, "user-1");
		assert_string_equal(a.client_id, "app");
		assert_memory_equal(a.session_key, session_key, SESSION_KEY_LEN);
		assert_int_equal(a.exp, FAKE_NOW + 300);
		assert_int_equal(out.access_in, 300);
	}
}

/* Within the grace window: the same successor, byte for byte, from what the store kept of its making. */
static void
repeated(void **state)
{
	char first[TOKEN_TEXT_MAX + 1];
	struct rotate_write w;

	(void)state;
	assert_int_equal(refresh(&fake.app, &in, &out, &reason), DW_OK);
	snprintf(first, sizeof(first), "%s", out.refresh);
	w = fake.rotated;
	fake.rotate_reply.outcome = ROTATE_REPEATED;
	fake.rotate_reply.generation = w.generation + 1;
	fake.rotate_reply.key_version = w.key_version;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(refresh(&fake.app, &in, &out, &reason), DW_OK);
		assert_string_equal(out.refresh, first);
		assert_memory_not_equal(fake.rotated.nonce, w.nonce, NONCE_LEN);
		assert_string_not_equal(out.access, "");
	}
	/* A repeat by a key that has been retired cannot be answered, and nothing else is handed out in its place. */
	fake.rotate_reply.key_version = 7;
	assert_int_equal(refresh(&fake.app, &in, &out, &reason), DW_REFUSED);
	assert_string_equal(reason, "revoked");
	assert_string_equal(out.access, "");
	assert_string_equal(out.refresh, "");
}

static void
refused(void **state)
{
	static const struct {
		enum rotate_outcome outcome;
		const char *reason;
	} t[] = { { ROTATE_UNKNOWN, "unknown" }, { ROTATE_EXPIRED, "expired" }, { ROTATE_REVOKED, "revoked" },
		{ ROTATE_REUSED, "reused" }, { ROTATE_DEVICE_MISSING, "device_mismatch" },
		{ ROTATE_DEVICE_MISMATCH, "device_mismatch" }, { ROTATE_CLIENT_MISMATCH, "client_mismatch" } };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		fresh(NULL);
		fake.rotate_reply.outcome = t[i].outcome;
		assert_int_equal(refresh(&fake.app, &in, &out, &reason), DW_REFUSED);
		assert_string_equal(reason, t[i].reason);
		assert_string_equal(out.access, "");
	}
}

/* What ended with it lasts as a logout does: asked for once more, as the same event. Only where that is more than Redis' word.
 */
static void
ended_for_good(void **state)
{
	static const struct {
		enum rotate_outcome outcome;
		enum end_cause cause;
		const char *reason;
	} t[] = { { ROTATE_REUSED, END_REUSE, NULL }, { ROTATE_DEVICE_MISMATCH, END_MISMATCH, NULL },
		{ ROTATE_CLIENT_MISMATCH, END_MISMATCH, "client_mismatch" } };
	static const enum dw_result rcs[] = { DW_OK, DW_PENDING, DW_UNAVAILABLE };

	(void)state;
	for (size_t i = 0; i < 9; i++) {
		fresh(NULL);
		fake.conf.redis_durability = DURABILITY_REPLICA;
		fake.rotate_reply.outcome = t[i / 3].outcome;
		snprintf(fake.rotate_reply.event_id, EVENT_ID_LEN + 1, "abcdefghijklmnopqrstuv");
		fake.end_rc = rcs[i % 3];
		assert_int_equal(refresh(&fake.app, &in, &out, &reason), i % 3 < 2 ? DW_REFUSED : DW_UNAVAILABLE);
		assert_int_equal(reason != NULL, i % 3 < 2);
		assert_string_equal(fake.trail_text, "rotate end ");
		assert_int_equal(fake.ended.cause, t[i / 3].cause);
		assert_int_equal(fake.ended.scope, SCOPE_SESSION);
		assert_memory_equal(fake.ended.user_key, user_key, USER_KEY_LEN);
		assert_memory_equal(fake.ended.session_key, session_key, SESSION_KEY_LEN);
		assert_string_equal(fake.ended.act.id, "abcdefghijklmnopqrstuv");
		assert_true(
		    t[i / 3].reason == NULL ? fake.ended.reason == NULL : strcmp(fake.ended.reason, t[i / 3].reason) == 0);
	}
	fresh(NULL);
	fake.conf.redis_durability = DURABILITY_REPLICA;
	fake.rotate_reply.outcome = ROTATE_REVOKED;
	assert_int_equal(refresh(&fake.app, &in, &out, &reason), DW_REFUSED);
	assert_string_equal(fake.trail_text, "rotate ");
}

/* Whether it was used up is unknown: no reason is given, for there is none. */
static void
unavailable(void **state)
{
	static const enum dw_result rcs[] = { DW_UNAVAILABLE, DW_FAULT };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		fresh(NULL);
		fake.rotate_rc = rcs[i];
		fake.rotate_reply.outcome = ROTATE_REUSED;
		assert_int_equal(refresh(&fake.app, &in, &out, &reason), rcs[i]);
		assert_null(reason);
		assert_string_equal(out.access, "");
	}
}

static void
who(void **state)
{
	uint8_t device_key[DEVICE_KEY_LEN];

	(void)state;
	in.device_id = STR_LIT("laptop");
	in.client_id = STR_LIT("app");
	assert_int_equal(refresh(&fake.app, &in, &out, &reason), DW_OK);
	device_handle(STR_LIT("laptop"), device_key);
	assert_true(fake.rotated.has_device);
	assert_memory_equal(fake.rotated.device_key, device_key, DEVICE_KEY_LEN);
	assert_true(fake.rotated.has_client);
	assert_memory_equal(fake.rotated.client_hash, fake.clients[1].client_hash, CLIENT_HASH_LEN);
	/* Sent but empty is sent: it matches nothing. */
	in.client_id = STR_LIT("");
	assert_int_equal(refresh(&fake.app, &in, &out, &reason), DW_OK);
	assert_true(fake.rotated.has_client);
	assert_memory_not_equal(fake.rotated.client_hash, fake.clients[0].client_hash, CLIENT_HASH_LEN);
}

/* A refreshed token inherits the family's end, and lives no longer (R060, R145). */
static void
ends(void **state)
{
	struct access a;

	(void)state;
	fake.rotate_reply.session.family_absolute = FAKE_NOW + 60;
	assert_int_equal(refresh(&fake.app, &in, &out, &reason), DW_OK);
	assert_int_equal(out.refresh_in, 60);
	assert_int_equal(out.access_in, 60);
	assert_int_equal(access_read(&fake.conf, fake.app.keys, str_of(out.access), fake.now, &a), DW_OK);
	assert_int_equal(a.exp, FAKE_NOW + 60);
	/* The client's own time for access tokens; and the longest of all is what the store is told to allow for. */
	fresh(NULL);
	fake.clients[1].access_ttl = 900 * 1000;
	assert_int_equal(refresh(&fake.app, &in, &out, &reason), DW_OK);
	assert_int_equal(out.access_in, 900);
	assert_int_equal(fake.rotated.access_in, 900);
	/* A client that is no longer configured. */
	fresh(NULL);
	memset(fake.rotate_reply.session.client_hash, 0xee, CLIENT_HASH_LEN);
	assert_int_equal(refresh(&fake.app, &in, &out, &reason), DW_OK);
	assert_int_equal(out.access_in, 300);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(rotated, fresh),
		cmocka_unit_test_setup(repeated, fresh),
		cmocka_unit_test_setup(refused, fresh),
		cmocka_unit_test_setup(ended_for_good, fresh),
		cmocka_unit_test_setup(unavailable, fresh),
		cmocka_unit_test_setup(who, fresh),
		cmocka_unit_test_setup(ends, fresh),
	};

	return (cmocka_run_group_tests(tests, begin, fake_end));
}

/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/token.h"
#include "base/base64url.h"

#include "../fake.h"

#define ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
#define RAW_MAX 60

static const uint8_t user_key[USER_KEY_LEN] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 },
		     session_key[SESSION_KEY_LEN] = { 11, 12, 13, 14, 15, 16, 17, 18 };

/* Makes one of either kind. */
static void
make(bool refresh, struct token *t, char text[TOKEN_TEXT_MAX + 1])
{

	if (refresh)
		assert_int_equal(token_new_refresh(fake.app.keys, user_key, session_key, t, text), DW_OK);
	else
		assert_int_equal(token_new_session(fake.app.keys, user_key, t, text), DW_OK);
}

static enum dw_result
read_as(bool refresh, struct str text)
{
	struct token t;

	return (refresh ? token_read_refresh(fake.app.keys, text, &t) : token_read_session(fake.app.keys, text, &t));
}

static void
decode(const char *text, uint8_t raw[RAW_MAX])
{
	size_t n;

	assert_true(base64url_decode(str_of(text + 4), raw, RAW_MAX, &n));
}

static void
there_and_back(void **state)
{
	struct token made, got;
	char text[TOKEN_TEXT_MAX + 1];

	(void)state;
	make(false, &made, text);
	assert_int_equal(strlen(text), 68);
	assert_int_equal(strncmp(text, "dws_", 4), 0);
	assert_int_equal(strspn(text + 4, ALPHABET), 64);
	assert_int_equal(token_read_session(fake.app.keys, str_of(text), &got), DW_OK);
	assert_memory_equal(got.user_key, user_key, USER_KEY_LEN);
	assert_memory_equal(got.session_key, made.session_key, SESSION_KEY_LEN);
	assert_memory_equal(got.secret, made.secret, SECRET_LEN);
	assert_memory_equal(got.hash, made.hash, HASH_LEN);
	assert_int_equal(got.version, 1);
	make(true, &made, text);
	assert_int_equal(strlen(text), 84);
	assert_int_equal(strncmp(text, "dwr_", 4), 0);
	assert_int_equal(strspn(text + 4, ALPHABET), 80);
	assert_int_equal(token_read_refresh(fake.app.keys, str_of(text), &got), DW_OK);
	assert_memory_equal(got.user_key, user_key, USER_KEY_LEN);
	assert_memory_equal(got.session_key, session_key, SESSION_KEY_LEN);
	assert_memory_equal(got.secret, made.secret, SECRET_LEN);
	assert_memory_equal(got.hash, made.hash, HASH_LEN);
}

/* Every bit of the bytes, and every other character at every place. */
static void
forged(void **state)
{

	(void)state;
	for (int refresh = 0; refresh < 2; refresh++) {
		char text[TOKEN_TEXT_MAX + 1], other[TOKEN_TEXT_MAX + 1];
		size_t len = refresh ? 60 : 48;
		uint8_t raw[RAW_MAX];
		struct token t;

		make(refresh, &t, text);
		decode(text, raw);
		for (size_t bit = 0; bit < len * 8; bit++) {
			memcpy(other, text, 5);
			raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
			base64url_encode(raw, len, other + 4);
			if (read_as(refresh, str_of(other)) != DW_INVALID)
				fail_msg("bit %zu may be flipped", bit);
			raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		for (size_t i = 0; text[i] != '\0'; i++) {
			memcpy(other, text, sizeof(other));
			for (int c = 0; c < 256; c++) {
				other[i] = (char)c;
				if (c != (unsigned char)text[i] &&
				    read_as(refresh, (struct str){ other, strlen(text) }) != DW_INVALID)
					fail_msg("character %zu may be %d", i, c);
			}
		}
		assert_int_equal(read_as(refresh, str_of(text)), DW_OK);
	}
}

static void
wrong_lengths(void **state)
{

	(void)state;
	for (int refresh = 0; refresh < 2; refresh++) {
		char text[TOKEN_TEXT_MAX + 16] = "";
		struct token t;
		size_t len;

		make(refresh, &t, text);
		len = strlen(text);
		for (size_t n = 0; n < len; n++) {
			assert_int_equal(read_as(refresh, (struct str){ text, n }), DW_INVALID);
			assert_int_equal(read_as(refresh, (struct str){ text + len - n, n }), DW_INVALID);
		}
		for (size_t n = 1; n < 8; n++) {
			static const char tails[] = "A= \n.A\0\"";

			for (size_t k = 0; k < sizeof(tails) - 1; k++) {
				memset(text + len, tails[k], n);
				assert_int_equal(read_as(refresh, (struct str){ text, len + n }), DW_INVALID);
			}
		}
		assert_int_equal(read_as(refresh, STR_NONE), DW_INVALID);
		assert_int_equal(read_as(refresh, STR_LIT("")), DW_INVALID);
	}
}

/* One kind is never the other (R127), whatever prefix it is given. */
static void
kinds(void **state)
{
	char session[TOKEN_TEXT_MAX + 1], refresh[TOKEN_TEXT_MAX + 1];
	struct token t;

	(void)state;
	make(false, &t, session);
	make(true, &t, refresh);
	assert_int_equal(read_as(true, str_of(session)), DW_INVALID);
	assert_int_equal(read_as(false, str_of(refresh)), DW_INVALID);
	session[2] = 'r';
	refresh[2] = 's';
	assert_int_equal(read_as(true, str_of(session)), DW_INVALID);
	assert_int_equal(read_as(false, str_of(refresh)), DW_INVALID);
	/* Cut or filled to the other's length. */
	assert_int_equal(read_as(false, (struct str){ refresh, TOKEN_SESSION_TEXT }), DW_INVALID);
	memset(session + TOKEN_SESSION_TEXT, 'A', TOKEN_REFRESH_TEXT - TOKEN_SESSION_TEXT);
	assert_int_equal(read_as(true, (struct str){ session, TOKEN_REFRESH_TEXT }), DW_INVALID);
}

/* Nobody can tell from two tokens that they are one user's, or one session's that has no handle in common. */
static void
nothing_in_common(void **state)
{
	enum { MANY = 200 };
	static uint8_t raws[MANY][RAW_MAX];
	static struct token t[MANY];

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		char text[TOKEN_TEXT_MAX + 1];

		make(false, &t[i], text);
		decode(text, raws[i]);
		assert_memory_not_equal(raws[i] + 1, user_key, USER_KEY_LEN);
		for (size_t k = 0; k < i; k++) {
			assert_memory_not_equal(raws[i] + 1, raws[k] + 1, USER_KEY_LEN);
			assert_memory_not_equal(t[i].secret, t[k].secret, SECRET_LEN);
			assert_memory_not_equal(t[i].session_key, t[k].session_key, SESSION_KEY_LEN);
			assert_memory_not_equal(t[i].hash, t[k].hash, HASH_LEN);
		}
	}
}

/* What the store keeps is not what the client sends (R061). */
static void
hash_is_not_the_secret(void **state)
{
	char text[TOKEN_TEXT_MAX + 1];
	struct token t;

	(void)state;
	for (int refresh = 0; refresh < 2; refresh++) {
		make(refresh, &t, text);
		assert_memory_not_equal(t.hash, t.secret, HASH_LEN);
		assert_memory_not_equal(t.hash, t.session_key, SESSION_KEY_LEN);
		assert_memory_not_equal(t.secret, t.session_key, SESSION_KEY_LEN);
	}
}

static void
successors(void **state)
{
	char first[TOKEN_TEXT_MAX + 1], a[TOKEN_TEXT_MAX + 1], b[TOKEN_TEXT_MAX + 1];
	struct token old, one, two;

	(void)state;
	make(true, &old, first);
	assert_int_equal(old.generation, GENERATION_FIRST);
	assert_int_equal(token_successor(fake.app.keys, &old, 2, 0, &one, a), DW_OK);
	assert_int_equal(token_successor(fake.app.keys, &old, 2, 0, &two, b), DW_OK);
	assert_string_equal(a, b); /* byte for byte */
	assert_int_equal(strlen(a), TOKEN_REFRESH_TEXT);
	assert_string_not_equal(a, first);
	assert_memory_equal(one.hash, two.hash, HASH_LEN);
	assert_int_equal(token_successor(fake.app.keys, &old, 2, 1, &two, b), DW_OK);
	assert_string_equal(a, b);
	assert_int_equal(token_successor(fake.app.keys, &old, 3, 0, &two, b), DW_OK);
	assert_memory_not_equal(one.hash, two.hash, HASH_LEN);
	/* a key that is not there */
	assert_int_equal(token_successor(fake.app.keys, &old, 2, 2, &two, b), DW_INVALID);
	/* It is a refresh token of the same session. */
	assert_int_equal(token_read_refresh(fake.app.keys, str_of(a), &two), DW_OK);
	assert_memory_equal(two.user_key, user_key, USER_KEY_LEN);
	assert_memory_equal(two.session_key, session_key, SESSION_KEY_LEN);
	assert_memory_equal(two.hash, one.hash, HASH_LEN);
	assert_memory_not_equal(two.hash, old.hash, HASH_LEN);
	assert_int_equal(two.generation, 2);
	/* And another token's successor is another one, of the same generation too. */
	make(true, &old, first);
	assert_int_equal(token_successor(fake.app.keys, &old, 2, 0, &two, b), DW_OK);
	assert_memory_not_equal(one.hash, two.hash, HASH_LEN);
	/* The largest generation comes back as it is. */
	assert_int_equal(token_successor(fake.app.keys, &old, UINT32_MAX, 0, &two, b), DW_OK);
	assert_int_equal(token_read_refresh(fake.app.keys, str_of(b), &two), DW_OK);
	assert_true(two.generation == UINT32_MAX);
}

/* Of before there were generations: read, and made again for a repeat. */
static void
salted(void **state)
{
	const uint8_t salt[SALT_LEN] = { 1 }, other_salt[SALT_LEN] = { 2 };
	char first[TOKEN_TEXT_MAX + 1], a[TOKEN_TEXT_MAX + 1], b[TOKEN_TEXT_MAX + 1];
	struct token old, one, two;

	(void)state;
	make(true, &old, first);
	assert_int_equal(token_successor_salted(fake.app.keys, &old, salt, 0, &one, a), DW_OK);
	assert_int_equal(strlen(a), 80);
	assert_int_equal(token_successor_salted(fake.app.keys, &old, salt, 1, &two, b), DW_OK);
	assert_string_equal(a, b);
	assert_int_equal(token_successor_salted(fake.app.keys, &old, other_salt, 0, &two, b), DW_OK);
	assert_string_not_equal(a, b);
	assert_int_equal(token_successor_salted(fake.app.keys, &old, salt, 2, &two, b), DW_INVALID);
	assert_int_equal(token_read_refresh(fake.app.keys, str_of(a), &two), DW_OK);
	assert_memory_equal(two.user_key, user_key, USER_KEY_LEN);
	assert_memory_equal(two.session_key, session_key, SESSION_KEY_LEN);
	assert_memory_equal(two.hash, one.hash, HASH_LEN);
	assert_int_equal(two.generation, 0);
	for (size_t i = 4; i < strlen(a); i++) { /* every byte is under the MAC here too */
		char bad[TOKEN_TEXT_MAX + 1];

		memcpy(bad, a, sizeof(bad));
		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		assert_int_equal(token_read_refresh(fake.app.keys, str_of(bad), &two), DW_INVALID);
	}
}

/* A token of other keys is as good as none. */
static void
other_keys(void **state)
{
	struct fake stranger;
	char text[TOKEN_TEXT_MAX + 1];
	struct token t;

	(void)state;
	assert_int_equal(fake_new(&stranger), 0);
	for (int refresh = 0; refresh < 2; refresh++) {
		make(refresh, &t, text);
		assert_int_equal(refresh ? token_read_refresh(stranger.app.keys, str_of(text), &t)
					 : token_read_session(stranger.app.keys, str_of(text), &t),
		    DW_INVALID);
	}
	fake_free(&stranger);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(forged),
		cmocka_unit_test(wrong_lengths),
		cmocka_unit_test(kinds),
		cmocka_unit_test(nothing_in_common),
		cmocka_unit_test(hash_is_not_the_secret),
		cmocka_unit_test(successors),
		cmocka_unit_test(salted),
		cmocka_unit_test(other_keys),
	};

	return (cmocka_run_group_tests(tests, fake_begin, fake_end));
}

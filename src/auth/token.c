/* SPDX-License-Identifier: ISC */
/*
 * Session and refresh tokens: opaque to clients, made and read without asking anybody. A token carries a key version, the
 * user's locator masked with a hash of the secret, for a refresh token the session, the secret, and a MAC over all of it. A
 * forged one is recognised before a question is sent; the store keeps only a hash of the secret, so what it holds cannot be
 * sent as a token.
 */
#include <string.h>

#include "base/base64url.h"
#include "crypto/keyring.h"
#include "crypto/mac.h"
#include "crypto/random.h"

#include "auth/token.h"

#define PREFIX_LEN 4
#define RAW_MAX 60

/* Where the parts of a kind stand. Refresh tokens name their session, so that any old one still finds its family. */
struct layout {
	const char *prefix;
	size_t sid;        /* offset of the handle; 0 = derived from the secret */
	size_t generation; /* 0 = none */
	size_t secret;
	size_t mac;
	size_t len;
};

static const struct layout session_layout = { "dws_", 0, 0, 10, 34, 48 };
static const struct layout refresh_layout = { "dwr_", 10, 18, 22, 46, 60 };
static const struct layout salted_layout = { "dwr_", 10, 0, 18, 42, 57 };

static void
put_generation(uint8_t *p, uint32_t n)
{

	for (unsigned i = 0; i < GENERATION_LEN; i++)
		p[i] = (uint8_t)(n >> 8 * i);
}

static uint32_t
get_generation(const uint8_t *p)
{

	return ((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
}

/* XORs the locator with a mask that only the secret gives. */
static void
mask_locator(
    const struct token_keys *k, const uint8_t secret[SECRET_LEN], const uint8_t in[USER_KEY_LEN], uint8_t out[USER_KEY_LEN])
{
	uint8_t mask[MAC_LEN];

	mac_compute(k->loc, secret, SECRET_LEN, mask);
	for (size_t i = 0; i < USER_KEY_LEN; i++)
		out[i] = in[i] ^ mask[i];
}

/* The prefix is under the MAC: a token of one kind is no token of the other. */
static void
authenticate(const struct token_keys *k, const struct layout *l, const uint8_t *raw, uint8_t mac[MAC_LEN])
{

	mac_compute2(k->mac, l->prefix, PREFIX_LEN, raw, l->mac, mac);
}

/* A session's key follows from its secret: the cookie alone leads to the record. */
static void
derive(const struct token_keys *k, const struct layout *l, struct token *t)
{
	uint8_t digest[MAC_LEN];

	mac_sha256(t->secret, SECRET_LEN, digest);
	memcpy(t->hash, digest, HASH_LEN);
	if (l->sid != 0)
		return;
	mac_compute(k->sid, t->secret, SECRET_LEN, digest);
	memcpy(t->session_key, digest, SESSION_KEY_LEN);
}

static void
write_text(const struct token_keys *k, const struct layout *l, const struct token *t, char *text)
{
	uint8_t raw[RAW_MAX], mac[MAC_LEN];

	raw[0] = t->version;
	mask_locator(k, t->secret, t->user_key, raw + 1);
	if (l->sid != 0)
		memcpy(raw + l->sid, t->session_key, SESSION_KEY_LEN);
	if (l->generation != 0)
		put_generation(raw + l->generation, t->generation);
	memcpy(raw + l->secret, t->secret, SECRET_LEN);
	authenticate(k, l, raw, mac);
	memcpy(raw + l->mac, mac, l->len - l->mac);
	memcpy(text, l->prefix, PREFIX_LEN);
	base64url_encode(raw, l->len, text + PREFIX_LEN);
	explicit_bzero(raw, sizeof(raw));
}

static enum dw_result
new_token(const struct keyring *keys, const struct layout *l, const uint8_t user_key[USER_KEY_LEN], struct token *t, char *text)
{
	const struct token_keys *k = keyring_token(keys);

	if (random_bytes(t->secret, SECRET_LEN) != 0)
		return (DW_FAULT);
	t->version = k->version;
	t->generation = l->generation != 0 ? GENERATION_FIRST : 0;
	memcpy(t->user_key, user_key, USER_KEY_LEN);
	derive(k, l, t);
	write_text(k, l, t, text);
	return (DW_OK);
}

enum dw_result
token_new_session(
    const struct keyring *keys, const uint8_t user_key[USER_KEY_LEN], struct token *out, char text[TOKEN_TEXT_MAX + 1])
{

	return (new_token(keys, &session_layout, user_key, out, text));
}

enum dw_result
token_new_refresh(const struct keyring *keys, const uint8_t user_key[USER_KEY_LEN], const uint8_t session_key[SESSION_KEY_LEN],
    struct token *out, char text[TOKEN_TEXT_MAX + 1])
{

	memcpy(out->session_key, session_key, SESSION_KEY_LEN);
	return (new_token(keys, &refresh_layout, user_key, out, text));
}

/* What it is derived with differs in length between the two forms, so that no generation is a salt. */
static enum dw_result
succeed(const struct keyring *keys, const struct layout *l, const struct token *old, const uint8_t *with, size_t len,
    uint8_t version, struct token *out, char text[TOKEN_TEXT_MAX + 1])
{
	const struct token_keys *k = version == 0 ? keyring_token(keys) : keyring_token_version(keys, version);
	uint8_t secret[MAC_LEN];

	if (k == NULL)
		return (DW_INVALID);
	mac_compute2(k->rot, old->secret, SECRET_LEN, with, len, secret);
	*out = *old;
	out->version = k->version;
	out->generation = l->generation != 0 ? get_generation(with) : 0;
	memcpy(out->secret, secret, SECRET_LEN);
	explicit_bzero(secret, sizeof(secret));
	derive(k, l, out);
	write_text(k, l, out, text);
	return (DW_OK);
}

enum dw_result
token_successor(const struct keyring *keys, const struct token *old, uint32_t generation, uint8_t version, struct token *out,
    char text[TOKEN_TEXT_MAX + 1])
{
	uint8_t with[GENERATION_LEN];

	put_generation(with, generation);
	return (succeed(keys, &refresh_layout, old, with, sizeof(with), version, out, text));
}

enum dw_result
token_successor_salted(const struct keyring *keys, const struct token *old, const uint8_t salt[SALT_LEN], uint8_t version,
    struct token *out, char text[TOKEN_TEXT_MAX + 1])
{

	return (succeed(keys, &salted_layout, old, salt, SALT_LEN, version, out, text));
}

/* Decodes the exact length only: whatever else is sent, is refused before any key is touched. */
static bool
decode(const struct layout *l, struct str text, uint8_t raw[RAW_MAX])
{
	size_t n;

	if (text.p == NULL || text.len != PREFIX_LEN + BASE64URL_LEN(l->len) || !str_starts(text, l->prefix))
		return (false);
	text.p += PREFIX_LEN;
	text.len -= PREFIX_LEN;
	return (base64url_decode(text, raw, RAW_MAX, &n) && n == l->len);
}

/* Length, prefix and version are looked at before the MAC, and nothing else: what a token claims is used only after it. */
static enum dw_result
read_token(const struct keyring *keys, const struct layout *l, struct str text, struct token *t)
{
	const struct token_keys *k;
	uint8_t raw[RAW_MAX], mac[MAC_LEN];

	if (!decode(l, text, raw) || (k = keyring_token_version(keys, raw[0])) == NULL)
		return (DW_INVALID);
	authenticate(k, l, raw, mac);
	if (!mac_equal(mac, raw + l->mac, l->len - l->mac))
		return (DW_INVALID);
	t->version = raw[0];
	t->generation = l->generation != 0 ? get_generation(raw + l->generation) : 0;
	memcpy(t->secret, raw + l->secret, SECRET_LEN);
	if (l->sid != 0)
		memcpy(t->session_key, raw + l->sid, SESSION_KEY_LEN);
	mask_locator(k, t->secret, raw + 1, t->user_key);
	derive(k, l, t);
	explicit_bzero(raw, sizeof(raw));
	return (DW_OK);
}

enum dw_result
token_read_session(const struct keyring *keys, struct str text, struct token *out)
{

	return (read_token(keys, &session_layout, text, out));
}

enum dw_result
token_read_refresh(const struct keyring *keys, struct str text, struct token *out)
{
	bool salted = text.p != NULL && text.len == PREFIX_LEN + BASE64URL_LEN(salted_layout.len);

	return (read_token(keys, salted ? &salted_layout : &refresh_layout, text, out));
}

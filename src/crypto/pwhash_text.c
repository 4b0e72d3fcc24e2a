/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/base64url.h"
#include "base/buf.h"
#include "base/str.h"

#include "crypto/pwhash_text.h"

/* What a stored row may cost: a login worker's memory, and some seconds at the most. */
#define MEMORY_MAX 262144 /* KiB */
#define PASSES_MAX 16
#define LANES_MAX 8
#define ITERATIONS_MAX 5000000

#define SALT_MIN 8
#define HASH_MIN 16 /* bytes: shorter ones could be guessed */

/* Decodes base64 whose characters 62 and 63 are ${plus} and ${slash}, without padding, canonical. */
static bool
decode64(struct str text, char plus, char slash, uint8_t *out, size_t cap, size_t *n)
{
	char url[BASE64URL_LEN(PWHASH_SALT_MAX + 1) + 1];

	if (text.p == NULL || text.len >= sizeof(url))
		return (false);
	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (c == '-' || c == '_')
			return (false);
		url[i] = c == plus ? '-' : c == slash ? '_' : c;
	}
	return (base64url_decode((struct str){ url, text.len }, out, cap, n));
}

static void
encode64(const uint8_t *p, size_t n, struct buf *out)
{
	char url[BASE64URL_LEN(PWHASH_SALT_MAX) + 1];

	base64url_encode(p, n, url);
	for (char *c = url; *c != '\0'; c++)
		*c = *c == '-' ? '+' : *c == '_' ? '/' : *c;
	buf_puts(out, url);
}

static bool
decode_hex(struct str text, uint8_t *out, size_t cap, size_t *n)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";

	if (text.p == NULL || text.len % 2 != 0 || text.len / 2 > cap)
		return (false);
	for (size_t i = 0; i < text.len; i++) {
		const char *at = text.p[i] == '\0' ? NULL : strchr(digits, text.p[i]);

		if (at == NULL)
			return (false);
		out[i / 2] = (uint8_t)(out[i / 2] << 4 | ((at - digits) & 15));
	}
	*n = text.len / 2;
	return (true);
}

/* A number of 1 … ${max}. */
static bool
read_number(struct str text, uint32_t max, uint32_t *out)
{
	uint64_t v;

	if (!str_to_u64(text, max, &v) || v == 0)
		return (false);
	*out = (uint32_t)v;
	return (true);
}

/* A number behind its ${name} and '='. */
static bool
read_named(struct str text, const char *name, uint32_t max, uint32_t *out)
{
	struct str key = str_cut(&text, '=');

	return (str_is(key, name) && text.p != NULL && read_number(text, max, out));
}

/* m=…,t=…,p=…, in this order, as the PHC string format has it. */
static bool
read_costs(struct str text, struct pwhash_text *t)
{
	struct str memory = str_cut(&text, ','), passes = str_cut(&text, ',');

	return (read_named(memory, "m", MEMORY_MAX, &t->memory) && read_named(passes, "t", PASSES_MAX, &t->passes) &&
		text.p != NULL && read_named(text, "p", LANES_MAX, &t->lanes) && t->memory >= 8 * t->lanes);
}

/* v=19$m=…,t=…,p=…$salt$hash */
static bool
read_argon2id(struct str rest, struct pwhash_text *t)
{
	struct str version = str_cut(&rest, '$'), costs = str_cut(&rest, '$'), salt = str_cut(&rest, '$');

	t->kind = PWHASH_ARGON2ID;
	return (str_is(version, "v=19") && read_costs(costs, t) &&
		decode64(salt, '+', '/', t->salt, sizeof(t->salt), &t->salt_len) &&
		decode64(rest, '+', '/', t->hash, sizeof(t->hash), &t->hash_len));
}

/* ITER$salt$hash of passlib */
static bool
read_passlib(struct str rest, struct pwhash_text *t)
{
	struct str iterations = str_cut(&rest, '$'), salt = str_cut(&rest, '$');

	t->kind = PWHASH_PBKDF2;
	return (read_number(iterations, ITERATIONS_MAX, &t->passes) &&
		decode64(salt, '.', '/', t->salt, sizeof(t->salt), &t->salt_len) &&
		decode64(rest, '.', '/', t->hash, sizeof(t->hash), &t->hash_len));
}

static struct str
without_padding(struct str text)
{

	for (int i = 0; i < 2 && text.len > 0 && text.p[text.len - 1] == '='; i++)
		text.len--;
	return (text);
}

/* ITER$salt$hash of Django: the salt is text, the hash is padded. */
static bool
read_django(struct str rest, struct pwhash_text *t)
{
	struct str iterations = str_cut(&rest, '$'), salt = str_cut(&rest, '$');

	t->kind = PWHASH_PBKDF2;
	if (rest.p == NULL || rest.len % 4 != 0 || salt.len > sizeof(t->salt))
		return (false);
	if (!read_number(iterations, ITERATIONS_MAX, &t->passes))
		return (false);
	memcpy(t->salt, salt.p, salt.len);
	t->salt_len = salt.len;
	return (decode64(without_padding(rest), '+', '/', t->hash, sizeof(t->hash), &t->hash_len));
}

/* ITER:HEXSALT:HEXHASH */
static bool
read_hex(struct str rest, struct pwhash_text *t)
{
	struct str iterations = str_cut(&rest, ':'), salt = str_cut(&rest, ':');

	t->kind = PWHASH_PBKDF2;
	return (read_number(iterations, ITERATIONS_MAX, &t->passes) &&
		decode_hex(salt, t->salt, sizeof(t->salt), &t->salt_len) &&
		decode_hex(rest, t->hash, sizeof(t->hash), &t->hash_len));
}

static const struct {
	const char *prefix;
	bool (*read)(struct str rest, struct pwhash_text *t);
} forms[] = {
	{ "$argon2id$", read_argon2id },
	{ "$pbkdf2-sha256$", read_passlib },
	{ "pbkdf2_sha256$", read_django },
	{ "pbkdf2:sha256:", read_hex },
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

bool
pwhash_text_read(const char *text, struct pwhash_text *out)
{
	struct str s = str_of(text);

	if (s.p == NULL || s.len >= PWHASH_TEXT_MAX)
		return (false);
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < FORMS; i++) {
		size_t n = strlen(forms[i].prefix);

		if (str_starts(s, forms[i].prefix))
			return (forms[i].read((struct str){ s.p + n, s.len - n }, out) && out->salt_len >= SALT_MIN &&
				out->hash_len >= HASH_MIN);
	}
	return (false);
}

bool
pwhash_text_write(const struct pwhash_text *t, char out[PWHASH_TEXT_MAX])
{
	struct buf b;

	buf_init(&b, out, PWHASH_TEXT_MAX);
	buf_printf(&b, "$argon2id$v=19$m=%u,t=%u,p=%u$", t->memory, t->passes, t->lanes);
	encode64(t->salt, t->salt_len, &b);
	buf_putc(&b, '$');
	encode64(t->hash, t->hash_len, &b);
	return (!b.overflow);
}

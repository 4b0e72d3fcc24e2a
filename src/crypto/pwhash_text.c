/* SPDX-License-Identifier: ISC */
/*
 * One table of forms, found by how the text begins; each has a reader that takes the text apart and bounds its parameters. The
 * readers are strict: what another tool would not have written is refused, since a row that is half understood could match what
 * it should not. What a row may cost is some seconds and 256 MiB at the most (R100); the bounds stand together at the top.
 */
#include <string.h>

#include "base/base64url.h"
#include "base/buf.h"
#include "base/str.h"

#include "crypto/pwhash_text.h"

/* What a stored row may cost: a login worker's memory, and some seconds at the most. */
#define MEMORY_MAX 262144       /* KiB */
#define PASSES_MAX 16           /* of argon2 */
#define LANES_MAX 8             /* of argon2 */
#define ITERATIONS_MAX 5000000  /* of PBKDF2 and SHA-crypt */
#define SCRYPT_WORK_MAX 4194304 /* N r p: twice what takes MEMORY_MAX */
#define SCRYPT_P_MAX 16
#define BCRYPT_COST_MIN 4
#define BCRYPT_COST_MAX 15

#define ARGON2_SALT_MIN 8 /* libargon2's */
#define HASH_MIN 16       /* bytes: shorter ones could be guessed */

#define SHA1_LEN 20
#define SHA256_LEN 32
#define SHA512_LEN 64

/* The alphabet of crypt(5), in the order of its values. */
static const char crypt64[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static void
encode64(const uint8_t *p, size_t n, char plus, struct buf *out)
{
	char url[BASE64URL_LEN(PWHASH_HASH_MAX) + 1];

	base64url_encode(p, n, url);
	for (char *c = url; *c != '\0'; c++)
		*c = *c == '-' ? plus : *c == '_' ? '/' : *c;
	buf_puts(out, url);
}

static bool
decode_hex(struct str text, uint8_t *out, size_t cap, size_t *n)
{

	if (text.p == NULL || text.len % 2 != 0 || text.len / 2 > cap)
		return (false);
	for (size_t i = 0; i < text.len; i++) {
		int value = str_hex_value(text.p[i]);

		if (value < 0)
			return (false);
		out[i / 2] = (uint8_t)(out[i / 2] << 4 | value);
	}
	*n = text.len / 2;
	return (true);
}

/* The value of the character ${c} of the alphabet of crypt(5), or -1. */
static int
crypt64_value(char c)
{
	const char *at = c == '\0' ? NULL : strchr(crypt64, c);

	return (at == NULL ? -1 : (int)(at - crypt64));
}

static bool
is_crypt64(struct str text)
{

	for (size_t i = 0; i < text.len; i++)
		if (crypt64_value(text.p[i]) < 0)
			return (false);
	return (text.p != NULL);
}

/* A number of ${min} … ${max}. */
static bool
read_number(struct str text, uint32_t min, uint32_t max, uint32_t *out)
{
	uint64_t v;

	if (!str_to_u64(text, max, &v) || v < min)
		return (false);
	*out = (uint32_t)v;
	return (true);
}

/* A number behind its ${name} and '='. */
static bool
read_named(struct str text, const char *name, uint32_t max, uint32_t *out)
{
	struct str key = str_cut(&text, '=');

	return (str_is(key, name) && text.p != NULL && read_number(text, 1, max, out));
}

/* A salt that is text. */
static bool
take_salt(struct str text, struct pwhash_text *t)
{

	if (text.p == NULL || text.len == 0 || text.len > sizeof(t->salt))
		return (false);
	memcpy(t->salt, text.p, text.len);
	t->salt_len = text.len;
	return (true);
}

/* A digest that is compared as the text it is. */
static bool
take_digest(struct str text, size_t len, struct pwhash_text *t)
{

	if (text.len != len || !is_crypt64(text))
		return (false);
	memcpy(t->hash, text.p, len);
	t->hash_len = len;
	return (true);
}

/* m=…,t=…,p=…, in this order, as the PHC string format has it. */
static bool
read_costs(struct str text, struct pwhash_text *t)
{
	struct str memory = str_cut(&text, ','), passes = str_cut(&text, ',');

	return (read_named(memory, "m", MEMORY_MAX, &t->memory) && read_named(passes, "t", PASSES_MAX, &t->passes) &&
		text.p != NULL && read_named(text, "p", LANES_MAX, &t->lanes) && t->memory >= 8 * t->lanes);
}

/* costs$salt$hash */
static bool
read_argon2(struct str rest, struct pwhash_text *t)
{
	struct str costs = str_cut(&rest, '$'), salt = str_cut(&rest, '$');

	return (read_costs(costs, t) && base64_decode_bare(salt, '+', '/', t->salt, sizeof(t->salt), &t->salt_len) &&
		t->salt_len >= ARGON2_SALT_MIN && base64_decode_bare(rest, '+', '/', t->hash, sizeof(t->hash), &t->hash_len));
}

static bool
read_argon2id(struct str rest, struct pwhash_text *t)
{
	struct str version = str_cut(&rest, '$');

	t->kind = PWHASH_ARGON2ID;
	t->version = 19;
	return (str_is(version, "v=19") && read_argon2(rest, t));
}

/* Older than argon2id: there are hashes of the version before, 16. */
static bool
read_argon2i(struct str rest, struct pwhash_text *t)
{
	struct str version = str_cut(&rest, '$');

	t->kind = PWHASH_ARGON2I;
	t->version = str_is(version, "v=16") ? 16 : 19;
	return ((t->version == 16 || str_is(version, "v=19")) && read_argon2(rest, t));
}

/* ROUNDS$salt$hash of passlib */
static bool
read_passlib(struct str rest, struct pwhash_text *t)
{
	struct str rounds = str_cut(&rest, '$'), salt = str_cut(&rest, '$');

	return (read_number(rounds, 1, ITERATIONS_MAX, &t->passes) &&
		base64_decode_bare(salt, '.', '/', t->salt, sizeof(t->salt), &t->salt_len) &&
		base64_decode_bare(rest, '.', '/', t->hash, sizeof(t->hash), &t->hash_len));
}

/* ROUNDS$salt$hash of Django: the salt is text, the hash is padded. */
static bool
read_django(struct str rest, struct pwhash_text *t)
{
	struct str rounds = str_cut(&rest, '$'), salt = str_cut(&rest, '$');

	return (read_number(rounds, 1, ITERATIONS_MAX, &t->passes) && take_salt(salt, t) &&
		base64_decode(rest, t->hash, sizeof(t->hash), &t->hash_len));
}

/*
 * ROUNDS$salt$hex of Werkzeug, or plain ROUNDS:SALT:HEX. Both salts are text. Rows were also written here with a salt in
 * hexadecimal, and text may look like that: such a salt is tried as both, at twice the cost. No password matches by accident
 * what it does not match by design.
 */
static bool
read_colons(struct str rest, struct pwhash_text *t)
{
	const char *end = rest.p + rest.len, *p = rest.p;
	struct str rounds, salt;
	bool plain;

	while (p < end && *p >= '0' && *p <= '9')
		p++;
	plain = p < end && *p == ':';
	rounds = str_cut(&rest, plain ? ':' : '$');
	salt = str_cut(&rest, plain ? ':' : '$');
	if (!read_number(rounds, 1, ITERATIONS_MAX, &t->passes) || !take_salt(salt, t))
		return (false);
	if (plain && !decode_hex(salt, t->other_salt, sizeof(t->other_salt), &t->other_salt_len))
		t->other_salt_len = 0;
	return (decode_hex(rest, t->hash, sizeof(t->hash), &t->hash_len));
}

/* The readers of both hash functions of PBKDF2, by form. */
#define PBKDF2(form)                                                                                                           \
	static bool form##_sha256(struct str rest, struct pwhash_text *t)                                                      \
	{                                                                                                                      \
		t->kind = PWHASH_PBKDF2_SHA256;                                                                                \
		return (form(rest, t));                                                                                        \
	}                                                                                                                      \
	static bool form##_sha512(struct str rest, struct pwhash_text *t)                                                      \
	{                                                                                                                      \
		t->kind = PWHASH_PBKDF2_SHA512;                                                                                \
		return (form(rest, t));                                                                                        \
	}
PBKDF2(read_passlib)
PBKDF2(read_django)
PBKDF2(read_colons)

/* Memory and work of scrypt: 128 N r bytes, p times. */
static bool
is_affordable(const struct pwhash_text *t)
{
	uint64_t blocks = (uint64_t)t->memory * t->passes;

	return (t->memory > 1 && (t->memory & (t->memory - 1)) == 0 && blocks <= MEMORY_MAX * UINT64_C(1024) / 128 &&
		t->lanes <= SCRYPT_P_MAX && blocks * t->lanes <= SCRYPT_WORK_MAX);
}

/* ln=…,r=…,p=…$salt$hash of passlib */
static bool
read_scrypt_passlib(struct str rest, struct pwhash_text *t)
{
	struct str costs = str_cut(&rest, '$'), salt = str_cut(&rest, '$'), logarithm = str_cut(&costs, ','),
		   r = str_cut(&costs, ',');
	uint32_t ln;

	t->kind = PWHASH_SCRYPT;
	if (!read_named(logarithm, "ln", 31, &ln) || !read_named(r, "r", MEMORY_MAX, &t->passes) || costs.p == NULL ||
	    !read_named(costs, "p", SCRYPT_P_MAX, &t->lanes))
		return (false);
	t->memory = UINT32_C(1) << ln;
	return (is_affordable(t) && base64_decode_bare(salt, '+', '/', t->salt, sizeof(t->salt), &t->salt_len) &&
		base64_decode_bare(rest, '+', '/', t->hash, sizeof(t->hash), &t->hash_len));
}

/* N:R:P$salt$hex of Werkzeug */
static bool
read_scrypt_werkzeug(struct str rest, struct pwhash_text *t)
{
	struct str costs = str_cut(&rest, '$'), salt = str_cut(&rest, '$'), n = str_cut(&costs, ':'), r = str_cut(&costs, ':');

	t->kind = PWHASH_SCRYPT;
	return (read_number(n, 2, UINT32_MAX, &t->memory) && read_number(r, 1, MEMORY_MAX, &t->passes) && costs.p != NULL &&
		read_number(costs, 1, SCRYPT_P_MAX, &t->lanes) && is_affordable(t) && take_salt(salt, t) &&
		decode_hex(rest, t->hash, sizeof(t->hash), &t->hash_len));
}

/* CC$ and 22 characters of salt and 31 of digest, in one word. Its last character of the salt is not unambiguous: only the
 * digest is compared. */
static bool
read_bcrypt(struct str rest, struct pwhash_text *t)
{
	struct str cost = str_cut(&rest, '$');

	t->kind = PWHASH_BCRYPT;
	return (cost.len == 2 && read_number(cost, BCRYPT_COST_MIN, BCRYPT_COST_MAX, &t->passes) && rest.len == 22 + 31 &&
		is_crypt64(rest) && take_digest((struct str){ rest.p + 22, 31 }, 31, t));
}

/* jNr$salt$digest: the flavour is always this one; N is a power of two, and both are written less one. */
static bool
read_yescrypt(struct str rest, struct pwhash_text *t)
{
	struct str costs = str_cut(&rest, '$'), salt = str_cut(&rest, '$');
	int n, r;

	t->kind = PWHASH_YESCRYPT;
	t->lanes = 1;
	if (costs.len != 3 || costs.p[0] != 'j' || salt.len > 86 || !is_crypt64(salt))
		return (false);
	n = crypt64_value(costs.p[1]);
	r = crypt64_value(costs.p[2]);
	if (n < 0 || n > 30 || r < 0 || r > 47) /* beyond, a number is written in more characters */
		return (false);
	t->memory = UINT32_C(1) << (n + 1);
	t->passes = (uint32_t)r + 1;
	return (is_affordable(t) && take_digest(rest, 43, t));
}

/* A number of 30 bits in five characters, the least first; 0 = it is none. */
static uint32_t
read_five(const char *p)
{
	uint32_t v = 0;

	for (int i = 0; i < 5; i++) {
		int value = crypt64_value(p[i]);

		if (value < 0)
			return (0);
		v |= (uint32_t)value << 6 * i;
	}
	return (v);
}

/* N, r and p in 1, 5 and 5 characters, salt, $digest */
static bool
read_scrypt_crypt(struct str rest, struct pwhash_text *t)
{
	struct str head = str_cut(&rest, '$');
	int n;

	t->kind = PWHASH_SCRYPT_CRYPT;
	if (head.len < 11 || head.len > 97 || !is_crypt64(head) || (n = crypt64_value(head.p[0])) < 1 || n > 31)
		return (false);
	t->memory = UINT32_C(1) << n;
	t->passes = read_five(head.p + 1);
	t->lanes = read_five(head.p + 6);
	return (t->passes > 0 && t->lanes > 0 && is_affordable(t) && take_digest(rest, 43, t));
}

#define SHA_CRYPT_ROUNDS 5000 /* unless the text says otherwise */
#define SHA_CRYPT_ROUNDS_MIN 1000
#define SHA_CRYPT_SALT_MAX 16

/* [rounds=N$]salt$digest */
static bool
read_sha_crypt(struct str rest, size_t len, struct pwhash_text *t)
{
	struct str word = str_cut(&rest, '$');

	t->passes = SHA_CRYPT_ROUNDS;
	if (str_starts(word, "rounds=")) {
		if (!read_named(word, "rounds", ITERATIONS_MAX, &t->passes) || t->passes < SHA_CRYPT_ROUNDS_MIN)
			return (false);
		word = str_cut(&rest, '$');
	}
	return (word.len > 0 && word.len <= SHA_CRYPT_SALT_MAX && memchr(word.p, ':', word.len) == NULL &&
		take_digest(rest, len, t));
}

static bool
read_sha256_crypt(struct str rest, struct pwhash_text *t)
{

	t->kind = PWHASH_SHA256_CRYPT;
	return (read_sha_crypt(rest, 43, t));
}

static bool
read_sha512_crypt(struct str rest, struct pwhash_text *t)
{

	t->kind = PWHASH_SHA512_CRYPT;
	return (read_sha_crypt(rest, 86, t));
}

/* salt$digest */
static bool
read_apr1(struct str rest, struct pwhash_text *t)
{
	struct str salt = str_cut(&rest, '$');

	t->kind = PWHASH_APR1;
	return (salt.len <= 8 && take_salt(salt, t) && take_digest(rest, 22, t));
}

static bool
read_sha1(struct str rest, struct pwhash_text *t)
{

	t->kind = PWHASH_SHA1;
	return (base64_decode(rest, t->hash, sizeof(t->hash), &t->hash_len) && t->hash_len == SHA1_LEN);
}

/* The digest, and behind it the salt. */
static bool
read_salted_sha1(struct str rest, struct pwhash_text *t)
{
	uint8_t both[SHA1_LEN + PWHASH_SALT_MAX];
	size_t n;

	t->kind = PWHASH_SHA1;
	if (!base64_decode(rest, both, sizeof(both), &n) || n <= SHA1_LEN)
		return (false);
	memcpy(t->hash, both, SHA1_LEN);
	t->hash_len = SHA1_LEN;
	t->salt_len = n - SHA1_LEN;
	memcpy(t->salt, both + SHA1_LEN, t->salt_len);
	return (true);
}

static const struct {
	const char *prefix;
	bool (*read)(struct str rest, struct pwhash_text *t);
} forms[] = {
	{ "$argon2id$", read_argon2id },
	{ "$argon2i$", read_argon2i },
	{ "$2a$", read_bcrypt },
	{ "$2b$", read_bcrypt },
	{ "$2y$", read_bcrypt },
	{ "$y$", read_yescrypt },
	{ "$7$", read_scrypt_crypt },
	{ "$6$", read_sha512_crypt },
	{ "$5$", read_sha256_crypt },
	{ "$scrypt$", read_scrypt_passlib },
	{ "scrypt:", read_scrypt_werkzeug },
	{ "$pbkdf2-sha256$", read_passlib_sha256 },
	{ "$pbkdf2-sha512$", read_passlib_sha512 },
	{ "pbkdf2_sha256$", read_django_sha256 },
	{ "pbkdf2_sha512$", read_django_sha512 },
	{ "pbkdf2:sha256:", read_colons_sha256 },
	{ "pbkdf2:sha512:", read_colons_sha512 },
	{ "$apr1$", read_apr1 },
	{ "{SHA}", read_sha1 },
	{ "{SSHA}", read_salted_sha1 },
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

/* The names in braces are RFC 2307's, of any case. */
static bool
begins(struct str s, const char *prefix)
{
	size_t n = strlen(prefix);

	if (prefix[0] != '{')
		return (str_starts(s, prefix));
	return (s.len >= n && str_is_nocase((struct str){ s.p, n }, prefix));
}

bool
pwhash_text_read(const char *text, struct pwhash_text *out)
{
	struct str s = str_of(text);

	if (s.p == NULL || s.len >= PWHASH_TEXT_MAX)
		return (false);
	memset(out, 0, sizeof(*out));
	out->text = text;
	for (size_t i = 0; i < FORMS; i++) {
		size_t n = strlen(forms[i].prefix);

		if (begins(s, forms[i].prefix))
			return (forms[i].read((struct str){ s.p + n, s.len - n }, out) && out->hash_len >= HASH_MIN);
	}
	return (false);
}

bool
pwhash_text_write(const struct pwhash_text *t, char out[PWHASH_TEXT_MAX])
{
	char plus = t->kind == PWHASH_ARGON2ID ? '+' : '.';
	struct buf b;

	buf_init(&b, out, PWHASH_TEXT_MAX);
	if (t->kind == PWHASH_ARGON2ID)
		buf_printf(&b, "$argon2id$v=19$m=%u,t=%u,p=%u$", t->memory, t->passes, t->lanes);
	else
		buf_printf(&b, "$pbkdf2-sha256$%u$", t->passes);
	encode64(t->salt, t->salt_len, plus, &b);
	buf_putc(&b, '$');
	encode64(t->hash, t->hash_len, plus, &b);
	return (!b.overflow);
}

/* Forms that are known and never verified: their digests can be found by trying all passwords. */
static bool
is_des_crypt(struct str s)
{

	if (s.len == 20 && s.p[0] == '_')
		return (is_crypt64((struct str){ s.p + 1, 19 }));
	return (s.len == 13 && is_crypt64(s));
}

const char *
pwhash_problem(const char *hash)
{
	struct str s = str_of(hash);
	struct pwhash_text t;

	if (pwhash_text_read(hash, &t))
		return (NULL);
	if (s.p == NULL || s.len == 0)
		return ("there is no hash");
	if (s.p[0] == '!' || s.p[0] == '*')
		return ("the hash is locked");
	if (str_starts(s, "$1$"))
		return ("MD5-crypt is too weak");
	if (is_des_crypt(s))
		return ("DES-crypt is too weak");
	for (size_t i = 0; i < FORMS; i++)
		if (begins(s, forms[i].prefix))
			return ("the hash is malformed, or its parameters are out of bounds");
	return ("the hash is of no known form");
}

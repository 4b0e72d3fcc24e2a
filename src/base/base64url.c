/* SPDX-License-Identifier: ISC */
/*
 * Base64url without padding (RFC 4648, 5), and the alphabets that others use. A decoder takes only the one spelling the encoder
 * makes: no other padding, no white space, no characters of another alphabet, and no bits left over in the last character.
 * Otherwise one token would have several spellings, and a list of revoked ones would know only one of them.
 */
#include <limits.h>

#include "base/base64url.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void
base64url_encode(const void *in, size_t n, char *out)
{
	const uint8_t *p = in;
	uint32_t acc = 0;
	unsigned bits = 0;

	for (size_t i = 0; i < n; i++) {
		acc = acc << 8 | p[i];
		bits += 8;
		while (bits >= 6) {
			bits -= 6;
			*out++ = alphabet[acc >> bits & 63];
		}
	}
	if (bits > 0)
		*out++ = alphabet[acc << (6 - bits) & 63];
	*out = '\0';
}

void
base64_encode(const void *in, size_t n, char *out)
{
	size_t len = BASE64URL_LEN(n);

	base64url_encode(in, n, out);
	for (size_t i = 0; i < len; i++)
		out[i] = out[i] == '-' ? '+' : out[i] == '_' ? '/' : out[i];
	while (len % 4 != 0)
		out[len++] = '=';
	out[len] = '\0';
}

/* The values of an alphabet's characters, plus 1. 0: not one of them. */
struct index {
	uint8_t values[UCHAR_MAX + 1];
};

static void
index_alphabet(struct index *x, char c62, char c63)
{

	for (unsigned i = 0; i < 62; i++)
		x->values[(unsigned char)alphabet[i]] = (uint8_t)(i + 1);
	x->values[(unsigned char)c62] = 63;
	x->values[(unsigned char)c63] = 64;
}

/* What is left in ${acc} after the last whole byte must be zero: those bits belong to nobody. */
static bool
decode(const struct index *x, struct str in, uint8_t *out, size_t cap, size_t *n)
{
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t len = 0;

	if (in.len % 4 == 1)
		return (false);
	for (size_t i = 0; i < in.len; i++) {
		unsigned v = x->values[(unsigned char)in.p[i]];

		if (v == 0)
			return (false);
		acc = acc << 6 | (v - 1);
		bits += 6;
		if (bits >= 8) {
			if (len == cap)
				return (false);
			bits -= 8;
			out[len++] = (uint8_t)(acc >> bits);
		}
	}
	if ((acc & ((1u << bits) - 1)) != 0)
		return (false);
	*n = len;
	return (true);
}

bool
base64url_decode(struct str in, uint8_t *out, size_t cap, size_t *n)
{
	static struct index index; /* made at the first use */

	if (index.values['A'] == 0)
		index_alphabet(&index, '-', '_');
	return (decode(&index, in, out, cap, n));
}

bool
base64_decode_bare(struct str in, char c62, char c63, uint8_t *out, size_t cap, size_t *n)
{
	struct index index = { .values = { 0 } };

	index_alphabet(&index, c62, c63);
	return (in.p != NULL && decode(&index, in, out, cap, n));
}

bool
base64_decode(struct str in, uint8_t *out, size_t cap, size_t *n)
{

	if (in.len % 4 != 0)
		return (false);
	for (int i = 0; i < 2 && in.len > 0 && in.p[in.len - 1] == '='; i++)
		in.len--;
	return (base64_decode_bare(in, '+', '/', out, cap, n));
}

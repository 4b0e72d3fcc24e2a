/* SPDX-License-Identifier: ISC */
/*
 * Compact JWS (RFC 7515): making one, and verifying one from outside.
 *
 * Verification goes from cheap to dear, and refuses at the first doubt: three segments and a bounded length; a strict header
 * without extensions; the media type that the caller expects; a key of ours by its kid, whose algorithm the header must name;
 * the signature over the bytes as they came; only then the payload is decoded. Nothing in the header is ever used as a key or
 * as an address.
 */
#include <string.h>

#include <json-c/json.h>

#include "base/base64url.h"
#include "base/json.h"

#include "crypto/jws.h"

/* What a header says, borrowed from its parsed form. */
struct header {
	struct str alg;
	struct str typ;
	struct str kid;
	bool refused; /* a member has the wrong type, or asks for what is not done here */
};

static void
put_base64url(struct buf *out, const void *p, size_t n)
{
	const uint8_t *at = p;

	while (n > 0 && !out->overflow) {
		char text[BASE64URL_LEN(96) + 1];
		size_t piece = n < 96 ? n : 96; /* a multiple of 3: pieces join without a seam */

		base64url_encode(at, piece, text);
		buf_puts(out, text);
		at += piece;
		n -= piece;
	}
}

static bool
put_header(const struct jwk *k, const char *typ, struct buf *out)
{
	char text[256];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	buf_printf(&b, "{\"alg\":\"%s\"", jws_alg_name(jwk_alg(k)));
	if (typ != NULL) {
		buf_puts(&b, ",\"typ\":");
		buf_json(&b, str_of(typ));
	}
	buf_printf(&b, ",\"kid\":\"%s\"}", jwk_kid(k));
	put_base64url(out, b.p, b.len);
	return (!b.overflow);
}

bool
jws_sign(const struct jwk *k, const char *typ, struct str payload, struct buf *out)
{
	uint8_t sig[SIGNATURE_MAX];
	size_t from = out->len, siglen;

	if (payload.len == 0 || !put_header(k, typ, out))
		return (false);
	buf_putc(out, '.');
	put_base64url(out, payload.p, payload.len);
	if (out->overflow || !jwk_sign(k, out->p + from, out->len - from, sig, &siglen))
		return (false);
	buf_putc(out, '.');
	put_base64url(out, sig, siglen);
	return (!out->overflow && out->len - from <= JWS_MAX);
}

/*
 * Cuts ${token} into its three segments. A fourth dot stays in the last one, where no alphabet has it. None may be empty: an
 * empty signature is how "none" is written.
 */
static bool
cut_segments(struct str token, struct str seg[3])
{

	if (token.p == NULL || token.len > JWS_MAX)
		return (false);
	seg[0] = str_cut(&token, '.');
	seg[1] = str_cut(&token, '.');
	seg[2] = token;
	return (seg[0].len > 0 && seg[1].len > 0 && seg[2].len > 0);
}

/*
 * Members that ask for what is not done here: "crit" lists extensions that must be understood, and none is (an empty or
 * misspelled list is as bad); "b64" changes what is signed (RFC 7797); "enc" and "zip" are of tokens that are encrypted and
 * compressed.
 */
static const char *const extensions[] = { "crit", "b64", "enc", "zip" };

static struct header
read_header(struct json_object *o)
{
	struct header h = { .refused = false };

	h.alg = json_string(o, "alg", &h.refused);
	h.typ = json_string(o, "typ", &h.refused);
	h.kid = json_string(o, "kid", &h.refused);
	for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (json_object_object_get_ex(o, extensions[i], NULL))
			h.refused = true;
	if (h.kid.p != NULL && !str_is_word(h.kid, "._-", KID_MAX))
		h.refused = true;
	return (h);
}

static struct str
without_application(struct str type)
{
	static const char prefix[] = "application/";
	struct str head = { type.p, sizeof(prefix) - 1 };

	if (type.p == NULL || type.len < head.len || !str_is_nocase(head, prefix))
		return (type);
	return ((struct str){ type.p + head.len, type.len - head.len });
}

/* Returns true if ${typ} is the media type ${want} (RFC 7515 4.1.9), by which one kind of token is not taken for another. */
static bool
is_type(struct str typ, const char *want)
{
	struct str wanted;

	if (want == NULL)
		return (true);
	wanted = without_application(str_of(want));
	typ = without_application(typ);
	return (typ.p != NULL && typ.len == wanted.len && str_is_nocase(typ, wanted.p));
}

/* Decodes ${segment}, the encoded header; NULL if it is none. */
static struct json_object *
parse_header(struct str segment)
{
	uint8_t text[BASE64URL_BYTES(JWS_MAX)];
	size_t len;

	if (!base64url_decode(segment, text, sizeof(text), &len))
		return (NULL);
	return (json_parse_strict((struct str){ (const char *)text, len }));
}

/*
 * The key that ${segment}, the encoded header, chooses among ours; NULL if it is not acceptable. The algorithm is the key's:
 * a header that names another one, or none, is forged (RFC 8725 3.1). Keys inside the header are never looked at.
 */
static const struct jwk *
choose_key(struct str segment, const char *typ, jws_find_key *find, const void *keys)
{
	const struct jwk *k = NULL;
	struct json_object *o;
	struct header h;

	if ((o = parse_header(segment)) == NULL)
		return (NULL);
	h = read_header(o);
	if (!h.refused && is_type(h.typ, typ))
		k = find(keys, h.kid);
	if (k != NULL && jws_alg_of(h.alg) != (int)jwk_alg(k))
		k = NULL;
	json_object_put(o);
	return (k);
}

/* Says whose token this claims to be, not whether it is true: nothing was verified. */
bool
jws_claims_key(struct str token, const char *typ, jws_find_key *find, const void *keys)
{
	struct json_object *o;
	struct header h;
	struct str seg[3];
	bool claims;

	if (!cut_segments(token, seg) || (o = parse_header(seg[0])) == NULL)
		return (false);
	h = read_header(o);
	claims = is_type(h.typ, typ) && h.kid.p != NULL && find(keys, h.kid) != NULL;
	json_object_put(o);
	return (claims);
}

/* The payload is decoded last: until then it is anybody's text. */
enum dw_result
jws_verify(struct str token, const char *typ, jws_find_key *find, const void *keys, char *payload, size_t cap, size_t *len)
{
	uint8_t sig[SIGNATURE_MAX];
	struct str seg[3];
	const struct jwk *k;
	size_t siglen;

	if (cap == 0 || !cut_segments(token, seg) || (k = choose_key(seg[0], typ, find, keys)) == NULL)
		return (DW_INVALID);
	if (!base64url_decode(seg[2], sig, sizeof(sig), &siglen))
		return (DW_INVALID);
	if (!jwk_verify(k, token.p, seg[0].len + 1 + seg[1].len, sig, siglen))
		return (DW_INVALID);
	if (!base64url_decode(seg[1], (uint8_t *)payload, cap - 1, len))
		return (DW_INVALID);
	payload[*len] = '\0';
	return (DW_OK);
}

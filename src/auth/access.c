/* SPDX-License-Identifier: ISC */
/*
 * Access tokens: JWTs of type at+jwt (RFC 9068). Issuing signs what the session says; reading verifies the signature, then who
 * issued it for whom and until when, and takes the session out of it. Whether that session still lives is not known here: a
 * valid token of a session that was logged out is refused by check.c.
 */
#include <math.h>
#include <string.h>

#include <json-c/json.h>

#include "base/base64url.h"
#include "base/json.h"
#include "crypto/jws.h"
#include "crypto/keyring.h"
#include "crypto/mac.h"
#include "crypto/random.h"
#include "crypto/sid.h"
#include "doorward/config.h"

#include "auth/access.h"

#define TYP "at+jwt"
#define JTI_BYTES 16
#define PAYLOAD_MAX 4096         /* 1024 bytes of groups are 2.5 times that in JSON at most; the others have 1536 */
#define EPOCH_MAX 253402300799.0 /* the year 9999: anything later is nonsense */

const char *
access_audience(const struct config *c)
{

	return (c->audience[0] != '\0' ? c->audience : c->issuer);
}

static void
put_member(struct buf *b, const char *name, const char *value)
{

	buf_printf(b, ",\"%s\":", name);
	buf_json(b, str_of(value));
}

/* iat and exp are by Redis' clock, as all times of a session are. */
enum dw_result
access_issue(const struct config *c, const struct keyring *keys, const struct access_claims *claims, struct buf *out)
{
	char payload[PAYLOAD_MAX], jti[BASE64URL_LEN(JTI_BYTES) + 1], sid[PUBLIC_SID_LEN + 1];
	uint8_t random[JTI_BYTES];
	struct buf b;

	if (random_bytes(random, sizeof(random)) != 0)
		return (DW_FAULT);
	base64url_encode(random, sizeof(random), jti);
	sid_public(keyring_user(keys), claims->user_key, claims->session_key, sid);
	buf_init(&b, payload, sizeof(payload));
	buf_puts(&b, "{\"iss\":");
	buf_json(&b, str_of(c->issuer));
	put_member(&b, "aud", access_audience(c));
	put_member(&b, "sub", claims->user_id);
	put_member(&b, "client_id", claims->client_id);
	put_member(&b, "sid", sid);
	put_member(&b, "jti", jti);
	put_member(&b, "preferred_username", claims->username);
	if (strlen(claims->groups) <= ACCESS_GROUPS_MAX) {
		buf_puts(&b, ",\"groups\":");
		buf_json_list(&b, claims->groups);
	}
	buf_printf(&b, ",\"iat\":%lld,\"exp\":%lld}", (long long)claims->now, (long long)claims->exp);
	if (b.overflow || !jws_sign(keyring_signer(keys), TYP, buf_str(&b), out))
		return (DW_FAULT);
	return (DW_OK);
}

static const struct jwk *
find_key(const void *keys, struct str kid)
{

	return (keyring_verifier(keys, kid));
}

/*
 * A NumericDate may have a fraction (RFC 7519 section 2); NaN, negatives and the far future are refused. A NumericDate as a
 * string or with an exponent beyond all sense is refused here, not clamped.
 */
static bool
date(struct json_object *o, const char *name, bool required, int64_t *out)
{
	struct json_object *v;
	double d;

	if (!json_object_object_get_ex(o, name, &v))
		return (!required);
	if (!json_object_is_type(v, json_type_int) && !json_object_is_type(v, json_type_double))
		return (false);
	d = json_object_get_double(v);
	if (!isfinite(d) || d < 0 || d > EPOCH_MAX)
		return (false);
	*out = (int64_t)d;
	return (true);
}

/* "aud" is a string or a list of strings; anything else names nobody. */
static bool
names_us(struct json_object *o, const char *us)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, "aud", &v))
		return (false);
	if (json_object_is_type(v, json_type_string))
		return (strcmp(json_object_get_string(v), us) == 0);
	if (!json_object_is_type(v, json_type_array))
		return (false);
	for (size_t i = 0; i < json_object_array_length(v); i++) {
		struct json_object *one = json_object_array_get_idx(v, i);

		if (json_object_is_type(one, json_type_string) && strcmp(json_object_get_string(one), us) == 0)
			return (true);
	}
	return (false);
}

/* The jti may have any form and length; its hash is what a blacklist holds. */
static bool
read_identity(const struct keyring *keys, struct json_object *o, struct access *out)
{
	uint8_t digest[MAC_LEN];
	bool wrong = false;
	struct str sub = json_string(o, "sub", &wrong), sid = json_string(o, "sid", &wrong);
	struct str jti = json_string(o, "jti", &wrong), client = json_string(o, "client_id", &wrong);

	if (wrong || sub.len == 0 || jti.len == 0 || client.len == 0)
		return (false);
	if (!str_copy(out->user_id, sizeof(out->user_id), sub) || !str_copy(out->client_id, sizeof(out->client_id), client) ||
	    !str_copy(out->jti_text, sizeof(out->jti_text), jti))
		return (false);
	mac_sha256(jti.p, jti.len, digest);
	memcpy(out->jti, digest, JTI_LEN);
	return (sid_parse(keyring_user(keys), sid, out->user_key, out->session_key));
}

static bool
read_claims(const struct config *c, const struct keyring *keys, struct json_object *o, int64_t now, struct access *out)
{
	int64_t nbf = 0;
	bool wrong = false;

	if (!str_is(json_string(o, "iss", &wrong), c->issuer) || wrong || !names_us(o, access_audience(c)))
		return (false);
	if (!date(o, "exp", true, &out->exp) || !date(o, "nbf", false, &nbf) || !date(o, "iat", true, &out->iat))
		return (false);
	/* No word on iat: what we signed we issued, and a clock that stepped back since is no reason to call it forged. */
	if (nbf > now + ACCESS_SKEW)
		return (false);
	out->expired = now >= out->exp;
	return (read_identity(keys, o, out));
}

bool
access_is_ours(const struct keyring *keys, struct str text)
{

	return (jws_claims_key(text, TYP, find_key, keys));
}

enum dw_result
access_read(const struct config *c, const struct keyring *keys, struct str text, int64_t now, struct access *out)
{
	char payload[PAYLOAD_MAX];
	struct json_object *o;
	enum dw_result rc;
	size_t len;

	if ((rc = jws_verify(text, TYP, find_key, keys, payload, sizeof(payload), &len)) != DW_OK)
		return (rc);
	if ((o = json_parse_strict((struct str){ payload, len })) == NULL)
		return (DW_INVALID);
	rc = read_claims(c, keys, o, now, out) ? DW_OK : DW_INVALID;
	json_object_put(o);
	return (rc);
}

/* SPDX-License-Identifier: ISC */
/*
 * Sixteen bytes as base64url: ten bits of bucket, six random ones, the second, eighty random bits. Nothing in it is secret: the
 * event beside it names its user.
 */
#include "base/base64url.h"
#include "crypto/random.h"
#include "store/keys.h"

#include "store/event_id.h"

#define BYTES 16
#define BUCKET_BITS 10

_Static_assert(BASE64URL_LEN(BYTES) == EVENT_ID_LEN, "as many characters as bytes make");
_Static_assert(KEYS_BUCKETS == 1 << BUCKET_BITS, "all buckets have room");

bool
event_id_make(unsigned bucket, int64_t now, char out[EVENT_ID_LEN + 1])
{
	uint8_t raw[BYTES];

	if (random_bytes(raw, sizeof(raw)) != 0)
		return (false);
	raw[0] = (uint8_t)(bucket >> 2);
	raw[1] = (uint8_t)((bucket & 3) << 6 | (raw[1] & 63));
	for (int i = 0; i < 4; i++)
		raw[2 + i] = (uint8_t)(now >> (24 - 8 * i));
	base64url_encode(raw, sizeof(raw), out);
	return (true);
}

bool
event_id_parse(struct str id, unsigned *bucket, int64_t *at)
{
	struct str rest = id, head = str_cut(&rest, '.');
	uint8_t raw[BYTES], handle[SESSION_KEY_LEN];
	size_t n;

	if (rest.p != NULL && (!base64url_decode(rest, handle, sizeof(handle), &n) || n != sizeof(handle)))
		return (false);
	if (id.len > EVENT_ID_MAX || !base64url_decode(head, raw, sizeof(raw), &n) || n != sizeof(raw))
		return (false);
	*bucket = (unsigned)raw[0] << 2 | raw[1] >> 6;
	*at = (int64_t)raw[2] << 24 | raw[3] << 16 | raw[4] << 8 | raw[5];
	return (true);
}

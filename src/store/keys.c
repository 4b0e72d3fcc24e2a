/* SPDX-License-Identifier: ISC */
/*
 * The names of keys and fields. A user's record is "dw:{bbb}" and the user's pseudonym, the outbox of a bucket "dwo:{bbb}"; bbb
 * is the bucket, the first ten bits of the pseudonym, and the braces make it the hash tag of Redis Cluster: a record and its
 * outbox are always in one slot. Nothing that a client chose is part of a name.
 */
#include <stdio.h>
#include <string.h>

#include "base/base64url.h"
#include "store/cluster_map.h"

#include "store/keys.h"

#define RECORD_PREFIX_LEN 8   /* dw:{bbb} */
#define COUNTER_PREFIX_LEN 10 /* dwt:{bbb}K */

/* Ten bits: 1024 buckets, which outboxes and later nodes are divided by. */
unsigned
keys_bucket(const uint8_t user_key[USER_KEY_LEN])
{

	return ((unsigned)user_key[0] << 2 | user_key[1] >> 6);
}

void
keys_record(const uint8_t user_key[USER_KEY_LEN], char out[KEYS_RECORD_LEN + 1])
{

	snprintf(out, RECORD_PREFIX_LEN + 1, "dw:{%03x}", keys_bucket(user_key));
	base64url_encode(user_key, USER_KEY_LEN, out + RECORD_PREFIX_LEN);
}

/* Only the exact name that keys_record() makes; a foreign key that looks similar is none of ours. */
bool
keys_record_parse(struct str key, uint8_t user_key[USER_KEY_LEN])
{
	char again[KEYS_RECORD_LEN + 1];
	size_t n;

	if (key.len != KEYS_RECORD_LEN)
		return (false);
	if (!base64url_decode(
		(struct str){ key.p + RECORD_PREFIX_LEN, key.len - RECORD_PREFIX_LEN }, user_key, USER_KEY_LEN, &n) ||
	    n != USER_KEY_LEN)
		return (false);
	keys_record(user_key, again);
	return (memcmp(again, key.p, key.len) == 0);
}

void
keys_outbox_of(unsigned bucket, char out[KEYS_OUTBOX_LEN + 1])
{

	snprintf(out, KEYS_OUTBOX_LEN + 1, "dwo:{%03x}", bucket % KEYS_BUCKETS);
}

void
keys_outbox(const uint8_t user_key[USER_KEY_LEN], char out[KEYS_OUTBOX_LEN + 1])
{

	keys_outbox_of(keys_bucket(user_key), out);
}

bool
keys_outbox_parse(struct str key, unsigned *bucket)
{
	char again[KEYS_OUTBOX_LEN + 1];

	if (key.len != KEYS_OUTBOX_LEN)
		return (false);
	*bucket = 0;
	for (size_t i = 5; i < 8; i++)
		*bucket = *bucket << 4 | (unsigned)(str_hex_value(key.p[i]) & 15);
	keys_outbox_of(*bucket, again);
	return (memcmp(again, key.p, key.len) == 0);
}

void
keys_counter(char kind, const uint8_t counter[USER_KEY_LEN], char out[KEYS_COUNTER_LEN + 1])
{

	snprintf(out, COUNTER_PREFIX_LEN + 1, "dwt:{%03x}%c", keys_bucket(counter), kind);
	base64url_encode(counter, USER_KEY_LEN, out + COUNTER_PREFIX_LEN);
}

void
keys_sink(const char *sink, enum keys_of_sink what, char out[KEYS_SINK_LEN + 1])
{
	static const char *const tails[] = {
		[KEYS_DEAD] = "", [KEYS_RETRY] = ":retry", [KEYS_LEASE] = ":lease", [KEYS_NUMBERS] = ":numbers"
	};

	snprintf(out, KEYS_SINK_LEN + 1, "dwx:%.32s%s", sink, tails[what]);
}

unsigned
keys_sink_place(const char *sink, enum keys_of_sink what)
{
	char key[KEYS_SINK_LEN + 1];

	keys_sink(sink, what, key);
	return (KEYS_BUCKETS + cluster_slot(str_of(key)));
}

void
keys_field(char kind, const uint8_t session_key[SESSION_KEY_LEN], char out[KEYS_FIELD_LEN])
{

	out[0] = kind;
	memcpy(out + 1, session_key, SESSION_KEY_LEN);
}

/* SPDX-License-Identifier: ISC */
/* Every name in Redis. The bucket in braces keeps a user's record and the outbox of its events in one cluster slot. */
#ifndef STORE_KEYS_H
#define STORE_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "doorward/session.h"

#define KEYS_RECORD_LEN 20  /* dw:{bbb}UUUUUUUUUUUU */
#define KEYS_OUTBOX_LEN 9   /* dwo:{bbb} */
#define KEYS_FIELD_LEN 9    /* kind, session_key */
#define KEYS_COUNTER_LEN 22 /* dwt:{bbb}KCCCCCCCCCCCC */
#define KEYS_SINK_LEN 44    /* dwx:NAME, dwx:NAME:retry … at most */
#define KEYS_JTI_FIELD_LEN 13
#define KEYS_BUCKETS 1024
#define KEYS_RECORDS_PATTERN "dw:{*"
#define KEYS_RECORDS_PREFIX "dw:" /* of all user records, and of nothing else but the channel */
#define KEYS_EVENTS "dw:events"   /* channel */

/*
 * Each kind of name as a rule of Redis' ACL, and one name of that kind: for the look at what our user may do. The lines
 * "--@ needs" in src/store/lua call it by its last word.
 */
#define KEYS_RULE_RECORD "~dw:*"
#define KEYS_LIKE_RECORD "dw:{000}AAAAAAAAAAAA"
#define KEYS_RULE_OUTBOX "~dwo:*"
#define KEYS_LIKE_OUTBOX "dwo:{000}"
#define KEYS_RULE_COUNTER "~dwt:*"
#define KEYS_LIKE_COUNTER "dwt:{000}aAAAAAAAAAAAA"
#define KEYS_RULE_SINK "~dwx:*"
#define KEYS_LIKE_SINK "dwx:a"
#define KEYS_RULE_EVENTS "&" KEYS_EVENTS
#define KEYS_LIKE_EVENTS KEYS_EVENTS

/* Which of the KEYS_BUCKETS ${user_key} is in: its first 10 bits. */
unsigned keys_bucket(const uint8_t user_key[USER_KEY_LEN]);

/* The user record: bbb = the first 10 bits of ${user_key} in hex, U = base64url of it. */
void keys_record(const uint8_t user_key[USER_KEY_LEN], char out[KEYS_RECORD_LEN + 1]);

/* Reads one back. Returns false for any other name, also for one whose bucket is not its user's. */
bool keys_record_parse(struct str key, uint8_t user_key[USER_KEY_LEN]);

/* The outbox stream of ${bucket}; of that of ${user_key}. */
void keys_outbox_of(unsigned bucket, char out[KEYS_OUTBOX_LEN + 1]);
void keys_outbox(const uint8_t user_key[USER_KEY_LEN], char out[KEYS_OUTBOX_LEN + 1]);

/* Reads the bucket back from such a name; false for any other name. */
bool keys_outbox_parse(struct str key, unsigned *bucket);

/* A counter of failed guesses: ${kind} a (account) or i (address), and what it is of, keyed as a user is. */
void keys_counter(char kind, const uint8_t counter[USER_KEY_LEN], char out[KEYS_COUNTER_LEN + 1]);

/* What belongs to one sink, whose name has no colon: dead letters, what is to be tried again, who is active, its numbers. */
enum keys_of_sink { KEYS_DEAD, KEYS_RETRY, KEYS_LEASE, KEYS_NUMBERS };
void keys_sink(const char *sink, enum keys_of_sink what, char out[KEYS_SINK_LEN + 1]);

/* The place of that, for store/call.h: it is in no bucket, and lies in a slot of its own. */
unsigned keys_sink_place(const char *sink, enum keys_of_sink what);

/* A field of the record: ${kind} s, f, d, e or l and the session. Not NUL-terminated. */
void keys_field(char kind, const uint8_t session_key[SESSION_KEY_LEN], char out[KEYS_FIELD_LEN]);

#endif

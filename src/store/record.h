/* SPDX-License-Identifier: ISC */
/*
 * The packed fields of a user record, little endian at fixed offsets. No value is longer than 64 bytes: one of 65 would turn
 * the whole listpack into a hash table, at three times the memory. The scripts in src/store/lua read and write the same fields.
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "doorward/risk.h"
#include "doorward/session.h"

#define RECORD_VALUE_MAX 64 /* hash-max-listpack-value */

/*
 * A, B, C, D: what is about the user, one text cut at 64 bytes: length1 of the id, length1 of the name (+ RECORD_NAME_ODD), id,
 * name, groups. One field instead of four saves names and headers, and a look for each. B to D are there only if needed. What
 * they do not hold, of a user in many groups, is in E: longer than 64 bytes, so that his record is a hash table. A check asks
 * for it only when D is full.
 */
#define RECORD_USER_FIELDS 5
#define RECORD_USER_SMALL 4 /* of them are read by every check */
#define RECORD_USER_MAX (2 + USER_ID_MAX + USERNAME_MAX + GROUPS_MAX)
#define RECORD_NAME_ODD 0x80 /* id or name has characters that JSON escapes */
/*
 * Offsets, which the scripts are given by name (embed.sh). The address of s lies between RECORD_S_IP and the last byte, which
 * is the level; the operator's reason of l is all that follows its offset.
 */
enum {
	RECORD_S_HASH = 0,
	RECORD_S_FLAGS = 16,
	RECORD_S_POLICY = 17,
	RECORD_S_CREATED = 18,
	RECORD_S_SEEN = 22,
	RECORD_S_ABSOLUTE = 26,
	RECORD_S_IDLE = 30,
	RECORD_S_DEV = 34,
	RECORD_S_CLIENT = 42,
	RECORD_S_IP = 46
};
enum {
	RECORD_F_CURRENT = 0,
	RECORD_F_PREVIOUS = 16,
	RECORD_F_GENERATION = 32, /* with FAMILY_COUNTED; else this and the nonce are a salt */
	RECORD_F_NONCE = 36,
	RECORD_F_ROTATED = 44,
	RECORD_F_ABSOLUTE = 48,
	RECORD_F_IDLE = 52,
	RECORD_F_ACCESS = 56,
	RECORD_F_FLAGS = 60,
	RECORD_F_VERSION = 61
};
enum { RECORD_L_AT = 0, RECORD_L_CAUSE = 4, RECORD_L_SCOPE = 5, RECORD_L_DEV = 6, RECORD_L_FLAGS = 14, RECORD_L_REASON = 15 };

/* s: hash16 flags1 policy1 created4 lastseen4 absolute4 idle4 device8 client4 ip0/4/16 level1 */
#define RECORD_S_MIN 47
#define RECORD_S_MAX 63
/* f: current16 previous16 generation4 nonce8 rotated4 absolute4 idle4 access_exp4 flags1 keyversion1 */
#define RECORD_F_LEN 62
/* l: at4 cause1 scope1 device8 flags1 reason0…48 */
#define RECORD_L_MIN RECORD_L_REASON
#define RECORD_L_MAX (RECORD_L_MIN + REASON_MAX)
/* n: notbefore4 */
#define RECORD_N_LEN 4
/* h: version1 at4 country2 as4 coordinates1 latitude2 longitude2 hours24 told16 */
#define RECORD_H_LEN 56

/* A refresh family as stored: what struct session has no place for. */
struct record_family {
	uint8_t current[HASH_LEN];
	uint8_t previous[HASH_LEN]; /* all zero: nothing has been rotated yet */
	uint8_t salt[SALT_LEN];     /* or generation and nonce, as stored */
	uint32_t generation;        /* when read; 0 = it has none */
	uint8_t key_version;
};

/* Writes ${v} as a time or span is stored; beyond 32 bits it is the largest value, below 0 it is 0. */
void record_put32(uint8_t *p, int64_t v);

/* Packs the user into ${out} and returns the length. ${id} and ${name} are not empty, and none is longer than it may be. */
size_t record_pack_user(struct str id, struct str name, struct str groups, uint8_t out[RECORD_USER_MAX]);

/*
 * Reads it back from its pieces, or from the whole of it in the first, as three texts of the sizes of struct lookup_reply. All
 * are empty if there is none.
 */
bool record_unpack_user(const struct str pieces[RECORD_USER_FIELDS], char *id, char *name, char *groups);

/*
 * Packs ${s} (session_key, device_id and the family left out) and returns the length. Times and spans beyond 32 bits are stored
 * as the largest value, an address that is none as no address.
 */
size_t record_pack_session(const struct session *s, uint8_t out[RECORD_S_MAX]);

/* Fills ${s} from ${v}, leaving session_key, device_id and the family alone. Returns false if the size or the policy is not one
 * of ours. */
bool record_unpack_session(struct str v, struct session *s);

/* The same for the family: struct session has one part of it, ${f} the other. */
void record_pack_family(const struct session *s, const struct record_family *f, uint8_t out[RECORD_F_LEN]);
bool record_unpack_family(struct str v, struct session *s, struct record_family *f);

/* Fills ${e} from ${v}, leaving session_key and device_id alone; ${*chosen} is true if the device id was the client's choice.
 */
bool record_unpack_logout(struct str v, struct logout_record *e, bool *chosen);

/* The not-before mark; an absent field is 0. */
bool record_unpack_not_before(struct str v, int64_t *not_before);

/* What is remembered of the user. Reading: an absent field, or one of a later version, is nothing; false if it makes no sense.
 */
void record_pack_history(const struct history *h, uint8_t out[RECORD_H_LEN]);
bool record_unpack_history(struct str v, struct history *h);

/*
 * The device id of ${device_key} into ${out}: the two halves ${d} and ${e} if the client chose it, else its own text. Returns
 * false if a half is missing or too long.
 */
bool record_device_id(
    bool chosen, const uint8_t device_key[DEVICE_KEY_LEN], struct str d, struct str e, char out[DEVICE_ID_MAX + 1]);

/* ${seconds} as far as they can be added to a time and stored in 32 bits; what is over is none. */
int64_t record_span(int64_t seconds);

#endif

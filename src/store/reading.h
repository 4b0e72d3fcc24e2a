/* SPDX-License-Identifier: ISC */
/* The half of the store that changes nothing: plain commands, no scripts. */
#ifndef STORE_READING_H
#define STORE_READING_H

#include "base/str.h"
#include "doorward/store.h"

struct redisReply;

enum dw_result reading_lookup(void *store, const struct lookup *q, struct lookup_reply *out);
enum dw_result reading_history(void *store, const uint8_t user_key[USER_KEY_LEN], struct history *out);
enum dw_result reading_list(void *store, const uint8_t user_key[USER_KEY_LEN], struct arena *arena, struct session_list *out);

/* Reads an answer of HGETALL into ${out}, which was zeroed. DW_OK, or DW_FAULT if it makes no sense, or there is no room in
 * ${arena}. */
enum dw_result reading_take_list(const struct redisReply *r, struct arena *arena, struct session_list *out);

/*
 * Fills ${s} with the session stored as ${v}, ${f} (p NULL = no family), ${d} and ${e}. Returns false if they make no sense.
 */
bool reading_session(
    struct session *s, const uint8_t session_key[SESSION_KEY_LEN], struct str v, struct str f, struct str d, struct str e);

/* The same for a logout record. */
bool reading_logout_record(
    struct logout_record *out, const uint8_t session_key[SESSION_KEY_LEN], struct str l, struct str d, struct str e);

#endif

/* SPDX-License-Identifier: ISC */
/* Sessions and logout records as the JSON objects of the contract. */
#ifndef AUTH_VIEW_H
#define AUTH_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "doorward/session.h"
#include "doorward/userdb.h"

struct config;
struct user_keys;

/*
 * Appends
 * {"id","user_id","username","device_id","device_name","client_id","created_at","last_seen_at","expires_at","ip","user_agent",
 * "current"}. ${client_id} and ${device} may be NULL: null.
 */
void view_session(struct buf *b, const struct user_keys *k, const uint8_t user_key[USER_KEY_LEN], const struct session *s,
    const char *user_id, const char *username, const char *client_id, const struct device *device, bool current);

/* Appends the logout record {"id","session_id","user_id","device_id","scope","reason","at"}. */
void view_logout_record(struct buf *b, const struct user_keys *k, const uint8_t user_key[USER_KEY_LEN], const char *user_id,
    const struct logout_record *e);

/* The id of the client whose hash is ${client_hash}, or NULL if it is not configured any more. */
const char *view_client_id(const struct config *c, const uint8_t client_hash[CLIENT_HASH_LEN]);

/* For qsort() of struct session: newest first, those of one second in a fixed order, so that a cursor means the same on every
 * page. */
int view_newest_first(const void *a, const void *b);

#endif

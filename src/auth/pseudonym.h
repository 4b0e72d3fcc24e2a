/* SPDX-License-Identifier: ISC */
/* The pseudonym of a user: what finds the record in Redis, and tells nothing about the user to who has not got the keys. */
#ifndef AUTH_PSEUDONYM_H
#define AUTH_PSEUDONYM_H

#include <stdint.h>

#include "base/str.h"
#include "doorward/session.h"

struct user_keys;

/* Writes the first UP_LEN bytes of HMAC(${k}->user, ${user_id}) to ${user_key}. The same for ever: this key never rotates. */
void pseudonym_of(const struct user_keys *k, struct str user_id, uint8_t user_key[USER_KEY_LEN]);

#endif

/* SPDX-License-Identifier: ISC */
/* How far endings went: asked of the logout records, of many at once. */
#ifndef STORE_SCOPES_H
#define STORE_SCOPES_H

#include "doorward/result.h"
#include "doorward/session.h"
#include "store/redis.h"

struct scope_question {
	uint8_t user_key[USER_KEY_LEN], session_key[SESSION_KEY_LEN];
	enum end_scope scope; /* the answer; left as it is where there is no such record any more */
};

/* DW_UNAVAILABLE: not all of them could be asked. */
enum dw_result scopes_ask(struct redis_store *s, struct scope_question *q, size_t n);

#endif

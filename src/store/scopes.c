/* SPDX-License-Identifier: ISC */
/* One HMGET of one field a record, in pieces of CALLS_MAX. A record that makes no sense says nothing. */
#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "store/piece.h"
#include "store/record.h"
#include "store/reply.h"

#include "store/scopes.h"

static void
put(struct piece *p, const struct scope_question *q)
{
	char key[KEYS_RECORD_LEN + 1], field[KEYS_FIELD_LEN];
	struct args *a = piece_add(p, keys_bucket(q->user_key));

	keys_record(q->user_key, key);
	keys_field('l', q->session_key, field);
	args_init(a, "HMGET");
	args_copy(a, key, KEYS_RECORD_LEN);
	args_copy(a, field, KEYS_FIELD_LEN);
}

static void
take(const redisReply *r, struct scope_question *q)
{
	struct reply p = reply_open(r, 1);
	struct str text = reply_str(&p);
	struct logout_record record;
	bool chosen;

	if (!p.bad && text.p != NULL && record_unpack_logout(text, &record, &chosen))
		q->scope = record.scope;
}

static enum dw_result
ask_piece(struct redis_store *s, struct piece *p, struct scope_question *q, size_t n)
{
	enum dw_result result = DW_OK;

	for (size_t i = 0; i < n; i++)
		put(p, &q[i]);
	piece_ask(s, p);
	for (size_t i = 0; i < n; i++) {
		if (p->calls[i].result == DW_OK)
			take(p->calls[i].reply, &q[i]);
		else if (p->calls[i].result == DW_UNAVAILABLE)
			result = DW_UNAVAILABLE;
	}
	piece_clear(p);
	return (result);
}

enum dw_result
scopes_ask(struct redis_store *s, struct scope_question *q, size_t n)
{
	struct piece *p = n == 0 ? NULL : piece_new(n);
	enum dw_result result = n > 0 && p == NULL ? DW_UNAVAILABLE : DW_OK;

	for (size_t i = 0, k; i < n && result == DW_OK; i += k) {
		k = n - i < CALLS_MAX ? n - i : CALLS_MAX;
		result = ask_piece(s, p, q + i, k);
	}
	piece_free(p);
	return (result);
}

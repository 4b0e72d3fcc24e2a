/* SPDX-License-Identifier: ISC */
/* One script, so that looking and taking are one step. */
#include <hiredis/hiredis.h>

#include "store/call.h"
#include "store/reply.h"

#include "store/lease.h"

enum dw_result
lease_take(struct redis_store *s, const char *sink, const char *me, int64_t ms, const char *dead, bool *mine,
    char holder[LEASE_HOLDER_MAX + 1])
{
	char key[KEYS_SINK_LEN + 1];
	enum dw_result result;
	struct reply p;
	struct args a;
	redisReply *r;

	*mine = false;
	keys_sink(sink, KEYS_LEASE, key);
	script_begin(SCRIPT_LEASE, &a);
	args_text(&a, key);
	args_text(&a, me);
	args_int(&a, ms);
	args_text(&a, dead);
	result = call_script(s, keys_sink_place(sink, KEYS_LEASE), SCRIPT_LEASE, &a, &r);
	holder[0] = '\0'; /* not before: it may be ${dead} */
	if (result != DW_OK)
		return (result);
	p = reply_open(r, 2);
	*mine = reply_int(&p) == 1;
	reply_text(&p, holder, LEASE_HOLDER_MAX + 1);
	freeReplyObject(r);
	return (p.bad ? call_nonsense(script_name(SCRIPT_LEASE)) : DW_OK);
}

enum dw_result
lease_holder(struct redis_store *s, const char *sink, char holder[LEASE_HOLDER_MAX + 1])
{
	char key[KEYS_SINK_LEN + 1];
	enum dw_result result;
	struct args a;
	redisReply *r;

	holder[0] = '\0';
	keys_sink(sink, KEYS_LEASE, key);
	args_init(&a, "GET");
	args_text(&a, key);
	if ((result = call_ask(s, keys_sink_place(sink, KEYS_LEASE), &a, &r)) != DW_OK)
		return (result);
	if (r->type == REDIS_REPLY_STRING)
		(void)str_copy(holder, LEASE_HOLDER_MAX + 1, (struct str){ r->str, r->len });
	freeReplyObject(r);
	return (DW_OK);
}

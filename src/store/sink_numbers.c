/* SPDX-License-Identifier: ISC */
/* A hash a sink: delivered, failed, error. One writer, the holder of the lease, who begins with what he found. */
#include <string.h>

#include <hiredis/hiredis.h>

#include "store/call.h"
#include "store/reply.h"

#include "store/sink_numbers.h"

static void
take(struct sink_numbers *n, struct str name, struct str value)
{

	if (str_is(name, "delivered"))
		(void)str_to_u64(value, INT64_MAX, &n->delivered);
	else if (str_is(name, "failed"))
		(void)str_to_u64(value, INT64_MAX, &n->failed);
	else if (str_is(name, "error"))
		(void)str_copy(n->error, sizeof(n->error), value);
}

enum dw_result
sink_numbers_read(struct redis_store *s, const char *sink, struct sink_numbers *out)
{
	char key[KEYS_SINK_LEN + 1];
	enum dw_result result;
	struct reply p;
	struct args a;
	redisReply *r;

	*out = (struct sink_numbers){ .delivered = 0 };
	keys_sink(sink, KEYS_NUMBERS, key);
	args_init(&a, "HGETALL");
	args_text(&a, key);
	if ((result = call_ask(s, keys_sink_place(sink, KEYS_NUMBERS), &a, &r)) != DW_OK)
		return (result);
	p = reply_open(r, 0);
	while (reply_left(&p) > 1) {
		struct str name = reply_str(&p);

		take(out, name, reply_str(&p));
	}
	freeReplyObject(r);
	return (p.bad ? call_nonsense("HGETALL") : DW_OK);
}

enum dw_result
sink_numbers_write(struct redis_store *s, const char *sink, const struct sink_numbers *n)
{
	char key[KEYS_SINK_LEN + 1];
	enum dw_result result;
	struct args a;
	redisReply *r;

	keys_sink(sink, KEYS_NUMBERS, key);
	args_init(&a, "HSET");
	args_text(&a, key);
	args_text(&a, "delivered");
	args_int(&a, (int64_t)n->delivered);
	args_text(&a, "failed");
	args_int(&a, (int64_t)n->failed);
	args_text(&a, "error");
	args_text(&a, n->error);
	if ((result = call_ask(s, keys_sink_place(sink, KEYS_NUMBERS), &a, &r)) == DW_OK)
		freeReplyObject(r);
	return (result);
}

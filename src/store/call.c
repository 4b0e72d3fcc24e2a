/* SPDX-License-Identifier: ISC */
/*
 * The questions of the store's other files: one, or several at once, of a bucket's node or of each node, as a command or as a
 * script. Their way goes on in turns.c (which node, and again where a cluster says so), link.c (may that be asked, and what do
 * its answers mean) and exchange.c (connection, deadline, the bytes).
 */
#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/log.h"
#include "doorward/config.h"
#include "store/cluster.h"
#include "store/link.h"
#include "store/turns.h"
#include "store/warn.h"

#include "store/call.h"

/* ${kept} NULL: it need not be durable. */
static enum dw_result
ask_one(struct redis_store *s, unsigned bucket, const struct args *a, struct redisReply **out, bool *kept)
{
	struct call c = { .bucket = bucket, .a = a, .keep = kept != NULL, .result = DW_UNAVAILABLE };

	*out = NULL;
	if (a->overflow)
		return (DW_FAULT);
	turns_ask(s, &c, 1);
	*out = c.reply;
	if (kept != NULL)
		*kept = c.kept;
	return (c.result);
}

enum dw_result
call_ask(struct redis_store *s, unsigned bucket, const struct args *a, struct redisReply **out)
{

	return (ask_one(s, bucket, a, out, NULL));
}

size_t
call_nodes(struct redis_store *s)
{

	s->until = clock_mono_ms() + s->conf->redis_connect_timeout;
	turns_refresh(s, false);
	return (s->route.n);
}

enum dw_result
call_node(struct redis_store *s, size_t node, const struct args *a, struct redisReply **out)
{
	struct call c = { .a = a, .result = DW_UNAVAILABLE }, *const one[1] = { &c };

	s->until = clock_mono_ms() + s->conf->redis_connect_timeout + s->conf->redis_command_timeout;
	link_ask(s, &s->route.links[node], one, 1);
	*out = c.reply;
	if (c.result == DW_UNAVAILABLE && s->route.cluster != NULL)
		s->route.cluster->stale = true;
	return (c.result);
}

void
call_many(struct redis_store *s, struct call *calls, size_t n)
{

	for (size_t i = 0; i < n; i++) {
		bool bad = calls[i].a->overflow || n > CALLS_MAX;

		calls[i].reply = NULL;
		calls[i].keep = calls[i].asking = false;
		calls[i].result = bad ? DW_FAULT : DW_UNAVAILABLE;
		calls[i].next = bad ? CALL_ENDED : CALL_OPEN;
	}
	if (n <= CALLS_MAX)
		turns_ask(s, calls, n);
}

/* Redis forgets scripts at a restart or SCRIPT FLUSH: then it is loaded and called once more. */
enum dw_result
call_script_kept(
    struct redis_store *s, unsigned bucket, enum script_id id, const struct args *a, struct redisReply **out, bool *kept)
{
	enum dw_result result;
	struct args load;

	*out = NULL;
	if (!script_fits(id, a))
		return (call_nonsense(script_name(id)));
	if ((result = ask_one(s, bucket, a, out, kept)) != DW_ABSENT)
		return (result);
	args_init(&load, "SCRIPT");
	args_text(&load, "LOAD");
	args_text(&load, script_text(id));
	if ((result = call_node(s, s->route.last, &load, out)) != DW_OK) /* which is where it was not known */
		return (result == DW_ABSENT ? DW_FAULT : result);
	freeReplyObject(*out);
	result = ask_one(s, bucket, a, out, kept);
	return (result == DW_ABSENT ? DW_FAULT : result);
}

enum dw_result
call_script(struct redis_store *s, unsigned bucket, enum script_id id, const struct args *a, struct redisReply **out)
{

	return (call_script_kept(s, bucket, id, a, out, NULL));
}

enum dw_result
call_nonsense(const char *command)
{

	if (warn_due(WARN_FAULT))
		log_error("Redis record or reply makes no sense command=%s", command);
	return (DW_FAULT);
}

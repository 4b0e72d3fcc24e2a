/* SPDX-License-Identifier: ISC */
/*
 * Between two questions a clock goes on as ours does; where it is behind that, it was set back or is another one. How much time
 * has passed is counted from the answer to the first question to the asking of the second: it is never more than has, so that a
 * slow answer is not taken for a clock that is behind, and a moment is added where one is. A failover is seen by the run ids
 * that the looks at the servers have brought (store/look.h): each connection begins with one.
 */
#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "store/call.h"
#include "store/conn.h"
#include "store/look.h"
#include "store/reply.h"

#include "store/clocks.h"

#define STEP_MS 100    /* less is no step */
#define MOMENT_MS 1000 /* that answers may have been on their way */

/* The time of one server. */
static enum dw_result
ask_time(struct redis_store *s, size_t node, int64_t *out)
{
	enum dw_result result;
	struct args a;
	redisReply *r;
	struct reply p;
	struct str first, second;
	uint64_t seconds = 0, micros = 0;

	args_init(&a, "TIME");
	if ((result = call_node(s, node, &a, &r)) != DW_OK)
		return (result == DW_ABSENT ? DW_FAULT : result);
	p = reply_open(r, 2);
	first = reply_str(&p);
	second = reply_str(&p);
	if (p.bad || !str_to_u64(first, UINT32_MAX, &seconds) || !str_to_u64(second, UINT32_MAX, &micros))
		result = call_nonsense("TIME");
	freeReplyObject(r);
	*out = (int64_t)(seconds * 1000 + micros / 1000);
	return (result);
}

static enum dw_result
ask_all(struct redis_store *s, struct clocks *out)
{
	enum dw_result result;
	int64_t one;

	*out = (struct clocks){ .least = INT64_MAX };
	for (size_t i = 0, n = call_nodes(s); i < n; i++) {
		if (!route_is_used(&s->route, i))
			continue;
		if ((result = ask_time(s, i, &one)) != DW_OK)
			return (result);
		out->least = one < out->least ? one : out->least;
		out->most = one > out->most ? one : out->most;
		out->runs += conn_seen(s->route.links[i].conn)->run;
	}
	out->asked_at = clock_mono_ms();
	return (out->most == 0 ? DW_UNAVAILABLE : DW_OK);
}

enum dw_result
clocks_ask(struct clocks *c, struct redis_store *s, int64_t *behind)
{
	int64_t begun = clock_mono_ms(), passed, back;
	struct clocks before = *c, now;
	enum dw_result result = ask_all(s, &now);

	*behind = CLOCKS_AS_BEFORE;
	if (result != DW_OK)
		return (result);
	*c = now;
	passed = begun - before.asked_at;
	back = before.most + passed - now.least;
	if (before.asked_at != 0 && (now.runs != before.runs || before.least + passed - now.least > STEP_MS))
		*behind = back > STEP_MS ? back + MOMENT_MS : 0;
	return (DW_OK);
}

/* SPDX-License-Identifier: ISC */
/*
 * A dead letter is an entry with the event (e), how often it was tried (n) and why it failed at last (r). It is put away before
 * the event is acknowledged, and taken away after it was queued again: whatever happens in between, it is there twice rather
 * than lost.
 */
#include <string.h>

#include <hiredis/hiredis.h>

#include "store/call.h"

#include "store/dead.h"

/* Asks ${a} of ${place}, whose answer is an integer or a text that nobody needs; ${*n} may be NULL. */
static enum dw_result
ask(struct redis_store *s, unsigned place, const struct args *a, uint64_t *n)
{
	enum dw_result result;
	redisReply *r;

	if ((result = call_ask(s, place, a, &r)) != DW_OK)
		return (result == DW_ABSENT || result == DW_REFUSED ? DW_FAULT : result);
	if (n != NULL)
		*n = r->type == REDIS_REPLY_INTEGER && r->integer > 0 ? (uint64_t)r->integer : 0;
	freeReplyObject(r);
	return (DW_OK);
}

static void
begin(struct args *a, const char *command, const char *sink, enum keys_of_sink what)
{
	char key[KEYS_SINK_LEN + 1];

	keys_sink(sink, what, key);
	args_init(a, command);
	args_copy(a, key, strlen(key));
}

enum dw_result
dead_put(struct redis_store *s, const char *sink, struct str json, int64_t attempts, const char *error, int64_t most)
{
	struct args a;

	begin(&a, "XADD", sink, KEYS_DEAD);
	args_text(&a, "MAXLEN");
	args_int(&a, most);
	args_text(&a, "*");
	args_text(&a, "e");
	args_put(&a, json.p, json.len);
	args_text(&a, "n");
	args_int(&a, attempts);
	args_text(&a, "r");
	args_text(&a, error);
	return (ask(s, keys_sink_place(sink, KEYS_DEAD), &a, NULL));
}

static struct str
or_empty(struct str s)
{

	return (s.p != NULL ? s : STR_LIT(""));
}

/* False: it is something else. */
static bool
take(const redisReply *r, struct dead_letter *d)
{
	const redisReply *fields = stream_entry(r, &d->id);
	uint64_t n = 0;

	if (fields == NULL || fields->type != REDIS_REPLY_ARRAY)
		return (false);
	d->json = or_empty(stream_field(fields, "e"));
	d->error = or_empty(stream_field(fields, "r"));
	(void)str_to_u64(stream_field(fields, "n"), INT64_MAX, &n);
	d->attempts = (int64_t)n;
	return (true);
}

enum dw_result
dead_list(struct redis_store *s, const char *sink, struct stream_id *after, dead_fn *each, void *arg, size_t *n)
{
	enum dw_result result;
	struct dead_letter d;
	struct args a;
	redisReply *r;

	*n = 0;
	begin(&a, "XRANGE", sink, KEYS_DEAD);
	stream_id_put(&a, "(", *after);
	args_text(&a, "+");
	args_text(&a, "COUNT");
	args_int(&a, DEAD_LIST_MAX);
	if ((result = call_ask(s, keys_sink_place(sink, KEYS_DEAD), &a, &r)) != DW_OK)
		return (result);
	if (r->type != REDIS_REPLY_ARRAY)
		result = call_nonsense("XRANGE");
	for (size_t i = 0; result == DW_OK && i < r->elements; i++) {
		if (!take(r->element[i], &d)) {
			result = call_nonsense("XRANGE");
			break;
		}
		*after = d.id;
		(*n)++;
		each(arg, &d);
	}
	freeReplyObject(r);
	return (result);
}

enum dw_result
dead_count(struct redis_store *s, const char *sink, uint64_t *n)
{
	struct args a;

	begin(&a, "XLEN", sink, KEYS_DEAD);
	return (ask(s, keys_sink_place(sink, KEYS_DEAD), &a, n));
}

enum dw_result
dead_remove(struct redis_store *s, const char *sink, struct stream_id id)
{
	struct args a;

	begin(&a, "XDEL", sink, KEYS_DEAD);
	stream_id_put(&a, "", id);
	return (ask(s, keys_sink_place(sink, KEYS_DEAD), &a, NULL));
}

enum dw_result
dead_retry(struct redis_store *s, const char *sink, struct str json)
{
	struct args a;

	begin(&a, "XADD", sink, KEYS_RETRY);
	args_text(&a, "*");
	args_text(&a, "e");
	args_put(&a, json.p, json.len);
	return (ask(s, keys_sink_place(sink, KEYS_RETRY), &a, NULL));
}

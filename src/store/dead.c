/* SPDX-License-Identifier: ISC */
/*
 * A dead letter is an entry with the event (e), how often it was tried (n) and why it failed at last (r). It is put away before
 * the event is acknowledged, and taken away after it was queued again: whatever happens in between, it is there twice rather
 * than lost.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "store/call.h"

#include "store/dead.h"

#define PLACE_TEXT_MAX 44

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

static void
put_place(struct args *a, const char *before, const struct group_place *at)
{
	char text[PLACE_TEXT_MAX];
	int n = snprintf(text, sizeof(text), "%s%" PRIu64 "-%" PRIu64, before, at->ms, at->seq);

	args_copy(a, text, (size_t)n);
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
text_of(const redisReply *r)
{

	return (r->type == REDIS_REPLY_STRING ? (struct str){ r->str, r->len } : STR_NONE);
}

static void
take_field(struct dead_letter *d, struct str name, struct str value)
{
	uint64_t n;

	if (str_is(name, "e"))
		d->json = value;
	else if (str_is(name, "r"))
		d->error = value;
	else if (str_is(name, "n") && str_to_u64(value, INT64_MAX, &n))
		d->attempts = (int64_t)n;
}

/* [id, [name, value, …]]. False: it is something else. */
static bool
take(const redisReply *e, struct dead_letter *d)
{
	struct str id, ms;

	*d = (struct dead_letter){ .json = STR_LIT(""), .error = STR_LIT("") };
	if (e->type != REDIS_REPLY_ARRAY || e->elements != 2 || e->element[1]->type != REDIS_REPLY_ARRAY)
		return (false);
	id = text_of(e->element[0]);
	ms = str_cut(&id, '-');
	if (!str_to_u64(ms, UINT64_MAX, &d->place.ms) || !str_to_u64(id, UINT64_MAX, &d->place.seq))
		return (false);
	for (size_t i = 0; i + 1 < e->element[1]->elements; i += 2)
		take_field(d, text_of(e->element[1]->element[i]), text_of(e->element[1]->element[i + 1]));
	return (d->json.p != NULL && d->error.p != NULL);
}

enum dw_result
dead_list(struct redis_store *s, const char *sink, struct group_place *after, dead_fn *each, void *arg, size_t *n)
{
	enum dw_result result;
	struct dead_letter d;
	struct args a;
	redisReply *r;

	*n = 0;
	begin(&a, "XRANGE", sink, KEYS_DEAD);
	put_place(&a, "(", after);
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
		*after = d.place;
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
dead_remove(struct redis_store *s, const char *sink, const struct group_place *at)
{
	struct args a;

	begin(&a, "XDEL", sink, KEYS_DEAD);
	put_place(&a, "", at);
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

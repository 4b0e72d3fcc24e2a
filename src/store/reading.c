/* SPDX-License-Identifier: ISC */
/*
 * Questions that change nothing: the one session of a check, in one HMGET (two for a user in many groups), and all sessions of
 * a user, in one HGETALL. The record's layout is in record.h. What does not make sense is a fault and never "no session".
 *
 * A listing is read in three passes over the same reply, since fields of one session stand anywhere in it: count, fill and
 * sort, then add families and device ids to the sessions they belong to.
 */
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/arena.h"
#include "doorward/cache.h"
#include "store/call.h"
#include "store/keys.h"
#include "store/record.h"
#include "store/reply.h"

#include "store/reading.h"

static const char user_fields[] = "ABCDE";

bool
reading_session(
    struct session *s, const uint8_t session_key[SESSION_KEY_LEN], struct str v, struct str f, struct str d, struct str e)
{
	struct record_family family;

	memset(s, 0, sizeof(*s));
	memcpy(s->session_key, session_key, SESSION_KEY_LEN);
	return (record_unpack_session(v, s) && (f.p == NULL || record_unpack_family(f, s, &family)) &&
		record_device_id((s->flags & SESSION_DEVICE_CHOSEN) != 0, s->device_key, d, e, s->device_id));
}

bool
reading_logout_record(
    struct logout_record *out, const uint8_t session_key[SESSION_KEY_LEN], struct str l, struct str d, struct str e)
{
	bool chosen;

	memset(out, 0, sizeof(*out));
	memcpy(out->session_key, session_key, SESSION_KEY_LEN);
	return (record_unpack_logout(l, out, &chosen) && record_device_id(chosen, out->device_key, d, e, out->device_id));
}

/* The names of the five fields of one session that the check reads, and of the blacklist entry. */
struct names {
	char key[KEYS_RECORD_LEN + 1];
	char s[KEYS_FIELD_LEN], l[KEYS_FIELD_LEN], d[KEYS_FIELD_LEN], e[KEYS_FIELD_LEN], f[KEYS_FIELD_LEN];
	char b[KEYS_JTI_FIELD_LEN];
};

static void
name_fields(struct names *n, const struct lookup *q)
{

	keys_record(q->user_key, n->key);
	keys_field('s', q->session_key, n->s);
	keys_field('l', q->session_key, n->l);
	keys_field('d', q->session_key, n->d);
	keys_field('e', q->session_key, n->e);
	keys_field('f', q->session_key, n->f);
	n->b[0] = 'b';
	if (q->jti != NULL)
		memcpy(n->b + 1, q->jti, JTI_LEN);
}

static void
ask_for(struct args *a, const struct names *n, const struct lookup *q, size_t user_wanted)
{

	args_init(a, "HMGET");
	args_put(a, n->key, KEYS_RECORD_LEN);
	for (size_t i = 0; i < user_wanted; i++)
		args_put(a, user_fields + i, 1);
	args_put(a, "n", 1);
	args_put(a, n->s, KEYS_FIELD_LEN);
	args_put(a, n->l, KEYS_FIELD_LEN);
	args_put(a, n->d, KEYS_FIELD_LEN);
	args_put(a, n->e, KEYS_FIELD_LEN);
	if (q->family)
		args_put(a, n->f, KEYS_FIELD_LEN);
	if (q->jti != NULL)
		args_put(a, n->b, KEYS_JTI_FIELD_LEN);
}

/* In the order in which ask_for() named the fields. */
static bool
take_lookup(struct reply *p, const struct lookup *q, size_t user_wanted, struct lookup_reply *out)
{
	struct str user[RECORD_USER_FIELDS] = { STR_NONE }, s, l, d, e, f = STR_NONE;

	for (size_t i = 0; i < user_wanted; i++)
		user[i] = reply_str(p);
	if (!record_unpack_not_before(reply_str(p), &out->not_before))
		return (false);
	s = reply_str(p);
	l = reply_str(p);
	d = reply_str(p);
	e = reply_str(p);
	if (q->family)
		f = reply_str(p);
	out->blacklisted = q->jti != NULL && reply_str(p).p != NULL;
	out->live = s.p != NULL;
	memset(out->refresh_hash, 0, HASH_LEN);
	if (f.p != NULL && f.len == RECORD_F_LEN)
		memcpy(out->refresh_hash, f.p + RECORD_F_CURRENT, HASH_LEN);
	out->ended = l.p != NULL;
	out->logout_record.cause = END_NONE;
	return (!p->bad && record_unpack_user(user, out->user_id, out->username, out->groups) &&
		(!out->live || reading_session(&out->session, q->session_key, s, f, d, e)) &&
		(!out->ended || reading_logout_record(&out->logout_record, q->session_key, l, d, e)));
}

/* Whether the user's text goes on in the field that was not asked for. */
static bool
has_more(const struct reply *p, size_t user_wanted)
{
	struct reply look = *p;
	struct str last = STR_NONE;

	for (size_t i = 0; i < user_wanted; i++)
		last = reply_str(&look);
	return (user_wanted == RECORD_USER_SMALL && last.len == RECORD_VALUE_MAX);
}

/* One question, with ${*more} set if it has to be asked anew for all fields: parts of two answers need not belong together. */
static enum dw_result
look_up(void *store, const struct lookup *q, size_t user_wanted, struct lookup_reply *out, bool *more)
{
	struct redis_store *s = store;
	enum dw_result result;
	struct names names;
	struct reply p;
	struct args a;
	redisReply *r;

	name_fields(&names, q);
	ask_for(&a, &names, q, user_wanted);
	if ((result = call_ask(s, keys_bucket(q->user_key), &a, &r)) != DW_OK)
		return (result == DW_ABSENT ? DW_FAULT : result);
	if (s->strayed)
		cache_evict(s->cache, q->user_key); /* the keeper may not be told of changes there: this answer is not kept */
	p = reply_open(r, (size_t)a.n - 2);
	*more = has_more(&p, user_wanted);
	if (!*more && !take_lookup(&p, q, user_wanted, out))
		result = call_nonsense("HMGET");
	freeReplyObject(r);
	return (result);
}

enum dw_result
reading_lookup(void *store, const struct lookup *q, struct lookup_reply *out)
{
	bool more = false;
	enum dw_result result = look_up(store, q, RECORD_USER_SMALL, out, &more);

	return (result == DW_OK && more ? look_up(store, q, RECORD_USER_FIELDS, out, &more) : result);
}

static int
by_sid(const void *a, const void *b)
{

	return (memcmp(((const struct session *)a)->session_key, ((const struct session *)b)->session_key, SESSION_KEY_LEN));
}

/* The session that the field ${name} of kind ${kind} belongs to, or NULL. */
static struct session *
owner(struct session_list *l, struct str name, char kind)
{
	struct session key;

	if (name.len != KEYS_FIELD_LEN || name.p[0] != kind || l->n == 0)
		return (NULL);
	memcpy(key.session_key, name.p + 1, SESSION_KEY_LEN);
	return (bsearch(&key, l->sessions, l->n, sizeof(key), by_sid));
}

/* A field about the user rather than a session. */
static bool
take_user(struct session_list *out, struct str name, struct str value, struct str user[RECORD_USER_FIELDS])
{
	const char *field;

	if (str_is(name, "n"))
		return (record_unpack_not_before(value, &out->not_before));
	if (name.len == 1 && (field = memchr(user_fields, name.p[0], RECORD_USER_FIELDS)) != NULL)
		user[field - user_fields] = value;
	return (true);
}

/* First pass: how many sessions there are, and what is about the user. */
static bool
count(struct reply p, struct session_list *out)
{
	struct str user[RECORD_USER_FIELDS] = { STR_NONE };

	while (reply_left(&p) >= 2) {
		struct str name = reply_str(&p), value = reply_str(&p);

		if (!take_user(out, name, value, user))
			return (false);
		out->n += name.len == KEYS_FIELD_LEN && name.p[0] == 's';
	}
	return (!p.bad && record_unpack_user(user, out->user_id, out->username, out->groups));
}

/* Second pass: the sessions, sorted by handle so that their other fields find them. */
static bool
fill(struct reply p, struct session_list *out)
{
	size_t n = 0;

	while (reply_left(&p) >= 2) {
		struct str name = reply_str(&p), value = reply_str(&p);

		if (name.len != KEYS_FIELD_LEN || name.p[0] != 's')
			continue;
		memcpy(out->sessions[n].session_key, name.p + 1, SESSION_KEY_LEN);
		if (!record_unpack_session(value, &out->sessions[n++]))
			return (false);
	}
	if (n > 0)
		qsort(out->sessions, n, sizeof(out->sessions[0]), by_sid);
	return (!p.bad);
}

/* One half of a chosen device id; the first is full where there is a second. */
static bool
take_half(struct session *s, struct str half, size_t at)
{

	if (half.len > RECORD_VALUE_MAX)
		return (false);
	memcpy(s->device_id + at, half.p, half.len);
	return (true);
}

/* Third pass: families and device ids. */
static bool
complete(struct reply p, struct session_list *out)
{
	struct record_family family;

	while (reply_left(&p) >= 2) {
		struct str name = reply_str(&p), value = reply_str(&p);
		struct session *s;

		if ((s = owner(out, name, 'f')) != NULL && !record_unpack_family(value, s, &family))
			return (false);
		if ((s = owner(out, name, 'd')) != NULL && !take_half(s, value, 0))
			return (false);
		if ((s = owner(out, name, 'e')) != NULL && !take_half(s, value, RECORD_VALUE_MAX))
			return (false);
	}
	for (size_t i = 0; i < out->n; i++)
		if ((out->sessions[i].flags & SESSION_DEVICE_CHOSEN) == 0)
			(void)record_device_id(
			    false, out->sessions[i].device_key, STR_NONE, STR_NONE, out->sessions[i].device_id);
	return (!p.bad);
}

enum dw_result
reading_take_list(const redisReply *r, struct arena *arena, struct session_list *out)
{
	struct reply p = reply_open(r, 0);

	if (!count(p, out))
		return (call_nonsense("HGETALL"));
	out->sessions = arena_alloc(arena, (out->n + 1) * sizeof(out->sessions[0])); /* one more: none is not NULL */
	if (out->sessions == NULL)
		return (DW_FAULT);
	return (fill(p, out) && complete(p, out) ? DW_OK : call_nonsense("HGETALL"));
}

enum dw_result
reading_list(void *store, const uint8_t user_key[USER_KEY_LEN], struct arena *arena, struct session_list *out)
{
	char key[KEYS_RECORD_LEN + 1];
	enum dw_result result;
	struct args a;
	redisReply *r;

	memset(out, 0, sizeof(*out));
	keys_record(user_key, key);
	args_init(&a, "HGETALL");
	args_put(&a, key, KEYS_RECORD_LEN);
	if ((result = call_ask(store, keys_bucket(user_key), &a, &r)) != DW_OK)
		return (result == DW_ABSENT ? DW_FAULT : result);
	result = reading_take_list(r, arena, out);
	freeReplyObject(r);
	return (result);
}

enum dw_result
reading_history(void *store, const uint8_t user_key[USER_KEY_LEN], struct history *out)
{
	char key[KEYS_RECORD_LEN + 1];
	enum dw_result result;
	struct reply p;
	struct args a;
	redisReply *r;

	keys_record(user_key, key);
	args_init(&a, "HMGET");
	args_put(&a, key, KEYS_RECORD_LEN);
	args_put(&a, "h", 1);
	if ((result = call_ask(store, keys_bucket(user_key), &a, &r)) != DW_OK)
		return (result == DW_ABSENT ? DW_FAULT : result);
	p = reply_open(r, 1);
	if (!record_unpack_history(reply_str(&p), out) || p.bad)
		result = call_nonsense("HMGET");
	freeReplyObject(r);
	return (result);
}

/* SPDX-License-Identifier: ISC */
/*
 * A change of one user's record, as one call of a Lua script: all of it happens or nothing, in one step of the server. This
 * file has what all such calls share: the common arguments (lua/head.lua), the public ids that only we can make, the eviction
 * from the cache, the count of lost events.
 *
 * The cache is evicted before the caller gets its answer, also when the answer was lost: the change may have happened. So
 * nobody who was told that a session is over can still be let in by it on this host.
 */
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/keyring.h"
#include "crypto/sid.h"
#include "doorward/board.h"
#include "doorward/cache.h"
#include "doorward/config.h"
#include "store/durable.h"
#include "store/event_id.h"
#include "store/keys.h"
#include "store/record.h"
#include "store/warn.h"

#include "store/mutation.h"

#define LOOKS 16       /* at an outbox that is written to, while an event of it ages as far as it may */
#define ROOM_MAX 15    /* events of one process that an outbox may hold too many */
#define LOGOUTS_MIN 32 /* logout records kept of a user at least; else as many as sessions are allowed */
#define ROUNDS_MAX 8   /* times a script is sent: each but the last asked for ids of sessions that were opened meanwhile */
#define EVENT_ID_AT 7  /* of it among the arguments of EVALSHA: the third behind the name, its number of keys, and two */
#define NAME_LEN 12    /* characters of a public id that Redis cannot make: the masked locator */

static bool
put_event_id(struct args *a, const uint8_t *user_key, const struct act *act, int64_t now)
{
	char id[EVENT_ID_LEN + 1];

	if (act != NULL && act->id[0] != '\0')
		args_copy(a, act->id, EVENT_ID_LEN);
	else if (!event_id_make(keys_bucket(user_key), now, id))
		return (false);
	else
		args_copy(a, id, EVENT_ID_LEN);
	return (true);
}

void
mutation_event_id(const struct args *a, char out[EVENT_ID_LEN + 1])
{

	(void)str_copy(out, EVENT_ID_LEN + 1, (struct str){ a->v[EVENT_ID_AT], a->len[EVENT_ID_AT] });
}

/*
 * The caller's session and its public id, or two empty arguments. The script writes the caller's public id into events; it
 * cannot make one.
 */
static void
put_own(const struct redis_store *s, struct args *a, const uint8_t *user_key, const uint8_t *session_key)
{
	char text[PUBLIC_SID_LEN + 1];

	if (session_key == NULL) {
		args_text(a, "");
		args_text(a, "");
		return;
	}
	sid_public(s->keys, user_key, session_key, text);
	args_put(a, session_key, SESSION_KEY_LEN);
	args_copy(a, text, PUBLIC_SID_LEN);
}

/* Is it time to look at the outbox: because of its number of events, or of their age? */
static bool
is_time_to_look(struct redis_store *s, unsigned bucket)
{
	int64_t now = clock_mono_ms();

	if (s->room[bucket] > 0 && now - s->looked[bucket] < s->conf->outbox_keep / LOOKS)
		return (false);
	s->looked[bucket] = now;
	return (true);
}

/* How full the outbox may be, if it is time to look: its share, and never less than one process may add to it unseen. */
static void
put_outbox(struct redis_store *s, struct args *a, const uint8_t *user_key)
{
	int64_t most = s->conf->outbox_max / KEYS_BUCKETS;
	uint8_t look[8];

	record_put32(look, most > ROOM_MAX ? most : ROOM_MAX + 1);
	record_put32(look + 4, s->conf->outbox_keep / 1000);
	args_copy(a, look, is_time_to_look(s, keys_bucket(user_key)) ? sizeof(look) : 0);
}

/* How long a logout record is kept, and how many. */
static void
put_kept(const struct redis_store *s, struct args *a)
{
	uint8_t kept[8];

	record_put32(kept, s->conf->logout_keep / 1000);
	record_put32(kept + 4, s->conf->session_limit > LOGOUTS_MIN ? s->conf->session_limit : LOGOUTS_MIN);
	args_copy(a, kept, sizeof(kept));
}

void
mutation_keys(struct args *a, enum script_id id, const uint8_t *user_key)
{
	char key[KEYS_RECORD_LEN + 1], outbox[KEYS_OUTBOX_LEN + 1];

	keys_record(user_key, key);
	keys_outbox(user_key, outbox);
	script_begin(id, a);
	args_copy(a, key, KEYS_RECORD_LEN);
	args_copy(a, outbox, KEYS_OUTBOX_LEN);
}

/* The arguments all scripts share (src/store/lua/head.lua). */
int64_t
mutation_common(struct redis_store *s, struct args *a, const uint8_t *user_key, const uint8_t *session_key,
    const struct actor *by, const struct act *act)
{
	int64_t now = (clock_wall_ms() + route_offset_ms(&s->route)) / 1000;

	memcpy(s->user_key, user_key, USER_KEY_LEN);
	s->keep = s->kept = false;
	put_outbox(s, a, user_key);
	args_put(a, s->clients, s->clients_len);
	if (!put_event_id(a, user_key, act, now))
		a->overflow = true; /* no randomness: nothing is sent */
	args_json(a, by->ip);
	args_json(a, by->trace_id);
	put_kept(s, a);
	put_own(s, a, user_key, session_key);
	args_int(a, now);
	args_time(a, now);
	return (now);
}

int64_t
mutation_begin(struct redis_store *s, struct args *a, enum script_id id, const uint8_t *user_key, const uint8_t *session_key,
    const struct actor *by, const struct act *act)
{

	mutation_keys(a, id, user_key);
	return (mutation_common(s, a, user_key, session_key, by, act));
}

/* Adds the ids of the sessions that the script asks for in ${r} to ${names}. False: it asks for none, or there is no memory. */
static bool
name_sessions(const struct redis_store *s, const redisReply *r, char **names, size_t *len)
{
	char id[PUBLIC_SID_LEN + 1], *p;

	if (r->type != REDIS_REPLY_STRING || r->len == 0 || r->len % SESSION_KEY_LEN != 0 ||
	    (p = realloc(*names, *len + r->len / SESSION_KEY_LEN * (SESSION_KEY_LEN + NAME_LEN))) == NULL)
		return (false);
	*names = p;
	for (size_t at = 0; at < r->len; at += SESSION_KEY_LEN) {
		sid_public(s->keys, s->user_key, (const uint8_t *)r->str + at, id);
		memcpy(p + *len, r->str + at, SESSION_KEY_LEN);
		memcpy(p + *len + SESSION_KEY_LEN, id, NAME_LEN);
		*len += SESSION_KEY_LEN + NAME_LEN;
	}
	return (true);
}

/*
 * Sends the script, with the public ids of the sessions it wants to report added as often as it asks for some. It writes
 * nothing until it has them all: the key they are made with never leaves us.
 */
static enum dw_result
run_named(struct redis_store *s, enum script_id id, struct args *a, redisReply **r)
{
	enum dw_result result = DW_OK;
	char *names = NULL;
	size_t len = 0;

	args_text(a, "");
	for (int round = 0; round < ROUNDS_MAX; round++) {
		if ((result = call_script_kept(s, keys_bucket(s->user_key), id, a, r, s->keep ? &s->kept : NULL)) != DW_OK ||
		    !name_sessions(s, *r, &names, &len))
			break;
		freeReplyObject(*r);
		*r = NULL;
		result = DW_UNAVAILABLE; /* nothing was done, and it may work the next time */
		a->v[a->n - 1] = names;
		a->len[a->n - 1] = len;
	}
	free(names);
	return (result);
}

/* Replays have a time of their own: they are written all the same, for others to see. */
bool
mutation_keep(struct redis_store *s, const struct act *act)
{

	s->keep = true;
	return (act->at != 0 || !s->conf->spool_enabled || !durable_is_hopeless(s, keys_bucket(s->user_key)));
}

/* Without a spool nobody can be told that it will be done. */
enum dw_result
mutation_kept(const struct redis_store *s, enum dw_result result, bool *at_risk)
{

	*at_risk = result == DW_OK && s->keep && !s->kept;
	return (*at_risk && !s->conf->spool_enabled ? DW_UNAVAILABLE : result);
}

/* Runs the script. DW_OK: ${*p} reads its answer of at least ${min} elements, and ${*r} is to be freed. */
enum dw_result
mutation_run(struct redis_store *s, enum script_id id, struct args *a, size_t min, redisReply **r, struct reply *p)
{
	enum dw_result result = run_named(s, id, a, r);

	/* Before anything is answered, also when the answer was lost: the change may have happened. Where nothing was sent it
	 * has not, and what stale_if_error lets pass is as good as before. */
	if (script_changes(id) && (result != DW_UNAVAILABLE || s->sent))
		cache_evict(s->cache, s->user_key);
	if (result != DW_OK)
		return (result);
	*p = reply_open(*r, min);
	if (!p->bad)
		return (DW_OK);
	freeReplyObject(*r);
	return (call_nonsense(script_name(id)));
}

/* A negative number says how many events the outbox still takes, so that it need not be looked at each time. */
void
mutation_lost(struct redis_store *s, int64_t lost)
{
	uint8_t *room = &s->room[keys_bucket(s->user_key)];

	if (lost < 0)
		*room = lost < -ROOM_MAX ? ROOM_MAX : (uint8_t)-lost;
	else if (*room > 0)
		(*room)--;
	if (lost <= 0)
		return;
	if (s->slot != NULL)
		board_count(s->slot, COUNT_EVENTS_LOST, (uint64_t)lost);
	if (warn_due(WARN_OUTBOX))
		log_warn("an outbox is full and no relay reads it, its oldest events are dropped: see outbox.max events=%lld",
		    (long long)lost);
}

/* Frees the reply of a call and returns the result: DW_OK, or a fault if the reply made no sense. */
enum dw_result
mutation_done(enum script_id id, redisReply *r, const struct reply *p, bool good)
{
	bool bad = p->bad || !good;

	freeReplyObject(r);
	return (bad ? call_nonsense(script_name(id)) : DW_OK);
}

/* Runs a script whose whole answer is how many events were lost, after ${skip} integers that nobody needs. */
enum dw_result
mutation_plain(struct redis_store *s, enum script_id id, struct args *a, size_t skip)
{
	enum dw_result result;
	struct reply p;
	redisReply *r;

	if ((result = mutation_run(s, id, a, skip + 1, &r, &p)) != DW_OK)
		return (result);
	while (skip-- > 0)
		(void)reply_int(&p);
	mutation_lost(s, reply_int(&p));
	return (mutation_done(id, r, &p, true));
}

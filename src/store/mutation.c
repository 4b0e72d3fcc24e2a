#include <string.h>

#include <hiredis/hiredis.h>

#include "base/base64url.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/keyring.h"
#include "crypto/random.h"
#include "crypto/sid.h"
#include "doorward/cache.h"
#include "doorward/config.h"
#include "store/conn.h"
#include "store/keys.h"
#include "store/warn.h"

#include "store/mutation.h"

#define EVENT_ID_BYTES 16
#define ROOM_MAX 15 /* events of one process that an outbox may hold too many */
#define ARG_UP 5 /* EVALSHA, its hash, 2, the record, the outbox, and then what begins with the user's pseudonym */

static bool
put_event_id(struct args *a)
{
	uint8_t raw[EVENT_ID_BYTES];
	char text[BASE64URL_LEN(EVENT_ID_BYTES) + 1];

	if (random_bytes(raw, sizeof(raw)) != 0)
		return (false);
	base64url_encode(raw, sizeof(raw), text);
	args_copy(a, text, BASE64URL_LEN(EVENT_ID_BYTES));
	return (true);
}

/* The caller's session and its public id, or two empty arguments. */
static void
put_own(const struct redis_store *s, struct args *a, const uint8_t *up, const uint8_t *sid8)
{
	char text[PUBLIC_SID_LEN + 1];

	if (sid8 == NULL) {
		args_text(a, "");
		args_text(a, "");
		return;
	}
	sid_public(s->keys, up, sid8, text);
	args_put(a, sid8, SID_LEN);
	args_copy(a, text, PUBLIC_SID_LEN);
}

/* Begins a call of script ${id} with the arguments all scripts share (src/store/lua/head.lua). */
int64_t
mutation_begin(struct redis_store *s, struct args *a, enum script_id id, const uint8_t *up, const uint8_t *sid8,
    const struct actor *by)
{
	char key[KEYS_RECORD_LEN + 1], outbox[KEYS_OUTBOX_LEN + 1];
	uint8_t who[UP_LEN + sizeof(s->keys->public_sid) + 1];
	int64_t now = (clock_wall_ms() + conn_offset_ms(s->conn)) / 1000;

	memcpy(who, up, UP_LEN);
	memcpy(who + UP_LEN, s->keys->public_sid, sizeof(s->keys->public_sid));
	s->bucket = keys_bucket(up);
	who[sizeof(who) - 1] = s->room[s->bucket] == 0 ? '1' : '0';
	keys_record(up, key);
	keys_outbox(up, outbox);
	args_init(a, "EVALSHA");
	args_text(a, script_sha(id));
	args_text(a, "2");
	args_copy(a, key, KEYS_RECORD_LEN);
	args_copy(a, outbox, KEYS_OUTBOX_LEN);
	args_copy(a, who, sizeof(who));
	args_put(a, s->clients, s->clients_len);
	if (!put_event_id(a))
		a->overflow = true; /* no randomness: nothing is sent */
	args_json(a, by->ip);
	args_json(a, by->trace_id);
	args_int(a, s->conf->logout_keep / 1000);
	put_own(s, a, up, sid8);
	args_int(a, now);
	args_time(a, now);
	return (now);
}

/* Runs the script. DW_OK: ${*p} reads its answer of at least ${min} elements, and ${*r} is to be freed. */
enum dw_result
mutation_run(struct redis_store *s, enum script_id id, const struct args *a, size_t min, redisReply **r, struct reply *p)
{
	enum dw_result result = call_script(s, id, a, r);

	/* Before anything is answered, also when the answer was lost: the change may have happened. */
	if (id != SCRIPT_NOTIFY)
		cache_evict(s->cache, (const uint8_t *)a->v[ARG_UP]);
	if (result != DW_OK)
		return (result);
	*p = reply_open(*r, min);
	if (!p->bad)
		return (DW_OK);
	freeReplyObject(*r);
	return (call_nonsense(script_name(id)));
}

void
mutation_room(struct redis_store *s, int64_t room)
{
	uint8_t *known = &s->room[s->bucket];

	if (room < 0)
		*known = room < -ROOM_MAX ? ROOM_MAX : (uint8_t)-room;
	else if (*known > 0)
		(*known)--;
	if (room > 0 && warn_due(WARN_OUTBOX))
		log_warn("an outbox is full, events that end nothing are only published: is the relay running?");
}

/* Closes a call whose answer has been read: it fits, or it makes no sense. */
enum dw_result
mutation_done(enum script_id id, redisReply *r, const struct reply *p, bool good)
{
	bool bad = p->bad || !good;

	freeReplyObject(r);
	return (bad ? call_nonsense(script_name(id)) : DW_OK);
}

/* Runs a script whose whole answer is how many events had no room, after ${skip} integers that nobody needs. */
enum dw_result
mutation_plain(struct redis_store *s, enum script_id id, const struct args *a, size_t skip)
{
	enum dw_result result;
	struct reply p;
	redisReply *r;

	if ((result = mutation_run(s, id, a, skip + 1, &r, &p)) != DW_OK)
		return (result);
	while (skip-- > 0)
		(void)reply_int(&p);
	mutation_room(s, reply_int(&p));
	return (mutation_done(id, r, &p, true));
}

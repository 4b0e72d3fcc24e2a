/* SPDX-License-Identifier: ISC */
/*
 * Questions that change a record: end, rotate, touch, prune, revoke, remember; those that make one are in writing_login.c. Each
 * builds the arguments of its script and reads its answer; the decisions are the scripts' (lua/), because only there the record
 * cannot change in between.
 *
 * Times in the arguments are by this host's idea of Redis' clock. The script compares it with the real one: if both are the
 * same second, it uses the fields as they were prepared here; else it moves them.
 */
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/arena.h"
#include "store/mutation.h"
#include "store/reading.h"
#include "store/record.h"

#include "store/writing.h"

static const struct actor nobody;

/* Reads the records this call made, the caller's own among them if ${own}; false on lack of room or nonsense. */
static bool
take_logout_records(struct reply *p, bool own, struct arena *arena, struct end_reply *out)
{
	uint32_t i = 0;

	if (arena == NULL)
		return (true);
	out->logout_records = arena_alloc(arena, (out->ended + 1) * sizeof(out->logout_records[0]));
	if (out->logout_records == NULL)
		return (false);
	if (own)
		out->logout_records[i++] = out->own;
	for (; i < out->ended; i++) {
		struct str sid = reply_str(p), l = reply_str(p), d = reply_str(p), e = reply_str(p);

		if (sid.len != SESSION_KEY_LEN ||
		    !reading_logout_record(&out->logout_records[i], (const uint8_t *)sid.p, l, d, e))
			return (false);
	}
	return (true);
}

/* Counts are checked against what follows: a reply that promises more records than it holds makes no sense. */
static bool
take_end(struct redis_store *store, struct reply *p, const struct end_write *w, struct arena *arena, struct end_reply *out)
{
	char groups[GROUPS_MAX + 1];
	struct str user[RECORD_USER_FIELDS] = { reply_str(p) }, l, d, e;
	bool own;

	out->ended = (uint32_t)reply_int(p);
	mutation_lost(store, reply_int(p));
	own = reply_int(p) != 0;
	l = reply_str(p);
	d = reply_str(p);
	e = reply_str(p);
	out->has_own = w->has_sid && l.p != NULL;
	if (p->bad || !record_unpack_user(user, out->user_id, out->username, groups) ||
	    (own && (!out->has_own || out->ended == 0)) || reply_left(p) / 4 + own < out->ended ||
	    (out->has_own && !reading_logout_record(&out->own, w->session_key, l, d, e)))
		return (false);
	return (take_logout_records(p, own, arena, out));
}

/* A logout record of this call up to the device. */
static void
put_logout_record(struct args *a, const struct end_write *w, int64_t now)
{
	uint8_t head[RECORD_L_DEV];

	record_put32(head + RECORD_L_AT, now);
	head[RECORD_L_CAUSE] = (uint8_t)w->cause;
	head[RECORD_L_SCOPE] = (uint8_t)w->said_scope;
	args_copy(a, head, sizeof(head));
}

/* Without a session of the caller's own there is nothing "this" or "others" could mean. */
static bool
end_is_sane(const struct end_write *w, struct str reason)
{

	return (reason.len <= REASON_MAX && str_is_utf8(reason) &&
		(w->has_sid || (w->scope != SCOPE_SESSION && w->scope != SCOPE_OTHERS)));
}

static void
put_end(struct redis_store *s, struct args *a, const struct end_write *w, struct str reason)
{
	bool is_text = reason.len > 0 && w->cause != END_ANOMALY; /* what was unusual is no affair of who asks */

	put_logout_record(
	    a, w, mutation_begin(s, a, SCRIPT_END, w->user_key, w->has_sid ? w->session_key : NULL, &w->actor, &w->act));
	args_int(a, w->scope);
	args_put(a, w->device_key, DEVICE_KEY_LEN);
	args_put(a, is_text ? reason.p : "", is_text ? reason.len : 0);
	args_text(a, end_cause_event(w->cause));
	args_json(a, reason.len > 0 ? w->reason : end_cause_reason(w->cause));
	args_int(a, w->act.at);
	args_text(a, w->act.again ? "1" : "0");
}

enum dw_result
writing_end(void *store, const struct end_write *w, struct arena *arena, struct end_reply *out)
{
	struct str reason = w->reason == NULL ? STR_NONE : str_of(w->reason);
	enum dw_result result;
	struct reply p;
	struct args a;
	redisReply *r;
	bool good;

	memset(out, 0, sizeof(*out));
	if (w->claim.unjudged)
		return (DW_UNAVAILABLE);
	if (!end_is_sane(w, reason))
		return (DW_FAULT);
	put_end(store, &a, w, reason);
	/* the session that a login takes the place of is not promised to anybody */
	if (w->cause != END_RELOGIN && !mutation_keep(store, &w->act))
		return (DW_UNAVAILABLE);
	if ((result = mutation_run(store, SCRIPT_END, &a, 7, &r, &p)) != DW_OK)
		return (result);
	good = take_end(store, &p, w, arena, out);
	return (mutation_kept(store, mutation_done(SCRIPT_END, r, &p, good), &out->at_risk));
}

/* Device ids come last and only as far as there are any, so the rest of the array says whether they do. */
static bool
take_rotate(struct redis_store *store, struct reply *p, const struct rotate_write *w, struct rotate_reply *out)
{
	int64_t outcome = reply_int(p);
	struct record_family family;
	struct str user[RECORD_USER_FIELDS] = { STR_NONE }, s, f, d = STR_NONE, e = STR_NONE;

	out->now = reply_int(p);
	mutation_lost(store, reply_int(p));
	out->before = reply_int(p);
	user[0] = reply_str(p);
	s = reply_str(p);
	f = reply_str(p);
	if (reply_left(p) > 0) {
		d = reply_str(p);
		e = reply_str(p);
	}
	if (p->bad || outcome < ROTATE_DONE || outcome > ROTATE_CLIENT_MISMATCH ||
	    !record_unpack_user(user, out->user_id, out->username, out->groups))
		return (false);
	out->outcome = (enum rotate_outcome)outcome;
	if (outcome > ROTATE_RECOVERED)
		return (true);
	if (!reading_session(&out->session, w->session_key, s, f, d, e) || !record_unpack_family(f, &out->session, &family))
		return (false);
	memcpy(out->salt, family.salt, SALT_LEN);
	out->generation = family.generation;
	out->key_version = family.key_version;
	return (true);
}

/* The family up to its limits and from its access token on, as a usual rotation writes it at ${now}; the script has the rest.
 */
static void
put_family(struct args *a, const struct rotate_write *w, int64_t now)
{
	uint8_t head[RECORD_F_ABSOLUTE], tail[RECORD_F_LEN - RECORD_F_ACCESS] = { 0 };
	int64_t exp = now + record_span(w->access_in);

	memcpy(head + RECORD_F_CURRENT, w->successor, HASH_LEN);
	memcpy(head + RECORD_F_PREVIOUS, w->presented, HASH_LEN);
	record_put32(head + RECORD_F_GENERATION, (int64_t)w->generation + 1);
	memcpy(head + RECORD_F_NONCE, w->nonce, NONCE_LEN);
	record_put32(head + RECORD_F_ROTATED, now);
	record_put32(tail, exp);
	tail[RECORD_F_FLAGS - RECORD_F_ACCESS] = FAMILY_COUNTED;
	tail[sizeof(tail) - 1] = w->key_version;
	args_copy(a, head, sizeof(head));
	args_copy(a, tail, sizeof(tail));
	args_time(a, exp);
}

/* The usual case is prepared in full; the script uses it if the record is as expected. */
enum dw_result
writing_rotate(void *store, const struct rotate_write *w, struct rotate_reply *out)
{
	enum dw_result result;
	struct reply p;
	struct args a;
	redisReply *r;
	bool good;

	memset(out, 0, sizeof(*out));
	put_family(&a, w, mutation_begin(store, &a, SCRIPT_ROTATE, w->user_key, w->session_key, &w->actor, NULL));
	args_int(&a, record_span(w->access_in));
	args_int(&a, record_span(w->grace));
	args_put(&a, w->device_key, w->has_device ? DEVICE_KEY_LEN : 0);
	args_put(&a, w->client_hash, w->has_client ? CLIENT_HASH_LEN : 0);
	args_put(&a, w->recovered, HASH_LEN);
	mutation_event_id(&a, out->event_id);
	if ((result = mutation_run(store, SCRIPT_ROTATE, &a, 7, &r, &p)) != DW_OK)
		return (result);
	good = take_rotate(store, &p, w, out);
	return (mutation_done(SCRIPT_ROTATE, r, &p, good));
}

enum dw_result
writing_touch(void *store, const uint8_t user_key[USER_KEY_LEN], const uint8_t session_key[SESSION_KEY_LEN])
{
	struct args a;

	mutation_begin(store, &a, SCRIPT_TOUCH, user_key, session_key, &nobody, NULL);
	return (mutation_plain(store, SCRIPT_TOUCH, &a, 1));
}

enum dw_result
writing_prune(void *store, const uint8_t user_key[USER_KEY_LEN])
{
	struct args a;

	mutation_begin(store, &a, SCRIPT_PRUNE, user_key, NULL, &nobody, NULL);
	return (mutation_plain(store, SCRIPT_PRUNE, &a, 0));
}

enum dw_result
writing_revoke(void *store, const struct revoke_write *w, struct revoke_reply *out)
{
	enum dw_result result;
	struct args a;
	struct reply p;
	redisReply *r;

	*out = (struct revoke_reply){ .wait = 0 };
	if (w->claim.unjudged)
		return (DW_UNAVAILABLE);
	mutation_begin(store, &a, SCRIPT_REVOKE, w->user_key, w->session_key, &w->actor, &w->act);
	args_put(&a, w->jti, w->family ? 0 : JTI_LEN);
	args_int(&a, w->access_exp < 0 ? 0 : w->access_exp);
	args_int(&a, w->act.at);
	if (!mutation_keep(store, &w->act))
		return (DW_UNAVAILABLE);
	if ((result = mutation_run(store, SCRIPT_REVOKE, &a, 2, &r, &p)) != DW_OK)
		return (result);
	out->wait = reply_int(&p);
	mutation_lost(store, reply_int(&p));
	return (mutation_kept(store, mutation_done(SCRIPT_REVOKE, r, &p, out->wait >= 0), &out->at_risk));
}

/* Nothing of it is asked for by checks: no cache forgets the user. */
enum dw_result
writing_remember(void *store, const uint8_t user_key[USER_KEY_LEN], const struct history *h)
{
	uint8_t packed[RECORD_H_LEN];
	struct args a;

	record_pack_history(h, packed);
	mutation_begin(store, &a, SCRIPT_REMEMBER, user_key, NULL, &nobody, NULL);
	args_put(&a, packed, sizeof(packed));
	return (mutation_plain(store, SCRIPT_REMEMBER, &a, 0));
}

/* SPDX-License-Identifier: ISC */
/*
 * Questions that change a record: login, end, rotate, touch, groups, prune, revoke, notify. Each builds the arguments of its
 * script and reads its answer; the decisions are the scripts' (lua/), because only there the record cannot change in between.
 *
 * Times in the arguments are by this host's idea of Redis' clock. The script compares it with the real one: if both are the
 * same second, it uses the fields as they were prepared here; else it moves them.
 */
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/arena.h"
#include "crypto/sid.h"
#include "doorward/config.h"
#include "store/mutation.h"
#include "store/reading.h"
#include "store/record.h"

#include "store/writing.h"

#define SPAN_MAX INT64_C(0x7fffffff) /* seconds; added to now, in 32 bits once stored */
#define MARGIN 3600      /* seconds a record outlives its last content, so that the sweep still sees it and reports */
#define PERSON_TEXT 1024 /* of a user's id and name as members of an event, escaped */

static const struct actor nobody;

static int64_t
span(int64_t seconds)
{

	return (seconds < 0 ? 0 : seconds > SPAN_MAX ? SPAN_MAX : seconds);
}

/* ${text} cut in two at the length of a field; both may be empty. */
static void
put_halves(struct args *a, struct str text)
{
	size_t n = text.len < RECORD_VALUE_MAX ? text.len : RECORD_VALUE_MAX;

	args_put(a, n > 0 ? text.p : "", n);
	args_put(a, text.len > n ? text.p + n : "", text.len - n);
}

/* What would be stored for ever is checked here once more, whoever calls. */
static bool
login_is_sane(const struct login_write *w)
{
	struct str name = str_of(w->username), id = str_of(w->user_id), groups = str_of(w->groups);

	return (id.len > 0 && id.len <= USER_ID_MAX && name.len > 0 && name.len <= USERNAME_MAX && str_is_utf8(name) &&
		str_is_utf8(id) && groups.len <= GROUPS_MAX);
}

/* A login as it is stored if it is ${now} there; its arguments point into this. */
struct opening {
	struct session session;
	uint8_t user[RECORD_USER_MAX], s[RECORD_S_MAX], f[RECORD_F_LEN];
	size_t user_len, s_len, f_len;
};

static int64_t
first_access(const struct login_write *w, const struct session *s, int64_t now)
{
	int64_t exp = now + span(w->access_in);

	if (!s->has_family || w->access_in <= 0)
		return (0);
	if (exp > s->family_absolute)
		exp = s->family_absolute;
	return (s->family_idle > 0 && exp > now + span(s->family_idle) ? now + span(s->family_idle) : exp);
}

static void
open_session(struct opening *o, const struct login_write *w, int64_t now)
{
	struct record_family family = { .key_version = w->key_version };

	o->session = w->session;
	o->session.created = o->session.last_seen = o->session.rotated = now;
	o->session.absolute = now + span(w->absolute_in);
	o->session.family_absolute = now + span(w->family_absolute_in);
	o->session.family_idle = span(w->session.family_idle);
	o->session.family_flags = FAMILY_COUNTED;
	o->session.access_exp = first_access(w, &o->session, now);
	memcpy(family.current, w->refresh_hash, HASH_LEN);
	record_put32(family.salt, GENERATION_FIRST);
	o->user_len = record_pack_user(str_of(w->user_id), str_of(w->username), str_of(w->groups), o->user);
	o->s_len = record_pack_session(&o->session, o->s);
	record_pack_family(&o->session, &family, o->f);
	o->f_len = w->session.has_family ? sizeof(o->f) : 0;
}

/* The record must not go before the session's last trace in it: its logout record. */
static int64_t
record_end(const struct redis_store *s, const struct session *session)
{
	int64_t end = session->absolute;

	if (session->has_family && session->family_absolute > end)
		end = session->family_absolute;
	return (end + span(s->conf->logout_keep / 1000) + MARGIN);
}

static void
put_person(struct args *a, const struct login_write *w)
{
	char mem[PERSON_TEXT];
	struct buf b;

	buf_init(&b, mem, sizeof(mem));
	buf_puts(&b, "\"user_id\":");
	buf_json(&b, str_of(w->user_id));
	buf_puts(&b, ",\"username\":");
	buf_json(&b, str_of(w->username));
	args_copy(a, b.p, b.len);
}

static void
put_login(const struct redis_store *s, struct args *a, const struct login_write *w, const struct opening *o)
{
	bool chosen = (w->session.flags & SESSION_DEVICE_CHOSEN) != 0;

	args_put(a, o->user, o->user_len);
	put_person(a, w);
	args_put(a, o->s, o->s_len);
	args_put(a, o->f, o->f_len);
	put_halves(a, chosen ? str_of(w->session.device_id) : STR_NONE);
	args_int(a, w->limit);
	args_text(a, w->reject ? "1" : "0");
	if (o->session.access_exp > 0)
		args_time(a, o->session.access_exp);
	else
		args_text(a, "");
	args_int(a, record_end(s, &o->session));
}

/* The groups of a user's text; false if it makes no sense. */
static bool
take_groups(struct str text, char groups[GROUPS_MAX + 1])
{
	struct str user[RECORD_USER_FIELDS] = { text };
	char id[USER_ID_MAX + 1], name[USERNAME_MAX + 1];

	return (record_unpack_user(user, id, name, groups));
}

/* Where nothing had to be moved the script does not send the fields back. */
static bool
take_login(
    struct redis_store *store, struct reply *p, const struct login_write *w, const struct opening *o, struct login_reply *out)
{
	bool chosen = (w->session.flags & SESSION_DEVICE_CHOSEN) != 0;
	struct str id = str_of(w->session.device_id), first = id, second = STR_NONE;
	int64_t outcome = reply_int(p);
	struct str s, f;

	out->now = reply_int(p);
	s = reply_str(p);
	f = reply_str(p);
	out->replaced = (uint32_t)reply_int(p);
	mutation_lost(store, reply_int(p));
	(void)str_copy(out->groups, sizeof(out->groups), str_of(w->groups));
	if (reply_left(p) > 0 && !take_groups(reply_str(p), out->groups))
		return (false);
	if (p->bad || outcome < LOGIN_DONE || outcome > LOGIN_COLLISION)
		return (false);
	out->outcome = (int)outcome;
	if (outcome != LOGIN_DONE)
		return (true);
	if (s.p == NULL) { /* as it was sent */
		s = (struct str){ (const char *)o->s, o->s_len };
		f = o->f_len > 0 ? (struct str){ (const char *)o->f, o->f_len } : STR_NONE;
	}
	if (chosen && id.len > RECORD_VALUE_MAX) {
		first.len = RECORD_VALUE_MAX;
		second = (struct str){ id.p + RECORD_VALUE_MAX, id.len - RECORD_VALUE_MAX };
	}
	return (reading_session(&out->session, w->session.session_key, s, f, first, second));
}

enum dw_result
writing_login(void *store, const struct login_write *w, struct login_reply *out)
{
	enum dw_result result;
	struct opening o;
	struct reply p;
	struct args a;
	redisReply *r;
	bool good;

	memset(out, 0, sizeof(*out));
	if (!login_is_sane(w))
		return (DW_FAULT);
	open_session(&o, w, mutation_begin(store, &a, SCRIPT_LOGIN, w->user_key, w->session.session_key, &w->actor, NULL));
	put_login(store, &a, w, &o);
	if ((result = mutation_run(store, SCRIPT_LOGIN, &a, 6, &r, &p)) != DW_OK)
		return (result);
	good = take_login(store, &p, w, &o, out);
	return (mutation_done(SCRIPT_LOGIN, r, &p, good));
}

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
enum dw_result
writing_end(void *store, const struct end_write *w, struct arena *arena, struct end_reply *out)
{
	struct str reason = w->reason == NULL ? STR_NONE : str_of(w->reason);
	bool is_text = reason.len > 0 && w->cause != END_ANOMALY; /* what was unusual is no affair of who asks */
	enum dw_result result;
	struct reply p;
	struct args a;
	redisReply *r;
	bool good;

	memset(out, 0, sizeof(*out));
	if (w->claim.unjudged)
		return (DW_UNAVAILABLE);
	if (reason.len > REASON_MAX || !str_is_utf8(reason) ||
	    (!w->has_sid && (w->scope == SCOPE_SESSION || w->scope == SCOPE_OTHERS)))
		return (DW_FAULT);
	put_logout_record(
	    &a, w, mutation_begin(store, &a, SCRIPT_END, w->user_key, w->has_sid ? w->session_key : NULL, &w->actor, &w->act));
	args_int(&a, w->scope);
	args_put(&a, w->device_key, DEVICE_KEY_LEN);
	args_put(&a, is_text ? reason.p : "", is_text ? reason.len : 0);
	args_text(&a, end_cause_event(w->cause));
	args_json(&a, reason.len > 0 ? w->reason : end_cause_reason(w->cause));
	args_int(&a, w->act.at);
	args_text(&a, w->act.again ? "1" : "0");
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
	int64_t exp = now + span(w->access_in);

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
	args_int(&a, span(w->access_in));
	args_int(&a, span(w->grace));
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
writing_set_groups(void *store, const uint8_t user_key[USER_KEY_LEN], const char *user_id, const char *username, char *instead,
    const char *groups)
{
	const struct login_write who = { .user_id = user_id, .username = username, .groups = groups };
	uint8_t user[RECORD_USER_MAX], old[RECORD_USER_MAX];
	enum dw_result result;
	struct args a;
	struct reply p;
	redisReply *r;
	bool good;

	if (!login_is_sane(&who))
		return (DW_FAULT);
	mutation_begin(store, &a, SCRIPT_GROUPS, user_key, NULL, &nobody, NULL);
	args_put(&a, user, record_pack_user(str_of(user_id), str_of(username), str_of(groups), user));
	args_put(&a, old, instead == NULL ? 0 : record_pack_user(str_of(user_id), str_of(username), str_of(instead), old));
	if ((result = mutation_run(store, SCRIPT_GROUPS, &a, 2, &r, &p)) != DW_OK)
		return (result);
	mutation_lost(store, reply_int(&p));
	good = instead == NULL || take_groups(reply_str(&p), instead);
	return (mutation_done(SCRIPT_GROUPS, r, &p, good));
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

static void
member(struct buf *b, const char *name, const char *value)
{

	buf_printf(b, ",\"%s\":", name);
	buf_json(b, value == NULL || value[0] == '\0' || !str_is_utf8(str_of(value)) ? STR_NONE : str_of(value));
}

void
writing_notice(const struct redis_store *s, const struct notice *n, struct buf *h, struct buf *t)
{
	char sid[PUBLIC_SID_LEN + 1] = "";

	buf_puts(h, "\"type\":");
	buf_json(h, str_of(n->type));
	buf_puts(h, ",\"at\":\"");
	buf_putc(t, '"');
	member(t, "user_id", n->user_id);
	member(t, "username", n->username);
	if (n->session_key != NULL)
		sid_public(s->keys, n->user_key, n->session_key, sid);
	member(t, "session_id", sid);
	member(t, "device_id", n->device_id);
	member(t, "client_id", n->actor.client_id);
	member(t, "ip", n->actor.ip);
	member(t, "reason", n->reason);
	buf_puts(t, ",\"ended\":false,\"access_exp\":null");
	member(t, "trace_id", n->actor.trace_id);
	buf_putc(t, '}');
}

/* The event is written here but for its id and time: the script fills these in. */
enum dw_result
writing_notify(void *store, const struct notice *n)
{
	char head[NOTICE_HEAD_MAX], tail[NOTICE_TAIL_MAX];
	struct buf h, t;
	struct args a;

	buf_init(&h, head, sizeof(head));
	buf_init(&t, tail, sizeof(tail));
	writing_notice(store, n, &h, &t);
	if (h.overflow || t.overflow)
		return (DW_FAULT);
	mutation_begin(store, &a, SCRIPT_NOTIFY, n->user_key, NULL, &n->actor, &n->act);
	args_put(&a, h.p, h.len);
	args_put(&a, t.p, t.len);
	args_int(&a, n->act.at);
	return (mutation_plain(store, SCRIPT_NOTIFY, &a, 0));
}

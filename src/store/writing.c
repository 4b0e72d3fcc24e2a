#include <string.h>

#include <hiredis/hiredis.h>

#include "base/arena.h"
#include "store/mutation.h"
#include "store/reading.h"
#include "store/record.h"

#include "store/writing.h"

#define SPAN_MAX INT64_C(0x7fffffff) /* seconds; a script adds it to now, in 32 bits once stored */
#define EVENT_TEXT 1024               /* of an event about no session: six strings, escaped */

#define S_HEAD 18 /* of a packed session: what stands before its times, and what behind them */
#define S_TAIL 30

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

static bool
login_is_sane(const struct login_write *w)
{
	struct str name = str_of(w->username), id = str_of(w->user_id), groups = str_of(w->groups);

	return (id.len > 0 && id.len <= USER_ID_MAX && name.len > 0 && name.len <= USERNAME_MAX && str_is_utf8(name) &&
	    groups.len <= GROUPS_MAX);
}

static void
put_login(struct args *a, const struct login_write *w, const uint8_t *packed, size_t n)
{
	bool chosen = (w->session.flags & SESSION_DEVICE_CHOSEN) != 0;

	args_text(a, w->user_id);
	args_text(a, w->username);
	put_halves(a, str_of(w->groups));
	args_put(a, packed, S_HEAD);
	args_int(a, span(w->absolute_in));
	args_put(a, packed + S_TAIL, n - S_TAIL);
	args_put(a, w->refresh_hash, w->session.has_family ? HASH_LEN : 0);
	args_int(a, span(w->family_absolute_in));
	args_int(a, span(w->session.family_idle));
	args_int(a, span(w->access_in));
	args_int(a, w->key_version);
	put_halves(a, chosen ? str_of(w->session.device_id) : STR_NONE);
	args_int(a, w->limit);
	args_text(a, w->reject ? "1" : "0");
}

static bool
take_login(struct reply *p, const struct login_write *w, struct login_reply *out)
{
	bool chosen = (w->session.flags & SESSION_DEVICE_CHOSEN) != 0;
	struct str id = str_of(w->session.device_id), first = id, second = STR_NONE;
	int64_t outcome = reply_int(p);
	struct str s, f;

	out->now = reply_int(p);
	s = reply_str(p);
	f = reply_str(p);
	out->replaced = (uint32_t)reply_int(p);
	mutation_left_out(reply_int(p));
	if (p->bad || outcome < LOGIN_DONE || outcome > LOGIN_COLLISION)
		return (false);
	out->outcome = (int)outcome;
	if (outcome != LOGIN_DONE)
		return (true);
	if (chosen && id.len > RECORD_VALUE_MAX) {
		first.len = RECORD_VALUE_MAX;
		second = (struct str){ id.p + RECORD_VALUE_MAX, id.len - RECORD_VALUE_MAX };
	}
	return (reading_session(&out->session, w->session.sid8, s, f, first, second));
}

enum dw_result
writing_login(void *store, const struct login_write *w, struct login_reply *out)
{
	uint8_t packed[RECORD_S_MAX];
	enum dw_result result;
	struct reply p;
	struct args a;
	redisReply *r;
	bool good;

	memset(out, 0, sizeof(*out));
	if (!login_is_sane(w))
		return (DW_FAULT);
	mutation_begin(store, &a, SCRIPT_LOGIN, w->up, w->session.sid8, &w->actor);
	put_login(&a, w, packed, record_pack_session(&w->session, packed));
	if ((result = mutation_run(store, SCRIPT_LOGIN, &a, 6, &r, &p)) != DW_OK)
		return (result);
	good = take_login(&p, w, out);
	return (mutation_done(SCRIPT_LOGIN, r, &p, good));
}

/* Reads the records this call made; false on lack of room or nonsense. */
static bool
take_endings(struct reply *p, struct arena *arena, struct end_reply *out)
{

	if (arena == NULL)
		return (true);
	out->endings = arena_alloc(arena, (out->ended + 1) * sizeof(out->endings[0]));
	if (out->endings == NULL)
		return (false);
	for (uint32_t i = 0; i < out->ended; i++) {
		struct str sid = reply_str(p), l = reply_str(p), d = reply_str(p), e = reply_str(p);

		if (sid.len != SID_LEN || !reading_ending(&out->endings[i], (const uint8_t *)sid.p, l, d, e))
			return (false);
	}
	return (true);
}

static bool
take_end(struct reply *p, const struct end_write *w, struct arena *arena, struct end_reply *out)
{
	struct str l, d, e;

	reply_text(p, out->user_id, sizeof(out->user_id));
	reply_text(p, out->username, sizeof(out->username));
	out->ended = (uint32_t)reply_int(p);
	mutation_left_out(reply_int(p));
	l = reply_str(p);
	d = reply_str(p);
	e = reply_str(p);
	out->has_own = w->has_sid && l.p != NULL;
	if (p->bad || reply_left(p) / 4 < out->ended || (out->has_own && !reading_ending(&out->own, w->sid8, l, d, e)))
		return (false);
	return (take_endings(p, arena, out));
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
	if (reason.len > REASON_MAX || !str_is_utf8(reason) || (!w->has_sid && (w->scope == SCOPE_SESSION || w->scope == SCOPE_OTHERS)))
		return (DW_FAULT);
	mutation_begin(store, &a, SCRIPT_END, w->up, w->has_sid ? w->sid8 : NULL, &w->actor);
	args_int(&a, w->cause);
	args_int(&a, w->scope);
	args_int(&a, w->said_scope);
	args_put(&a, w->dev8, DEV_LEN);
	args_put(&a, reason.len > 0 ? reason.p : "", reason.len);
	args_text(&a, end_cause_event(w->cause));
	args_json(&a, reason.len > 0 ? w->reason : end_cause_reason(w->cause));
	if ((result = mutation_run(store, SCRIPT_END, &a, 7, &r, &p)) != DW_OK)
		return (result);
	good = take_end(&p, w, arena, out);
	return (mutation_done(SCRIPT_END, r, &p, good));
}

static bool
take_rotate(struct reply *p, const struct rotate_write *w, struct rotate_reply *out)
{
	int64_t outcome = reply_int(p);
	struct record_family family;
	struct str g0, g1, s, f, d, e;

	out->now = reply_int(p);
	mutation_left_out(reply_int(p));
	reply_text(p, out->user_id, sizeof(out->user_id));
	reply_text(p, out->username, sizeof(out->username));
	g0 = reply_str(p);
	g1 = reply_str(p);
	s = reply_str(p);
	f = reply_str(p);
	d = reply_str(p);
	e = reply_str(p);
	if (p->bad || outcome < ROTATE_DONE || outcome > ROTATE_CLIENT_MISMATCH || !reading_groups(out->groups, g0, g1))
		return (false);
	out->outcome = (enum rotate_outcome)outcome;
	if (outcome > ROTATE_RECOVERED)
		return (true);
	if (!reading_session(&out->session, w->sid8, s, f, d, e) || !record_unpack_family(f, &out->session, &family))
		return (false);
	memcpy(out->salt, family.salt, SALT_LEN);
	out->key_version = family.key_version;
	return (true);
}

enum dw_result
writing_rotate(void *store, const struct rotate_write *w, struct rotate_reply *out)
{
	enum dw_result result;
	struct reply p;
	struct args a;
	redisReply *r;
	bool good;

	memset(out, 0, sizeof(*out));
	mutation_begin(store, &a, SCRIPT_ROTATE, w->up, w->sid8, &w->actor);
	args_put(&a, w->presented, HASH_LEN);
	args_put(&a, w->salt, SALT_LEN);
	args_put(&a, w->successor, HASH_LEN);
	args_int(&a, w->key_version);
	args_int(&a, span(w->grace));
	args_put(&a, w->dev8, w->has_device ? DEV_LEN : 0);
	args_put(&a, w->client4, w->has_client ? CLIENT_HASH_LEN : 0);
	args_int(&a, span(w->access_in));
	if ((result = mutation_run(store, SCRIPT_ROTATE, &a, 11, &r, &p)) != DW_OK)
		return (result);
	good = take_rotate(&p, w, out);
	return (mutation_done(SCRIPT_ROTATE, r, &p, good));
}

enum dw_result
writing_touch(void *store, const uint8_t up[UP_LEN], const uint8_t sid8[SID_LEN])
{
	struct args a;

	mutation_begin(store, &a, SCRIPT_TOUCH, up, sid8, &nobody);
	return (mutation_plain(store, SCRIPT_TOUCH, &a, 1));
}

enum dw_result
writing_prune(void *store, const uint8_t up[UP_LEN])
{
	struct args a;

	mutation_begin(store, &a, SCRIPT_PRUNE, up, NULL, &nobody);
	return (mutation_plain(store, SCRIPT_PRUNE, &a, 0));
}

enum dw_result
writing_revoke(void *store, const struct revoke_write *w)
{
	struct args a;

	mutation_begin(store, &a, SCRIPT_REVOKE, w->up, w->sid8, &w->actor);
	args_put(&a, w->jti, JTI_LEN);
	args_int(&a, w->access_exp < 0 ? 0 : w->access_exp);
	return (mutation_plain(store, SCRIPT_REVOKE, &a, 1));
}

static void
member(struct buf *b, const char *name, const char *value)
{

	buf_printf(b, ",\"%s\":", name);
	buf_json(b, value == NULL || value[0] == '\0' || !str_is_utf8(str_of(value)) ? STR_NONE : str_of(value));
}

enum dw_result
writing_notify(void *store, const struct notice *n)
{
	char head[EVENT_TEXT], tail[EVENT_TEXT * 2];
	struct buf h, t;
	struct args a;

	buf_init(&h, head, sizeof(head));
	buf_puts(&h, "\"type\":");
	buf_json(&h, str_of(n->type));
	buf_puts(&h, ",\"at\":");
	buf_init(&t, tail, sizeof(tail));
	member(&t, "user_id", n->user_id);
	member(&t, "username", n->username);
	buf_puts(&t, ",\"session_id\":null");
	member(&t, "device_id", n->device_id);
	member(&t, "client_id", n->actor.client_id);
	member(&t, "ip", n->actor.ip);
	member(&t, "reason", n->reason);
	buf_puts(&t, ",\"ended\":false,\"access_exp\":null");
	member(&t, "trace_id", n->actor.trace_id);
	buf_putc(&t, '}');
	if (h.overflow || t.overflow)
		return (DW_FAULT);
	mutation_begin(store, &a, SCRIPT_NOTIFY, n->up, NULL, &n->actor);
	args_put(&a, h.p, h.len);
	args_put(&a, t.p, t.len);
	return (mutation_plain(store, SCRIPT_NOTIFY, &a, 0));
}

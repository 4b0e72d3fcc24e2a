/* SPDX-License-Identifier: ISC */
/*
 * Questions that write who a user is: a login, which makes his record if there is none, and groups that changed. A session is
 * prepared here as it is stored if Redis is in the same second as this host; else the script moves its times (see writing.c).
 */
#include <string.h>

#include <hiredis/hiredis.h>

#include "doorward/config.h"
#include "store/mutation.h"
#include "store/reading.h"
#include "store/record.h"

#include "store/writing.h"

#define MARGIN 3600      /* seconds a record outlives its last content, so that the sweep still sees it and reports */
#define PERSON_TEXT 1024 /* of a user's id and name as members of an event, escaped */

static const struct actor nobody;

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
	int64_t exp = now + record_span(w->access_in);

	if (!s->has_family || w->access_in <= 0)
		return (0);
	if (exp > s->family_absolute)
		exp = s->family_absolute;
	return (s->family_idle > 0 && exp > now + record_span(s->family_idle) ? now + record_span(s->family_idle) : exp);
}

static void
open_session(struct opening *o, const struct login_write *w, int64_t now)
{
	struct record_family family = { .key_version = w->key_version };

	o->session = w->session;
	o->session.created = o->session.last_seen = o->session.rotated = now;
	o->session.absolute = now + record_span(w->absolute_in);
	o->session.family_absolute = now + record_span(w->family_absolute_in);
	o->session.family_idle = record_span(w->session.family_idle);
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
	return (end + record_span(s->conf->logout_keep / 1000) + MARGIN);
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

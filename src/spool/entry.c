/* SPDX-License-Identifier: ISC */
/*
 * Which endings are the same: those with the same value in all columns of the index. "moment" is 0 where an ending is final in
 * itself (a session, a family, a token never comes back), so that it is spooled once however often it is asked for; of what
 * ends all sessions of a user, and of an event, it is the second, because between two of them somebody may have signed in.
 *
 * Whom an entry denies before Redis has it: a session, token or family that it names. What a caller says of all of a user's
 * sessions denies his own alone (where he wants it ended too), since his token may be a stolen one of a session that is over;
 * so does what he says of another session, unless this host has seen him alive a moment ago. What an operator says, or who has
 * proved the password, denies everything of the user.
 */
#include <string.h>

#include "base/str.h"

#include "spool/entry.h"

#define CLAIM_NONE (-1)
#define CLAIM_KNOWN 16 /* a bit beside who he is */

static const char *
keep(char *room, size_t cap, const char *text)
{

	if (text == NULL || !str_copy(room, cap, str_of(text)))
		room[0] = '\0';
	return (room);
}

static void
keep_actor(struct entry *e, struct actor *a)
{

	*a = (struct actor){ .ip = keep(e->ip, sizeof(e->ip), a->ip),
		.trace_id = keep(e->trace_id, sizeof(e->trace_id), a->trace_id) };
}

void
entry_of_end(struct entry *e, const struct end_write *w)
{

	memset(e, 0, sizeof(*e));
	e->what = ENTRY_END;
	e->end = *w;
	e->end.reason = keep(e->reason, sizeof(e->reason), w->reason);
	keep_actor(e, &e->end.actor);
}

void
entry_of_revocation(struct entry *e, const struct revoke_write *w)
{

	memset(e, 0, sizeof(*e));
	e->what = ENTRY_REVOCATION;
	e->revocation = *w;
	keep_actor(e, &e->revocation.actor);
}

/* Its texts are those of the entry. */
static void
point(struct entry *e)
{

	e->notice.lasting = true;
	e->notice.type = e->type;
	e->notice.user_id = e->user_id;
	e->notice.username = e->username;
	e->notice.reason = e->reason;
	e->notice.actor = (struct actor){ .ip = e->ip, .trace_id = e->trace_id, .client_id = e->client_id };
}

void
entry_of_notice(struct entry *e, const struct notice *n)
{

	memset(e, 0, sizeof(*e));
	e->what = ENTRY_NOTICE;
	memcpy(e->notice.user_key, n->user_key, USER_KEY_LEN);
	e->notice.act = n->act;
	keep(e->type, sizeof(e->type), n->type);
	keep(e->user_id, sizeof(e->user_id), n->user_id);
	keep(e->username, sizeof(e->username), n->username);
	keep(e->client_id, sizeof(e->client_id), n->actor.client_id);
	keep(e->reason, sizeof(e->reason), n->reason);
	keep(e->ip, sizeof(e->ip), n->actor.ip);
	keep(e->trace_id, sizeof(e->trace_id), n->actor.trace_id);
	point(e);
}

const uint8_t *
entry_user(const struct entry *e)
{

	switch (e->what) {
	case ENTRY_REVOCATION:
		return (e->revocation.user_key);
	case ENTRY_NOTICE:
		return (e->notice.user_key);
	default:
		return (e->end.user_key);
	}
}

const uint8_t *
entry_session(const struct entry *e)
{

	if (e->what == ENTRY_REVOCATION)
		return (e->revocation.session_key);
	return (e->end.has_sid ? e->end.session_key : NULL);
}

const struct act *
entry_act(const struct entry *e)
{

	switch (e->what) {
	case ENTRY_REVOCATION:
		return (&e->revocation.act);
	case ENTRY_NOTICE:
		return (&e->notice.act);
	default:
		return (&e->end.act);
	}
}

const struct claim *
entry_claim(const struct entry *e)
{

	return (e->what == ENTRY_REVOCATION ? &e->revocation.claim : &e->end.claim); /* an event has none: all zero */
}

static void
bind_bytes(sqlite3_stmt *s, int at, const uint8_t *p, size_t n)
{

	sqlite3_bind_blob(s, at, p == NULL ? (const uint8_t *)"" : p, p == NULL ? 0 : (int)n, SQLITE_STATIC);
}

static void
bind_claim(sqlite3_stmt *s, const struct claim *c)
{
	const bool is = c->unjudged;

	sqlite3_bind_int(s, 8, is ? (int)c->by | (c->known ? CLAIM_KNOWN : 0) : CLAIM_NONE);
	bind_bytes(s, 9, is && c->by != CLAIM_CLIENT ? c->session_key : NULL, SESSION_KEY_LEN);
	bind_bytes(s, 10, is && c->by == CLAIM_ACCESS ? c->jti : NULL, JTI_LEN);
	bind_bytes(s, 11, is && c->by == CLAIM_CLIENT ? c->client_hash : NULL, CLIENT_HASH_LEN);
}

static bool
is_about_many(const struct end_write *w)
{

	return (w->scope != SCOPE_SESSION);
}

static void
bind_end(sqlite3_stmt *s, const struct end_write *w)
{

	bind_bytes(s, 3, w->has_sid ? w->session_key : NULL, SESSION_KEY_LEN);
	bind_bytes(s, 4, w->scope == SCOPE_DEVICE ? w->device_key : NULL, DEVICE_KEY_LEN);
	bind_bytes(s, 5, NULL, 0);
	sqlite3_bind_int(s, 6, (int)w->scope);
	sqlite3_bind_int64(s, 7, is_about_many(w) ? w->act.at : 0);
	sqlite3_bind_int(s, 12, (int)w->cause);
	sqlite3_bind_int(s, 13, (int)w->said_scope);
	sqlite3_bind_int64(s, 14, 0);
}

static void
bind_revocation(sqlite3_stmt *s, const struct revoke_write *w)
{

	bind_bytes(s, 3, w->session_key, SESSION_KEY_LEN);
	bind_bytes(s, 4, NULL, 0);
	bind_bytes(s, 5, w->family ? NULL : w->jti, JTI_LEN);
	sqlite3_bind_int(s, 6, 0);
	sqlite3_bind_int64(s, 7, 0);
	sqlite3_bind_int(s, 12, END_REVOKED);
	sqlite3_bind_int(s, 13, 0);
	sqlite3_bind_int64(s, 14, w->access_exp);
}

void
entry_bind(sqlite3_stmt *s, const struct entry *e)
{

	sqlite3_bind_int(s, 1, (int)e->what);
	if (e->what == ENTRY_REVOCATION)
		bind_revocation(s, &e->revocation);
	else
		bind_end(s, e->what == ENTRY_END ? &e->end : &(struct end_write){ .scope = SCOPE_ALL, .act = e->notice.act });
	bind_bytes(s, 2, entry_user(e), USER_KEY_LEN);
	bind_claim(s, entry_claim(e));
	sqlite3_bind_text(s, 15, e->reason, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 16, e->ip, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 17, e->trace_id, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 18, entry_act(e)->id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 19, entry_act(e)->at);
	sqlite3_bind_int(s, 20, entry_act(e)->again);
	sqlite3_bind_text(s, 21, e->type, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 22, e->user_id, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 23, e->username, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 24, e->client_id, -1, SQLITE_STATIC);
}

/* Columns of a SELECT count from 0, and two stand before those of ENTRY_COLUMNS. */
#define COLUMN(place) ((place) + 1)

/* ${n} bytes, or none, which ${*is_there} tells; anything else makes no sense. */
static bool
read_bytes(sqlite3_stmt *s, int place, uint8_t *out, size_t n, bool *is_there)
{
	const void *p = sqlite3_column_blob(s, COLUMN(place));
	size_t len = (size_t)sqlite3_column_bytes(s, COLUMN(place));

	*is_there = len > 0;
	if (len == 0)
		return (true);
	if (len != n || p == NULL)
		return (false);
	memcpy(out, p, n);
	return (true);
}

static bool
read_text(sqlite3_stmt *s, int place, char *out, size_t cap)
{
	const char *text = (const char *)sqlite3_column_text(s, COLUMN(place));
	size_t n = (size_t)sqlite3_column_bytes(s, COLUMN(place));

	out[0] = '\0';
	return (text != NULL && memchr(text, '\0', n) == NULL && str_copy(out, cap, (struct str){ text, n }));
}

static int64_t
read_int(sqlite3_stmt *s, int place)
{

	return (sqlite3_column_int64(s, COLUMN(place)));
}

static bool
read_claim(sqlite3_stmt *s, struct claim *c)
{
	int64_t by = read_int(s, 8);
	bool is_there;

	memset(c, 0, sizeof(*c));
	if (by == CLAIM_NONE)
		return (true);
	c->unjudged = true;
	c->known = by >= CLAIM_KNOWN;
	by -= c->known ? CLAIM_KNOWN : 0;
	if (by < CLAIM_COOKIE || by > CLAIM_CLIENT)
		return (false);
	c->by = (int)by;
	return (read_bytes(s, 9, c->session_key, SESSION_KEY_LEN, &is_there) && read_bytes(s, 10, c->jti, JTI_LEN, &is_there) &&
		read_bytes(s, 11, c->client_hash, CLIENT_HASH_LEN, &is_there));
}

static bool
read_end(sqlite3_stmt *s, struct entry *e)
{
	struct end_write *w = &e->end;
	int64_t cause = read_int(s, 12), scope = read_int(s, 6), said = read_int(s, 13);
	bool is_device;

	if (cause <= END_NONE || cause > END_REVOKED || scope < SCOPE_SESSION || scope > SCOPE_ALL || said < SCOPE_SESSION ||
	    said > SCOPE_ALL)
		return (false);
	w->cause = (enum end_cause)cause;
	w->scope = (enum end_scope)scope;
	w->said_scope = (enum end_scope)said;
	w->reason = e->reason;
	w->actor = (struct actor){ .ip = e->ip, .trace_id = e->trace_id };
	return (read_bytes(s, 2, w->user_key, USER_KEY_LEN, &is_device) && is_device &&
		read_bytes(s, 3, w->session_key, SESSION_KEY_LEN, &w->has_sid) &&
		read_bytes(s, 4, w->device_key, DEVICE_KEY_LEN, &is_device) && read_claim(s, &w->claim));
}

static bool
read_revocation(sqlite3_stmt *s, struct entry *e)
{
	struct revoke_write *w = &e->revocation;
	bool is_user, is_session, is_jti;

	w->access_exp = read_int(s, 14);
	w->actor = (struct actor){ .ip = e->ip, .trace_id = e->trace_id };
	if (!read_bytes(s, 2, w->user_key, USER_KEY_LEN, &is_user) ||
	    !read_bytes(s, 3, w->session_key, SESSION_KEY_LEN, &is_session) || !read_bytes(s, 5, w->jti, JTI_LEN, &is_jti))
		return (false);
	w->family = !is_jti;
	return (is_user && is_session && read_claim(s, &w->claim));
}

static bool
read_notice(sqlite3_stmt *s, struct entry *e)
{
	bool is_user;

	if (!read_text(s, 21, e->type, sizeof(e->type)) || !read_text(s, 22, e->user_id, sizeof(e->user_id)) ||
	    !read_text(s, 23, e->username, sizeof(e->username)) || !read_text(s, 24, e->client_id, sizeof(e->client_id)))
		return (false);
	point(e);
	return (read_bytes(s, 2, e->notice.user_key, USER_KEY_LEN, &is_user) && is_user && e->type[0] != '\0');
}

static bool
read_by_kind(sqlite3_stmt *s, struct entry *e)
{

	switch (e->what) {
	case ENTRY_END:
		return (read_end(s, e));
	case ENTRY_REVOCATION:
		return (read_revocation(s, e));
	case ENTRY_NOTICE:
		return (read_notice(s, e));
	}
	return (false);
}

bool
entry_read(sqlite3_stmt *s, struct entry *e)
{
	struct act act = { .at = read_int(s, 19), .again = read_int(s, 20) != 0 };
	int64_t what = read_int(s, 1);

	memset(e, 0, sizeof(*e));
	e->row = (uint64_t)sqlite3_column_int64(s, 0);
	e->done_at = sqlite3_column_int64(s, 1);
	if (!read_text(s, 15, e->reason, sizeof(e->reason)) || !read_text(s, 16, e->ip, sizeof(e->ip)) ||
	    !read_text(s, 17, e->trace_id, sizeof(e->trace_id)) || !read_text(s, 18, act.id, sizeof(act.id)) ||
	    strlen(act.id) != EVENT_ID_LEN || act.at <= 0)
		return (false);
	e->end.act = e->revocation.act = e->notice.act = act;
	e->what = what >= ENTRY_END && what <= ENTRY_NOTICE ? (enum entry_what)what : 0;
	return (read_by_kind(s, e));
}

static bool
denies_session(struct deny_entry *out, enum deny_kind kind, const uint8_t *id, size_t n)
{

	out->kind = kind;
	memcpy(out->id, id, n);
	return (true);
}

static bool
denies_user(struct deny_entry *out, const struct end_write *w)
{

	out->kind = DENY_USER;
	if (w->scope == SCOPE_OTHERS)
		memcpy(out->except, w->session_key, SESSION_KEY_LEN);
	if (w->scope == SCOPE_DEVICE)
		memcpy(out->device, w->device_key, DEVICE_KEY_LEN);
	return (true);
}

static bool
end_denies(const struct end_write *w, struct deny_entry *out)
{
	const struct claim *c = &w->claim;

	if (w->cause != END_USER)
		return (w->scope == SCOPE_SESSION ? denies_session(out, DENY_SESSION, w->session_key, SESSION_KEY_LEN)
						  : denies_user(out, w));
	if (w->scope == SCOPE_OTHERS ||
	    (c->unjudged && !c->known && memcmp(c->session_key, w->session_key, SESSION_KEY_LEN) != 0))
		return (false);
	return (denies_session(out, DENY_SESSION, w->session_key, SESSION_KEY_LEN));
}

bool
entry_denies(const struct entry *e, struct deny_entry *out)
{
	const struct revoke_write *r = &e->revocation;

	memset(out, 0, sizeof(*out));
	memcpy(out->user_key, entry_user(e), USER_KEY_LEN);
	out->row = e->row;
	out->at = entry_act(e)->at - entry_act(e)->again;
	out->cause = e->what == ENTRY_REVOCATION ? END_REVOKED : e->end.cause;
	if (e->what != ENTRY_REVOCATION)
		return (e->what == ENTRY_END && end_denies(&e->end, out));
	return (r->family ? denies_session(out, DENY_TOKENS, r->session_key, SESSION_KEY_LEN)
			  : denies_session(out, DENY_JTI, r->jti, JTI_LEN));
}

const char *
entry_word(const struct entry *e)
{

	if (e->what == ENTRY_REVOCATION)
		return ("revoke");
	if (e->what == ENTRY_NOTICE)
		return (e->type);
	switch (e->end.cause) {
	case END_USER:
		return ("logout");
	case END_KICK:
		return ("kick");
	default:
		return (end_cause_reason(e->end.cause));
	}
}

/* SPDX-License-Identifier: ISC */
/*
 * /session, /sessions and /sessions/{id}: what a user sees of his sessions and ends of them. Ids are public names and not
 * secrets; an id of somebody else's session is answered like one that never was. Pages are continued by a cursor, the position
 * of the last session that was shown, so that sessions that come and go meanwhile neither repeat others nor hide them.
 */
#include <stdlib.h>
#include <string.h>

#include "auth/logout.h"
#include "auth/view.h"
#include "base/base64url.h"
#include "session/liveness.h"
#include "crypto/keyring.h"
#include "crypto/sid.h"
#include "handle/credential.h"
#include "handle/ended.h"
#include "handle/next.h"
#include "handle/page.h"

#include "handle/handlers.h"

#define PAGE_DEFAULT 50
#define PAGE_MAX 100 /* a page has to fit RESPONSE_BODY_MAX at its longest members */
#define CURSOR_BYTES 16

/* Where the next page starts: after this session, in the order newest first. */
struct position {
	int64_t created;
	uint8_t session_key[SESSION_KEY_LEN];
};

/* Whose sessions an answer shows. */
struct owner {
	const uint8_t *user_key;
	const char *user_id, *username;
	bool unknown; /* the user database could not be asked: it is not asked again for this answer, which would take as long
			 for each session */
};

/* Names for people come from the user database; while it cannot be asked they are null, not an error. */
static const struct device *
device_of(struct app *app, struct owner *o, const struct session *s, struct device *room)
{
	enum dw_result rc;

	if (o->unknown)
		return (NULL);
	board_stage(app->slot, STAGE_USERDB);
	rc = app->records->get_device(app->records_ctx, o->user_id, s->device_id, room);
	board_stage(app->slot, STAGE_RULES);
	o->unknown = rc != DW_OK && rc != DW_ABSENT;
	return (rc == DW_OK ? room : NULL);
}

static void
put_session(struct app *app, struct response *r, struct owner *o, const struct session *s, bool current)
{
	struct device room;

	view_session(&r->body, keyring_user(app->keys), o->user_key, s, o->user_id, o->username,
	    view_client_id(app->conf, s->client_hash), device_of(app, o, s, &room), current);
}

void
handle_session(struct app *app, struct request *q, struct response *r)
{
	struct presented p;
	struct identity id;
	struct owner owner;

	if (!credential_require(app, q, r, true, &p, &id))
		return;
	owner = (struct owner){ .user_key = p.cred.user_key, .user_id = id.found.user_id, .username = id.found.username };
	response_json(r, 200);
	buf_puts(&r->body, "{\"session\":");
	put_session(app, r, &owner, &id.found.session, true);
	buf_putc(&r->body, '}');
}

static bool
is_after(const struct session *s, const struct position *from)
{
	struct session here = { .created = from->created };

	memcpy(here.session_key, from->session_key, SESSION_KEY_LEN);
	return (view_newest_first(s, &here) > 0);
}

static void
write_cursor(struct buf *b, const struct session *s)
{
	uint8_t raw[CURSOR_BYTES];
	char text[BASE64URL_LEN(CURSOR_BYTES) + 1];

	for (int i = 0; i < 8; i++)
		raw[i] = (uint8_t)((uint64_t)s->created >> (56 - 8 * i));
	memcpy(raw + 8, s->session_key, SESSION_KEY_LEN);
	base64url_encode(raw, sizeof(raw), text);
	buf_json(b, str_of(text));
}

/* The caller may invent one: it only chooses where in his own list the page begins. */
static bool
read_cursor(struct str text, struct position *out)
{
	uint8_t raw[CURSOR_BYTES];
	uint64_t created = 0;
	size_t n;

	if (!base64url_decode(text, raw, sizeof(raw), &n) || n != sizeof(raw) || raw[0] > 0x7f)
		return (false);
	for (int i = 0; i < 8; i++)
		created = created << 8 | raw[i];
	out->created = (int64_t)created;
	memcpy(out->session_key, raw + 8, SESSION_KEY_LEN);
	return (true);
}

/* Reads ?limit=&cursor=. False: answered 400. */
static bool
read_page(struct request *q, struct response *r, uint64_t *limit, struct position *from)
{
	bool bad = false;
	struct str text = request_query(q, "limit", &bad), cursor = request_query(q, "cursor", &bad);

	*limit = PAGE_DEFAULT;
	from->created = INT64_MAX;
	memset(from->session_key, 0, SESSION_KEY_LEN);
	if (text.p != NULL && (!str_to_u64(text, PAGE_MAX, limit) || *limit == 0))
		bad = true;
	if (cursor.p != NULL && !read_cursor(cursor, from))
		bad = true;
	if (bad)
		response_error(
		    r, q, "invalid_request", "The limit is 1 to 100, and the cursor one that was handed out.", NULL, 0);
	return (!bad);
}

/* Reads one session more than is shown, to know whether there is a next page. */
static void
put_page(struct app *app, struct response *r, const struct presented *p, const struct session_list *list, uint64_t limit,
    const struct position *from)
{
	struct owner owner = { .user_key = p->cred.user_key, .user_id = list->user_id, .username = list->username };
	int64_t now = app->store->now(app->store_ctx);
	const struct session *last = NULL;
	bool more = false;
	uint64_t n = 0;

	response_json(r, 200);
	buf_puts(&r->body, "{\"sessions\":[");
	for (size_t i = 0; i < list->n && !more; i++) {
		const struct session *s = &list->sessions[i];

		if (!session_is_alive(s, list->not_before, now) || !is_after(s, from))
			continue;
		if ((more = n == limit))
			break;
		if (n++ > 0)
			buf_putc(&r->body, ',');
		put_session(app, r, &owner, s, memcmp(s->session_key, p->cred.session_key, SESSION_KEY_LEN) == 0);
		last = s;
	}
	buf_puts(&r->body, "],\"next_cursor\":");
	if (more)
		write_cursor(&r->body, last);
	else
		buf_puts(&r->body, "null");
	buf_putc(&r->body, '}');
}

void
handle_sessions(struct app *app, struct request *q, struct response *r)
{
	struct presented p;
	struct identity id;
	struct session_list list;
	struct position from;
	enum dw_result rc;
	uint64_t limit;

	if (!read_page(q, r, &limit, &from) || !credential_require(app, q, r, false, &p, &id))
		return;
	if ((rc = app->store->list(app->store_ctx, p.cred.user_key, q->arena, &list)) != DW_OK) {
		credential_refuse(q, r, rc, NULL);
		return;
	}
	qsort(list.sessions, list.n, sizeof(list.sessions[0]), view_newest_first);
	put_page(app, r, &p, &list, limit, &from);
}

static void
refuse_unknown(const struct request *q, struct response *r)
{

	response_error(r, q, "not_found", "You have no such session.", NULL, 0);
}

static void
answer_ended(struct app *app, const struct request *q, struct response *r, const struct presented *p,
    const uint8_t session_key[SESSION_KEY_LEN], const struct end_reply *reply)
{
	bool own = memcmp(session_key, p->cred.session_key, SESSION_KEY_LEN) == 0;

	if (request_is_navigation(q))
		page_signed_out(app, r, next_asked(app->conf, q), own ? PAGE_OUT_HERE : PAGE_OUT_ONE);
	else
		ended_answer(app, r, p->cred.user_key, reply, reply->ended);
	if (own && p->has_cookie)
		credential_clear_cookie(app, q, r);
}

/* Another user's session and one that never was are the same to the caller (R078). */
static void
end_one(struct app *app, struct request *q, struct response *r, const struct presented *p,
    const uint8_t session_key[SESSION_KEY_LEN])
{
	struct actor actor = { .ip = q->ip, .trace_id = q->trace_id };
	struct end_reply reply;
	enum dw_result rc = logout_session(app, p->cred.user_key, session_key, &actor, &reply);

	if (rc != DW_OK) {
		credential_refuse(q, r, rc, NULL);
	} else if (!reply.has_own) {
		refuse_unknown(q, r);
	} else {
		answer_ended(app, q, r, p, session_key, &reply);
	}
}

void
handle_session_end(struct app *app, struct request *q, struct response *r)
{
	uint8_t user_key[USER_KEY_LEN], session_key[SESSION_KEY_LEN];
	struct presented p;
	struct identity id;
	struct str rest = str_of(q->path + sizeof("/sessions/") - 1), sid = str_cut(&rest, '/');

	if (!credential_require(app, q, r, false, &p, &id))
		return;
	if (!credential_write_allowed(app, q, r, p.cred.kind == CREDENTIAL_COOKIE))
		return;
	if (!sid_parse(keyring_user(app->keys), sid, user_key, session_key) ||
	    memcmp(user_key, p.cred.user_key, USER_KEY_LEN) != 0)
		refuse_unknown(q, r);
	else
		end_one(app, q, r, &p, session_key);
}

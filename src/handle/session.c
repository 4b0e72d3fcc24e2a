/* SPDX-License-Identifier: ISC */
/*
 * /session, /sessions and /sessions/{id}: what a user sees of his sessions and ends of them. Ids are public names and not
 * secrets; an id of somebody else's session is answered like one that never was.
 */
#include <string.h>

#include "auth/logout.h"
#include "auth/view.h"
#include "crypto/keyring.h"
#include "crypto/sid.h"
#include "handle/credential.h"
#include "handle/ended.h"
#include "handle/next.h"
#include "handle/own_sessions.h"
#include "handle/page.h"

#include "handle/handlers.h"

#define PAGE_DEFAULT 50

static void
put_session(struct app *app, struct response *r, struct owner *o, const struct session *s, bool current)
{
	struct device room;

	view_session(&r->body, keyring_user(app->keys), o->user_key, s, o->user_id, o->username,
	    view_client_id(app->conf, s->client_hash), own_sessions_device(app, o, s, &room), current);
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

/* Reads ?limit=&cursor=. False: answered 400. */
static bool
read_page(struct request *q, struct response *r, uint64_t *limit, struct position *from)
{
	bool bad = false;
	struct str text = request_query(q, "limit", &bad);

	*limit = PAGE_DEFAULT;
	if (text.p != NULL && (!str_to_u64(text, OWN_PAGE_MAX, limit) || *limit == 0))
		bad = true;
	if (!position_read(q, from))
		bad = true;
	if (bad)
		response_error(
		    r, q, "invalid_request", "The limit is 1 to 100, and the cursor one that was handed out.", NULL, 0);
	return (!bad);
}

static void
put_page(struct app *app, struct response *r, const struct presented *p, const struct session_list *list,
    const struct own_page *page)
{
	struct owner owner = { .user_key = p->cred.user_key, .user_id = list->user_id, .username = list->username };
	char cursor[OWN_CURSOR_TEXT + 1];

	response_json(r, 200);
	buf_puts(&r->body, "{\"sessions\":[");
	for (size_t i = 0; i < page->n; i++) {
		const struct session *s = page->shown[i];

		if (i > 0)
			buf_putc(&r->body, ',');
		put_session(app, r, &owner, s, memcmp(s->session_key, p->cred.session_key, SESSION_KEY_LEN) == 0);
	}
	if (page->more)
		position_write(page->shown[page->n - 1], cursor);
	buf_puts(&r->body, "],\"next_cursor\":");
	buf_json(&r->body, page->more ? str_of(cursor) : STR_NONE);
	buf_putc(&r->body, '}');
}

void
handle_sessions(struct app *app, struct request *q, struct response *r)
{
	struct presented p;
	struct identity id;
	struct session_list list;
	struct position from;
	struct own_page page;
	enum dw_result rc;
	uint64_t limit;

	if (!read_page(q, r, &limit, &from) || !credential_require(app, q, r, false, &p, &id))
		return;
	if ((rc = app->store->list(app->store_ctx, p.cred.user_key, q->arena, &list)) != DW_OK) {
		credential_refuse(q, r, rc, NULL);
		return;
	}
	own_sessions_page(app, &list, &from, limit, &page);
	put_page(app, r, &p, &list, &page);
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
		page_signed_out(app, q, r, next_asked(app->conf, q), own ? PAGE_OUT_HERE : PAGE_OUT_ONE);
	else
		ended_answer(app, r, p->cred.user_key, reply, reply->ended);
	if (own && p->has_cookie)
		credential_clear_cookie(app, q, r);
}

/* Redis cannot be told now, but it is on the disk. */
static void
answer_pending(struct app *app, const struct request *q, struct response *r, const struct presented *p,
    const uint8_t session_key[SESSION_KEY_LEN])
{
	bool own = memcmp(session_key, p->cred.session_key, SESSION_KEY_LEN) == 0;

	if (request_is_navigation(q))
		page_signed_out(app, q, r, next_asked(app->conf, q), own ? PAGE_OUT_PENDING : PAGE_OUT_OTHERS_PENDING);
	else
		ended_pending(r);
	if (own && p->has_cookie)
		credential_clear_cookie(app, q, r);
}

/* Another user's session and one that never was are the same to the caller (R078). */
static void
end_one(struct app *app, struct request *q, struct response *r, const struct presented *p, const struct claim *claim,
    const uint8_t session_key[SESSION_KEY_LEN])
{
	struct actor actor = { .ip = q->ip, .trace_id = q->trace_id };
	struct end_reply reply;
	enum dw_result rc = logout_session(app, p->cred.user_key, session_key, claim, &actor, &reply);

	if (rc == DW_PENDING) {
		answer_pending(app, q, r, p, session_key);
	} else if (rc != DW_OK) {
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
	struct claim claim;
	struct str rest = str_of(q->path + sizeof("/sessions/") - 1), sid = str_cut(&rest, '/');

	if (!credential_require_or_claim(app, q, r, &p, &claim))
		return;
	if (!credential_write_allowed(app, q, r, p.cred.kind == CREDENTIAL_COOKIE))
		return;
	if (!sid_parse(keyring_user(app->keys), sid, user_key, session_key) ||
	    memcmp(user_key, p.cred.user_key, USER_KEY_LEN) != 0)
		refuse_unknown(q, r);
	else
		end_one(app, q, r, &p, &claim, session_key);
}

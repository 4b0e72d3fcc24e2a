/* SPDX-License-Identifier: ISC */
/* GET /admin/sessions and /admin/sessions/{sid}: what is alive, as the login's answer shows it. */
#include <stdlib.h>
#include <string.h>

#include "auth/view.h"
#include "base/address.h"
#include "session/liveness.h"
#include "crypto/keyring.h"
#include "crypto/sid.h"

#include "handle/own_sessions.h"
#include "handle/texts.h"

#include "admin/find.h"
#include "admin/routes.h"

#include "admin/sessions.h"

#define PAGE_DEFAULT 64
#define PAGE_MAX 256 /* times the longest session object this fits ADMIN_ROOM */

static void
put_session(struct app *app, struct response *r, const uint8_t user_key[USER_KEY_LEN], const struct session *s,
    const char *user_id, const char *username)
{
	struct device room, *device = NULL;

	/* Names for people; while they cannot be asked for they are null, not an error. */
	if (app->records->get_device(app->records_ctx, user_id, s->device_id, &room) == DW_OK)
		device = &room;
	view_session(&r->body, keyring_user(app->keys), user_key, s, user_id, username,
	    view_client_id(app->conf, s->client_hash), device, false);
}

void
sessions_sort(struct session_list *list)
{

	if (list->n > 1)
		qsort(list->sessions, list->n, sizeof(list->sessions[0]), view_newest_first);
}

bool
sessions_match(const struct wanted *w, const struct session_list *list, const struct session *s, int64_t now)
{

	return (session_is_alive(s, list->not_before, now) && (w->ip[0] == '\0' || strcmp(w->ip, s->ip) == 0));
}

/* Looks at one session more than fits the page, to know whether there is a next one. */
static void
give_page(struct app *app, const uint8_t user_key[USER_KEY_LEN], const struct session_list *list, const struct position *from,
    const struct wanted *w, const struct sessions_taker *t, struct sessions_end *end)
{
	int64_t now = app->store->now(app->store_ctx);
	const struct session *last = NULL;
	uint64_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		if (!position_is_before(from, &list->sessions[i]) || !sessions_match(w, list, &list->sessions[i], now))
			continue;
		if (n++ == w->limit) {
			position_write(last, end->cursor);
			return;
		}
		last = &list->sessions[i];
		t->take(t->arg, user_key, last, list->user_id, list->username);
	}
}

enum dw_result
sessions_of_user(struct app *app, struct arena *arena, const uint8_t user_key[USER_KEY_LEN], const struct wanted *w,
    const struct sessions_taker *t, struct sessions_end *end)
{
	struct session_list list;
	struct position from;
	enum dw_result rc;

	*end = (struct sessions_end){ .users = 1 };
	if (!position_parse(w->cursor, &from))
		return (DW_INVALID);
	if ((rc = app->store->list(app->store_ctx, user_key, arena, &list)) != DW_OK)
		return (rc);
	sessions_sort(&list);
	give_page(app, user_key, &list, &from, w, t, end);
	return (DW_OK);
}

/* One way to write an address, that of the sessions. */
bool
sessions_read_ip(struct str text, char out[ADDRESS_MAX + 1])
{
	struct address ip;

	out[0] = '\0';
	if (text.p == NULL)
		return (true);
	if (!address_parse(text, &ip))
		return (false);
	address_write(&ip, out);
	return (true);
}

/* Reads limit, cursor and ip of the query; ${limit} of none. False: one of them is malformed. */
static bool
read_wanted(const struct request *q, uint64_t limit, struct wanted *w)
{
	bool bad = false;
	struct str text = request_query(q, "limit", &bad), ip = request_query(q, "ip", &bad);

	w->cursor = request_query(q, "cursor", &bad);
	w->limit = limit;
	if (bad || (text.p != NULL && (!str_to_u64(text, PAGE_MAX, &w->limit) || w->limit == 0)))
		return (false);
	return (sessions_read_ip(ip, w->ip));
}

/* A list as JSON in the making. */
struct json_list {
	struct app *app;
	struct response *r;
	bool begun;
};

static void
put_next(void *arg, const uint8_t user_key[USER_KEY_LEN], const struct session *s, const char *user_id, const char *username)
{
	struct json_list *l = arg;

	if (l->begun)
		buf_putc(&l->r->body, ',');
	l->begun = true;
	put_session(l->app, l->r, user_key, s, user_id, username);
}

static void
refuse_list(struct request *q, struct response *r, enum dw_result rc)
{

	if (rc == DW_INVALID)
		response_error(r, q, "invalid_request", "The cursor is none that was handed out.", NULL, 0);
	else
		health_refuse(q, r, rc, "store_unavailable");
}

void
sessions_list(struct app *app, struct request *q, struct response *r)
{
	bool bad = false;
	struct str user = request_query(q, "user", &bad);
	struct json_list l = { .app = app, .r = r };
	struct sessions_taker t = { put_next, &l };
	uint8_t user_key[USER_KEY_LEN];
	struct sessions_end end;
	struct wanted w;
	enum dw_result rc;

	if (!read_wanted(q, PAGE_DEFAULT, &w) || bad) {
		response_error(r, q, "invalid_request", "A limit is 1 to 256, an ip is one address.", NULL, 0);
		return;
	}
	if (user.p != NULL && !find_user(app, q, r, user, user_key))
		return;
	response_json(r, 200);
	buf_puts(&r->body, "{\"sessions\":[");
	rc = user.p != NULL ? sessions_of_user(app, q->arena, user_key, &w, &t, &end) : everybody_page(app, &w, &t, &end);
	if (rc != DW_OK) {
		refuse_list(q, r, rc);
		return;
	}
	buf_puts(&r->body, "],\"next_cursor\":");
	buf_json(&r->body, end.cursor[0] != '\0' ? str_of(end.cursor) : STR_NONE);
	buf_putc(&r->body, '}');
}

enum dw_result
sessions_find(struct app *app, struct str sid, uint8_t user_key[USER_KEY_LEN], struct lookup_reply *found)
{
	struct lookup l = { .family = true };
	enum dw_result rc;

	found->ended = false;
	if (!sid_parse(keyring_user(app->keys), sid, l.user_key, l.session_key))
		return (DW_INVALID);
	memcpy(user_key, l.user_key, USER_KEY_LEN);
	if ((rc = app->store->lookup(app->store_ctx, &l, found)) != DW_OK)
		return (rc);
	if (!found->live || !session_is_alive(&found->session, found->not_before, app->store->now(app->store_ctx)))
		return (DW_ABSENT);
	return (DW_OK);
}

enum dw_result
sessions_device(struct app *app, const char *user_id, const struct session *s, char out[AGENT_WORDS_MAX])
{
	enum dw_result rc;
	struct device d;
	char room[AGENT_WORDS_MAX];

	out[0] = '\0';
	if ((rc = app->records->get_device(app->records_ctx, user_id, s->device_id, &d)) == DW_OK)
		str_copy(
		    out, AGENT_WORDS_MAX, d.name[0] != '\0' ? str_of(d.name) : agent_words(TEXTS_ENGLISH, d.user_agent, room));
	return (rc);
}

/* A session that is over is 404, with the reason it ended for. */
void
sessions_show(struct app *app, struct request *q, struct response *r)
{
	struct lookup_reply found;
	uint8_t user_key[USER_KEY_LEN];
	enum dw_result rc = sessions_find(app, str_of(strrchr(q->path, '/') + 1), user_key, &found);

	if (rc == DW_INVALID) {
		response_error(r, q, "not_found", "There is no such session.", NULL, 0);
		return;
	}
	if (rc == DW_ABSENT) {
		response_error(
		    r, q, "not_found", "There is no such session alive.", found.ended ? found.logout_record.reason : NULL, 0);
		return;
	}
	if (rc != DW_OK) {
		health_refuse(q, r, rc, "store_unavailable");
		return;
	}
	response_json(r, 200);
	buf_puts(&r->body, "{\"session\":");
	put_session(app, r, user_key, &found.session, found.user_id, found.username);
	buf_putc(&r->body, '}');
}

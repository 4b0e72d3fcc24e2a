/* SPDX-License-Identifier: ISC */
/* GET /admin/sessions and /admin/sessions/{sid}: what is alive, as the login's answer shows it. */
#include <arpa/inet.h>

#include <stdlib.h>
#include <string.h>

#include "auth/view.h"
#include "session/liveness.h"
#include "crypto/keyring.h"
#include "crypto/sid.h"

#include "admin/find.h"
#include "admin/routes.h"

#include "admin/sessions.h"

#define PAGE_DEFAULT 64
#define PAGE_MAX 256 /* times the longest session object this fits ADMIN_ROOM */

void
sessions_put(struct app *app, struct response *r, const uint8_t user_key[USER_KEY_LEN], const struct session *s,
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

/*
 * Where the page begins: after the session that the cursor names. False: it names none of these. A cursor is the public id of a
 * session; one of another user's list starts nothing.
 */
static bool
find_start(
    struct app *app, const struct session_list *list, const uint8_t user_key[USER_KEY_LEN], struct str cursor, size_t *start)
{
	uint8_t its_user_key[USER_KEY_LEN], session_key[SESSION_KEY_LEN];

	*start = 0;
	if (cursor.p == NULL)
		return (true);
	if (!sid_parse(keyring_user(app->keys), cursor, its_user_key, session_key) ||
	    memcmp(user_key, its_user_key, USER_KEY_LEN) != 0)
		return (false);
	while (*start < list->n)
		if (memcmp(list->sessions[(*start)++].session_key, session_key, SESSION_KEY_LEN) == 0)
			return (true);
	return (false);
}

/* Reads one session more than fits the page, to know whether there is a next one. */
static void
put_list(struct app *app, struct response *r, const uint8_t user_key[USER_KEY_LEN], const struct session_list *list,
    size_t start, const struct wanted *w)
{
	int64_t now = app->store->now(app->store_ctx);
	char cursor[PUBLIC_SID_LEN + 1];
	const struct session *last = NULL;
	uint64_t n = 0;
	bool more = false;

	response_json(r, 200);
	buf_puts(&r->body, "{\"sessions\":[");
	for (size_t i = start; i < list->n; i++) {
		if (!sessions_match(w, list, &list->sessions[i], now))
			continue;
		if ((more = n == w->limit))
			break;
		if (n++ > 0)
			buf_putc(&r->body, ',');
		last = &list->sessions[i];
		sessions_put(app, r, user_key, last, list->user_id, list->username);
	}
	buf_puts(&r->body, "],\"next_cursor\":");
	if (more)
		sid_public(keyring_user(app->keys), user_key, last->session_key, cursor);
	buf_json(&r->body, more ? str_of(cursor) : STR_NONE);
	buf_putc(&r->body, '}');
}

/* One way to write an address, that of the sessions. False: it is none. */
static bool
read_ip(struct str text, char out[INET6_ADDRSTRLEN])
{
	char given[INET6_ADDRSTRLEN];
	struct in6_addr raw;

	out[0] = '\0';
	if (text.p == NULL)
		return (true);
	if (!str_copy(given, sizeof(given), text))
		return (false);
	for (int family = AF_INET;; family = AF_INET6) {
		if (inet_pton(family, given, &raw) == 1)
			return (inet_ntop(family, &raw, out, INET6_ADDRSTRLEN) != NULL);
		if (family == AF_INET6)
			return (false);
	}
}

static bool
read_wanted(const struct request *q, struct wanted *w, struct str *user)
{
	bool bad = false;
	struct str limit = request_query(q, "limit", &bad), ip = request_query(q, "ip", &bad);

	*user = request_query(q, "user", &bad);
	w->cursor = request_query(q, "cursor", &bad);
	w->limit = PAGE_DEFAULT;
	if (bad || (limit.p != NULL && (!str_to_u64(limit, PAGE_MAX, &w->limit) || w->limit == 0)))
		return (false);
	return (read_ip(ip, w->ip));
}

static void
list_user(struct app *app, struct request *q, struct response *r, const struct wanted *w, struct str user)
{
	struct session_list list;
	uint8_t user_key[USER_KEY_LEN];
	enum dw_result rc;
	size_t start;

	if (!find_user(app, q, r, user, user_key))
		return;
	if ((rc = app->store->list(app->store_ctx, user_key, q->arena, &list)) != DW_OK) {
		health_refuse(q, r, rc, "store_unavailable");
		return;
	}
	sessions_sort(&list);
	if (find_start(app, &list, user_key, w->cursor, &start))
		put_list(app, r, user_key, &list, start, w);
	else
		response_error(r, q, "invalid_request", "The cursor is none, or its session is gone: start again.", NULL, 0);
}

void
sessions_list(struct app *app, struct request *q, struct response *r)
{
	struct str user;
	struct wanted w;

	if (!read_wanted(q, &w, &user))
		response_error(r, q, "invalid_request", "A limit is 1 to 256, an ip is one address.", NULL, 0);
	else if (user.p != NULL)
		list_user(app, q, r, &w, user);
	else
		everybody_list(app, q, r, &w);
}

/* A session that is over is 404, with the reason it ended for. */
void
sessions_show(struct app *app, struct request *q, struct response *r)
{
	struct lookup l = { .family = true };
	struct lookup_reply found;
	enum dw_result rc;

	if (!sid_parse(keyring_user(app->keys), str_of(strrchr(q->path, '/') + 1), l.user_key, l.session_key)) {
		response_error(r, q, "not_found", "There is no such session.", NULL, 0);
		return;
	}
	if ((rc = app->store->lookup(app->store_ctx, &l, &found)) != DW_OK) {
		health_refuse(q, r, rc, "store_unavailable");
		return;
	}
	if (!found.live || !session_is_alive(&found.session, found.not_before, app->store->now(app->store_ctx))) {
		response_error(
		    r, q, "not_found", "There is no such session alive.", found.ended ? found.logout_record.reason : NULL, 0);
		return;
	}
	response_json(r, 200);
	buf_puts(&r->body, "{\"session\":");
	sessions_put(app, r, l.user_key, &found.session, found.user_id, found.username);
	buf_putc(&r->body, '}');
}

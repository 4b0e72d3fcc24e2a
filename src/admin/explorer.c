/* SPDX-License-Identifier: ISC */
/*
 * GET /explorer: who is signed in, by user, by address, by session id or all, page by page; and the newest events of the last
 * hour. A user's record is read at once. An address has no index: all users are looked at, as many at a time as may keep this
 * process from health checks, and the page says how far it came.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "admin/find.h"
#include "admin/pages.h"
#include "admin/routes.h"
#include "admin/sessions.h"
#include "auth/pseudonym.h"
#include "base/json.h"
#include "crypto/keyring.h"
#include "crypto/sid.h"
#include "handle/agent.h"
#include "handle/texts.h"
#include "session/liveness.h"
#include "store/recent.h"

#include <json-c/json.h>

#include "admin/explorer.h"

#define ROWS_MAX 20   /* sessions of a page */
#define EVENTS_MAX 20 /* events of a page */
#define HOUR 3600
#define ROW_VALUES 9
#define LINK_MAX (3 * USERNAME_MAX + 1)
#define PAGE_LINK_MAX 512

/* One line of either table. */
struct row {
	struct template_value values[ROW_VALUES];
	char name[USERNAME_MAX + 1], link[LINK_MAX], device[AGENT_WORDS_MAX], address[ADDRESS_MAX + 1];
	char seen[24], created[24], sid[PUBLIC_SID_LEN + 1], type[24], reason[96];
};

/* A page in the making. Static where it is used: one request is served at a time. */
struct explorer {
	struct app *app;
	struct operators_page page;
	struct row rows[ROWS_MAX], events[EVENTS_MAX];
	struct template_row row_list[ROWS_MAX], event_list[EVENTS_MAX];
	size_t n_rows, n_events;
	bool devices_unknown; /* they could not be asked for, and are not again for this page */
	bool more_events;
	struct str user, ip_text, session;
	uint8_t user_key[USER_KEY_LEN];
	bool has_user;
	char next[PAGE_LINK_MAX], looked[96], found[160], kick[LINK_MAX], message[RESPONSE_SAID_MAX];
};

/* What names the user in a link: the id, which stays; a shorter one may be a name as well, so then the name. */
static void
link_of(const char *user_id, const char *username, char out[LINK_MAX])
{
	struct buf b;

	buf_init(&b, out, LINK_MAX);
	buf_urlencode(&b, str_of(strlen(user_id) == USER_ID_MAX ? user_id : username));
}

static void
name_device(struct explorer *x, const char *user_id, const struct session *s, char out[AGENT_WORDS_MAX])
{
	enum dw_result rc;

	out[0] = '\0';
	if (x->devices_unknown)
		return;
	rc = sessions_device(x->app, user_id, s, out);
	x->devices_unknown = rc != DW_OK && rc != DW_ABSENT;
}

static void
write_time(char out[24], int64_t at)
{
	struct buf b;

	buf_init(&b, out, 24);
	buf_time(&b, at);
}

/* The values of a line in both tables, and whether it is the first one; the last is known when all are there. */
static void
fill(struct row *w, bool first)
{
	struct template_value *v = w->values;

	v[0] = (struct template_value){ .name = "name", .value = str_of(w->name) };
	v[1] = (struct template_value){ .name = "address", .value = w->address[0] != '\0' ? str_of(w->address) : STR_NONE };
	v[2] = (struct template_value){ .name = "sid", .value = str_of(w->sid) };
	v[3] = (struct template_value){ .name = "first", .value = first ? STR_LIT("") : STR_NONE };
	v[4] = (struct template_value){ .name = "last" };
}

static void
take_session(
    void *arg, const uint8_t user_key[USER_KEY_LEN], const struct session *s, const char *user_id, const char *username)
{
	struct explorer *x = arg;
	struct row *w = &x->rows[x->n_rows];

	if (x->n_rows == ROWS_MAX)
		return;
	snprintf(w->name, sizeof(w->name), "%s", username);
	snprintf(w->address, sizeof(w->address), "%s", s->ip);
	link_of(user_id, username, w->link);
	name_device(x, user_id, s, w->device);
	write_time(w->seen, s->has_family && s->rotated > s->last_seen ? s->rotated : s->last_seen);
	write_time(w->created, s->created);
	sid_public(keyring_user(x->app->keys), user_key, s->session_key, w->sid);
	fill(w, x->n_rows == 0);
	w->values[5] = (struct template_value){ .name = "user_id", .value = str_of(w->link) };
	w->values[6] = (struct template_value){ .name = "device", .value = str_of(w->device) };
	w->values[7] = (struct template_value){ .name = "seen", .value = str_of(w->seen) };
	w->values[8] = (struct template_value){ .name = "created", .value = str_of(w->created) };
	x->row_list[x->n_rows++] = (struct template_row){ w->values, ROW_VALUES };
}

static void
copy_member(struct json_object *o, const char *name, char *out, size_t cap)
{
	bool wrong = false;
	struct str value = json_string(o, name, &wrong);

	if (!str_copy(out, cap, value))
		snprintf(out, cap, "…");
}

/* Of an outbox that several users share only those of the one that was asked for. */
static bool
is_wanted(const struct explorer *x, struct json_object *o)
{
	uint8_t user_key[USER_KEY_LEN];
	char id[USER_ID_MAX + 1];

	if (!x->has_user)
		return (true);
	copy_member(o, "user_id", id, sizeof(id));
	if (id[0] == '\0')
		return (false);
	pseudonym_of(keyring_user(x->app->keys), str_of(id), user_key);
	return (memcmp(user_key, x->user_key, USER_KEY_LEN) == 0);
}

static void
take_event(struct explorer *x, struct str json)
{
	struct json_object *o = json_parse_strict(json);
	struct row *w = &x->events[x->n_events];

	if (o == NULL || !is_wanted(x, o)) {
		json_object_put(o);
		return;
	}
	if (x->n_events == EVENTS_MAX) {
		x->more_events = true;
		json_object_put(o);
		return;
	}
	copy_member(o, "username", w->name, sizeof(w->name));
	copy_member(o, "ip", w->address, sizeof(w->address));
	copy_member(o, "session_id", w->sid, sizeof(w->sid));
	copy_member(o, "at", w->seen, sizeof(w->seen));
	copy_member(o, "type", w->type, sizeof(w->type));
	copy_member(o, "reason", w->reason, sizeof(w->reason));
	json_object_put(o);
	fill(w, x->n_events == 0);
	w->values[5] = (struct template_value){ .name = "at", .value = str_of(w->seen) };
	w->values[6] = (struct template_value){ .name = "type", .value = str_of(w->type) };
	w->values[7] = (struct template_value){ .name = "reason", .value = str_of(w->reason) };
	x->event_list[x->n_events++] = (struct template_row){ w->values, ROW_VALUES - 1 };
}

/* That they cannot be read is said in their place: sessions may be there all the same. */
static void
set_events(struct explorer *x, const struct request *q)
{
	struct str found[RECENT_MAX];
	size_t n = 0, most = x->has_user ? RECENT_MAX : EVENTS_MAX + 1;
	enum dw_result rc = recent_events(x->app->redis, HOUR, x->has_user ? x->user_key : NULL, most, q->arena, found, &n);

	for (size_t i = 0; i < n; i++)
		take_event(x, found[i]);
	if (x->n_events > 0)
		x->events[x->n_events - 1].values[4].value = STR_LIT("");
	pages_set_rows(&x->page, "events", x->event_list, x->n_events);
	pages_set_text(&x->page, "no_events", rc == DW_OK ? "There are none." : "They cannot be read just now.");
	pages_set_text(&x->page, "more_events",
	    x->more_events ? "These are the newest; \"doorwardctl watch --since 1h\" shows all of them." : "");
}

static void
say(struct explorer *x, const char *text)
{

	snprintf(x->message, sizeof(x->message), "%s", text);
}

/* One session by its id, or what it ended of. */
static enum dw_result
find_session(struct explorer *x)
{
	struct lookup_reply found;
	uint8_t user_key[USER_KEY_LEN];
	enum dw_result rc = sessions_find(x->app, x->session, user_key, &found);

	if (rc == DW_OK)
		take_session(x, user_key, &found.session, found.user_id, found.username);
	else if (rc == DW_INVALID)
		say(x, "This is no session id.");
	else if (rc == DW_ABSENT)
		snprintf(x->message, sizeof(x->message), "There is no such session alive.%s%s%s",
		    found.ended ? " It ended: " : "", found.ended ? found.logout_record.reason : "", found.ended ? "." : "");
	return (rc == DW_INVALID ? DW_ABSENT : rc);
}

static void
write_next(struct explorer *x, const char *cursor)
{
	struct buf b;

	buf_init(&b, x->next, sizeof(x->next));
	if (cursor[0] == '\0')
		return;
	buf_printf(&b, "/explorer?cursor=%s", cursor);
	if (x->user.p != NULL) {
		buf_puts(&b, "&user=");
		buf_urlencode(&b, x->user);
	}
	if (x->ip_text.p != NULL) {
		buf_puts(&b, "&ip=");
		buf_urlencode(&b, x->ip_text);
	}
}

/* How far a search by address has come. */
static void
tell_how_far(struct explorer *x, const struct sessions_end *end)
{

	if (x->ip_text.p != NULL)
		snprintf(x->looked, sizeof(x->looked), "Users looked at so far: %" PRIu64 "%s", end->users,
		    end->cursor[0] != '\0' ? "; there are more." : ", which is all of them.");
}

/* Fills the rows. The result is what could not be asked; what is not there is said in ${message}. */
static enum dw_result
find(struct explorer *x, const struct request *q, struct response *r)
{
	struct sessions_taker t = { take_session, x };
	struct wanted w = { .limit = ROWS_MAX, .cursor = pages_asked(q, "cursor") };
	struct sessions_end end;
	enum dw_result rc;

	if (x->session.p != NULL)
		return (find_session(x));
	if (x->user.p != NULL && !find_user(x->app, q, r, x->user, x->user_key)) {
		say(x, r->error.description);
		return (r->status == 404 ? DW_ABSENT : DW_UNAVAILABLE);
	}
	x->has_user = x->user.p != NULL;
	if (!sessions_read_ip(x->ip_text, w.ip)) {
		say(x, "This is no address.");
		return (DW_INVALID);
	}
	rc = x->has_user ? sessions_of_user(x->app, q->arena, x->user_key, &w, &t, &end) : everybody_page(x->app, &w, &t, &end);
	if (rc == DW_INVALID)
		say(x, "The page to go on from is none: start again.");
	if (rc == DW_OK) {
		write_next(x, end.cursor);
		if (!x->has_user)
			tell_how_far(x, &end);
	}
	return (rc);
}

static int
status_of(struct explorer *x, enum dw_result rc)
{

	switch (rc) {
	case DW_OK:
		return (200);
	case DW_ABSENT:
		return (404);
	case DW_INVALID:
		return (400);
	default:
		if (x->message[0] == '\0')
			say(x, "Redis cannot be asked just now.");
		return (503);
	}
}

static void
set_found(struct explorer *x)
{

	if (x->user.p != NULL)
		snprintf(
		    x->found, sizeof(x->found), "Sessions of %.*s", (int)(x->user.len < 100 ? x->user.len : 100), x->user.p);
	else if (x->ip_text.p != NULL)
		snprintf(x->found, sizeof(x->found), "Sessions from %.*s", (int)(x->ip_text.len < 60 ? x->ip_text.len : 60),
		    x->ip_text.p);
	else
		snprintf(x->found, sizeof(x->found), x->session.p != NULL ? "Session" : "All sessions");
	if (x->n_rows == 0)
		snprintf(x->found + strlen(x->found), sizeof(x->found) - strlen(x->found), ": none here");
	pages_set_text(&x->page, "found", x->found);
}

static void
set_actions(struct explorer *x)
{
	struct buf b;

	buf_init(&b, x->kick, sizeof(x->kick));
	if (x->has_user && x->n_rows > 0)
		buf_urlencode(&b, x->user);
	pages_set_text(&x->page, "kick_user", b.overflow ? "" : x->kick);
	pages_set_text(&x->page, "next_page", x->next);
	pages_set_text(&x->page, "next_text", x->ip_text.p != NULL && x->n_rows < ROWS_MAX ? "Look further" : "Next page");
	pages_set_text(&x->page, "looked", x->looked);
	pages_set_text(&x->page, "message", x->message);
}

static struct explorer *
begin(struct app *app, const struct request *q)
{
	static struct explorer x;

	memset(&x, 0, sizeof(x));
	x.app = app;
	x.user = pages_asked(q, "user");
	x.ip_text = pages_asked(q, "ip");
	x.session = pages_asked(q, "session");
	pages_begin(&x.page, "Sessions");
	return (&x);
}

static struct str
shown(struct str value)
{

	return (value.p != NULL ? value : STR_LIT(""));
}

void
explorer_get(struct app *app, struct request *q, struct response *r)
{
	struct explorer *x = begin(app, q);
	int status = status_of(x, find(x, q, r));

	if (x->n_rows > 0)
		x->rows[x->n_rows - 1].values[4].value = STR_LIT("");
	pages_set(&x->page, "user", shown(x->user));
	pages_set(&x->page, "ip", shown(x->ip_text));
	pages_set(&x->page, "session", shown(x->session));
	pages_set_rows(&x->page, "rows", x->row_list, x->n_rows);
	set_found(x);
	set_actions(x);
	set_events(x, q);
	pages_finish(&x->page, r, status, template_explorer);
	if (status == 503)
		response_retry_after(r, RESPONSE_RETRY);
}

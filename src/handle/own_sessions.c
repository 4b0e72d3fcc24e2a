/* SPDX-License-Identifier: ISC */
/*
 * The caller's sessions in pages. A page is continued by a cursor, the position of the last session that was shown, so that
 * sessions that come and go meanwhile neither repeat others nor hide them.
 */
#include <stdlib.h>
#include <string.h>

#include "auth/view.h"
#include "session/liveness.h"

#include "handle/own_sessions.h"

bool
position_is_before(const struct position *from, const struct session *s)
{
	struct session here = { .created = from->created };

	memcpy(here.session_key, from->session_key, SESSION_KEY_LEN);
	return (view_newest_first(s, &here) > 0);
}

void
position_write(const struct session *s, char out[OWN_CURSOR_TEXT + 1])
{
	uint8_t raw[OWN_CURSOR_BYTES];

	for (int i = 0; i < 8; i++)
		raw[i] = (uint8_t)((uint64_t)s->created >> (56 - 8 * i));
	memcpy(raw + 8, s->session_key, SESSION_KEY_LEN);
	base64url_encode(raw, sizeof(raw), out);
}

/* The caller may invent one: it only chooses where in a list that he may see the page begins. */
bool
position_parse(struct str text, struct position *out)
{
	uint8_t raw[OWN_CURSOR_BYTES];
	uint64_t created = 0;
	size_t n;

	*out = (struct position){ .created = INT64_MAX };
	if (text.p == NULL)
		return (true);
	if (!base64url_decode(text, raw, sizeof(raw), &n) || n != sizeof(raw) || raw[0] > 0x7f)
		return (false);
	for (int i = 0; i < 8; i++)
		created = created << 8 | raw[i];
	out->created = (int64_t)created;
	memcpy(out->session_key, raw + 8, SESSION_KEY_LEN);
	return (true);
}

bool
position_read(const struct request *q, struct position *out)
{
	bool bad = false;
	struct str text = request_query(q, "cursor", &bad);

	return (!bad && position_parse(text, out));
}

/* Looks at one session more than is shown, to know whether there is a next page. */
void
own_sessions_page(struct app *app, struct session_list *list, const struct position *from, size_t limit, struct own_page *out)
{
	int64_t now = app->store->now(app->store_ctx);

	out->n = 0;
	out->more = false;
	if (list->n > 1)
		qsort(list->sessions, list->n, sizeof(list->sessions[0]), view_newest_first);
	for (size_t i = 0; i < list->n && !out->more; i++) {
		const struct session *s = &list->sessions[i];

		if (!session_is_alive(s, list->not_before, now) || !position_is_before(from, s))
			continue;
		if (out->n == limit)
			out->more = true;
		else
			out->shown[out->n++] = s;
	}
}

const struct device *
own_sessions_device(struct app *app, struct owner *o, const struct session *s, struct device *room)
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

/* SPDX-License-Identifier: ISC */
/*
 * The members of the object, as C strings beside a copy of it, in one block: an event is kept while it waits, ten thousand at a
 * time. A member that is missing counts as null: versions before may not have had it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <json-c/json.h>

#include "base/json.h"

#include "relay/event.h"

#define EVENT_BYTES_MAX 65536 /* more is none of ours */

static const struct {
	const char *name;
	size_t at;
} members[] = {
	{ "id", offsetof(struct sink_event, id) },
	{ "type", offsetof(struct sink_event, type) },
	{ "at", offsetof(struct sink_event, at) },
	{ "user_id", offsetof(struct sink_event, user_id) },
	{ "username", offsetof(struct sink_event, username) },
	{ "session_id", offsetof(struct sink_event, session_id) },
	{ "device_id", offsetof(struct sink_event, device_id) },
	{ "client_id", offsetof(struct sink_event, client_id) },
	{ "ip", offsetof(struct sink_event, ip) },
	{ "reason", offsetof(struct sink_event, reason) },
	{ "access_exp", offsetof(struct sink_event, access_exp) },
	{ "trace_id", offsetof(struct sink_event, trace_id) },
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))

int64_t
event_time(const char *text)
{
	struct tm tm = { .tm_year = 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);

	return (end == NULL || *end != '\0' ? 0 : (int64_t)timegm(&tm));
}

/* A text or null; anything else is no event. */
static struct str
member(struct json_object *o, const char *name, bool *wrong)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, name, &v) || v == NULL)
		return (STR_NONE);
	return (json_string(o, name, wrong));
}

/* Copies ${s} to ${*to}, and moves that on. No text here is longer in memory than it was in the JSON. */
static const char *
keep(char **to, struct str s)
{
	char *at = *to;

	if (s.p == NULL)
		return (NULL);
	memcpy(at, s.p, s.len);
	at[s.len] = '\0';
	*to += s.len + 1;
	return (at);
}

static bool
fill(struct sink_event *e, struct json_object *o, char *room)
{
	bool wrong = false;

	for (size_t i = 0; i < MEMBERS; i++) {
		const char *text = keep(&room, member(o, members[i].name, &wrong));

		memcpy((char *)e + members[i].at, &text, sizeof(text));
	}
	e->ended = json_boolean(o, "ended", false, &wrong);
	if (wrong || e->id == NULL || e->type == NULL || e->at == NULL)
		return (false);
	e->at_seconds = event_time(e->at);
	return (true);
}

struct sink_event *
event_parse(struct str json)
{
	struct json_object *o;
	struct sink_event *e;
	char *text;

	errno = 0;
	if (json.p == NULL || json.len > EVENT_BYTES_MAX || (o = json_parse_strict(json)) == NULL)
		return (NULL);
	/* the texts together are shorter than the object that they were quoted in */
	if ((e = calloc(1, sizeof(*e) + 2 * json.len + MEMBERS + 2)) == NULL) {
		json_object_put(o);
		errno = ENOMEM;
		return (NULL);
	}
	text = (char *)(e + 1);
	e->json = keep(&text, json);
	e->json_len = json.len;
	if (!fill(e, o, text)) {
		free(e);
		e = NULL;
	}
	json_object_put(o);
	return (e);
}

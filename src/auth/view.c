/* SPDX-License-Identifier: ISC */
/* Sessions and logout records as the JSON that handlers, the admin listener and doorwardctl all show. */
#include <string.h>

#include "auth/clients.h"
#include "session/liveness.h"
#include "crypto/sid.h"
#include "doorward/config.h"

#include "auth/view.h"

/* "" is how absence is kept; null is how it is told. */
static void
put_text(struct buf *b, const char *name, const char *text)
{

	buf_printf(b, ",\"%s\":", name);
	buf_json(b, text == NULL || text[0] == '\0' ? STR_NONE : str_of(text));
}

static void
put_time(struct buf *b, const char *name, int64_t at)
{

	buf_printf(b, ",\"%s\":\"", name);
	buf_time(b, at);
	buf_putc(b, '"');
}

void
view_session(struct buf *b, const struct user_keys *k, const uint8_t user_key[USER_KEY_LEN], const struct session *s,
    const char *user_id, const char *username, const char *client_id, const struct device *device, bool current)
{
	char sid[PUBLIC_SID_LEN + 1];

	sid_public(k, user_key, s->session_key, sid);
	buf_printf(b, "{\"id\":\"%s\"", sid);
	put_text(b, "user_id", user_id);
	put_text(b, "username", username);
	put_text(b, "device_id", s->device_id);
	put_text(b, "device_name", device == NULL ? NULL : device->name);
	put_text(b, "client_id", client_id);
	put_time(b, "created_at", s->created);
	put_time(b, "last_seen_at", s->has_family && s->rotated > s->last_seen ? s->rotated : s->last_seen);
	put_time(b, "expires_at", session_end(s));
	put_text(b, "ip", s->ip);
	put_text(b, "user_agent", device == NULL ? NULL : device->user_agent);
	buf_printf(b, ",\"current\":%s}", current ? "true" : "false");
}

void
view_logout_record(struct buf *b, const struct user_keys *k, const uint8_t user_key[USER_KEY_LEN], const char *user_id,
    const struct logout_record *e)
{
	char sid[PUBLIC_SID_LEN + 1];

	sid_public(k, user_key, e->session_key, sid);
	/* One record a session: the session's id makes the record's. */
	buf_printf(b, "{\"id\":\"lo_%s\",\"session_id\":\"%s\"", sid, sid);
	put_text(b, "user_id", user_id);
	put_text(b, "device_id", e->device_id);
	put_text(b, "scope", end_scope_word(e->scope));
	put_text(b, "reason", e->reason);
	put_time(b, "at", e->at);
	buf_putc(b, '}');
}

const char *
view_client_id(const struct config *c, const uint8_t client_hash[CLIENT_HASH_LEN])
{
	const struct client *client = clients_find(c, client_hash);

	return (client == NULL ? NULL : client->id);
}

int
view_newest_first(const void *a, const void *b)
{
	const struct session *x = a, *y = b;

	if (x->created != y->created)
		return (x->created < y->created ? 1 : -1);
	return (memcmp(x->session_key, y->session_key, SESSION_KEY_LEN));
}

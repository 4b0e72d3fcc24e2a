/* SPDX-License-Identifier: ISC */
/* POST /admin/kick: ends sessions on an operator's behalf. */
#include "auth/device.h"
#include "auth/reason.h"
#include "auth/view.h"
#include "base/arena.h"
#include "crypto/keyring.h"
#include "crypto/sid.h"

#include "admin/explorer.h"
#include "admin/find.h"
#include "admin/routes.h"

/* What the body asks for. p NULL = absent. */
struct kick_request {
	struct str user, session, device, reason;
};

/*
 * A string member, or one that says nothing. False: of another type. An empty member and an absent one are told apart by the
 * caller.
 */
static bool
text(const struct request *q, const char *name, struct str *out)
{
	const struct field *f = request_field(q, name);

	*out = STR_NONE;
	if (f == NULL || f->type == FIELD_NULL)
		return (true);
	if (f->type != FIELD_STRING)
		return (false);
	*out = f->value;
	return (true);
}

/* Returns what is wrong with the body, or NULL. */
static const char *
read_kick_request(const struct request *q, struct kick_request *w)
{

	if (!text(q, "user", &w->user) || !text(q, "session", &w->session) || !text(q, "device", &w->device) ||
	    !text(q, "reason", &w->reason))
		return ("Members are strings.");
	if ((w->user.p == NULL) == (w->session.p == NULL))
		return ("Send either \"user\" or \"session\".");
	if (w->device.p != NULL && w->user.p == NULL)
		return ("A \"device\" is one of a \"user\".");
	if (w->device.p != NULL && !device_id_valid(w->device))
		return ("This cannot be a device id.");
	if (w->reason.len > 0 && !reason_valid(w->reason))
		return ("A reason is at most 48 bytes of UTF-8 that can be seen, without controls of any kind.");
	return (NULL);
}

/* Fills who and which. False: answered. */
static bool
aim(struct app *app, const struct request *q, struct response *r, const struct kick_request *w, struct end_write *e)
{

	if (w->session.p != NULL) {
		e->scope = SCOPE_SESSION;
		e->has_sid = sid_parse(keyring_user(app->keys), w->session, e->user_key, e->session_key);
		if (!e->has_sid)
			response_error(r, q, "not_found", "There is no such session.", NULL, 0);
		return (e->has_sid);
	}
	e->scope = w->device.p != NULL ? SCOPE_DEVICE : SCOPE_ALL;
	if (w->device.p != NULL)
		device_handle(w->device, e->device_key);
	return (find_user(app, q, r, w->user, e->user_key));
}

/* The records made by this call; of a session that had ended before, the one it left then. */
static void
answer(struct app *app, struct response *r, const struct end_write *e, const struct end_reply *reply)
{
	const struct user_keys *k = keyring_user(app->keys);

	response_json(r, 200);
	buf_printf(&r->body, "{\"ended\":%u,\"logouts\":[", reply->ended);
	for (uint32_t i = 0; i < reply->ended; i++) {
		if (i > 0)
			buf_putc(&r->body, ',');
		view_logout_record(&r->body, k, e->user_key, reply->user_id, &reply->logout_records[i]);
	}
	if (reply->ended == 0 && reply->has_own)
		view_logout_record(&r->body, k, e->user_key, reply->user_id, &reply->own);
	buf_puts(&r->body, "]}");
}

/* Redis cannot be told now, but it is on the disk, and this host refuses those sessions already. */
static void
answer_pending(const struct request *q, struct response *r)
{

	if (q->is_form) {
		explorer_pending(r);
		return;
	}
	response_json(r, 202);
	buf_puts(&r->body, "{\"status\":\"pending\"}");
}

void
kick_post(struct app *app, struct request *q, struct response *r)
{
	struct end_write e = { .cause = END_KICK, .actor = { .trace_id = q->trace_id } };
	struct end_reply reply;
	struct kick_request w;
	const char *wrong = read_kick_request(q, &w);
	enum dw_result rc;

	if (wrong != NULL) {
		response_error(r, q, "invalid_request", wrong, NULL, 0);
		return;
	}
	if (!aim(app, q, r, &w, &e))
		return;
	e.said_scope = e.scope;
	/* An empty reason is none. */
	e.reason = w.reason.len > 0 ? arena_strdup(q->arena, w.reason) : NULL;
	if ((rc = app->store->end(app->store_ctx, &e, q->arena, &reply)) == DW_PENDING)
		answer_pending(q, r);
	else if (rc != DW_OK)
		health_refuse(q, r, rc, "store_unavailable");
	else if (e.has_sid && !reply.has_own)
		response_error(r, q, "not_found", "There is no such session.", NULL, 0);
	else if (q->is_form)
		explorer_kicked(r, reply.ended);
	else
		answer(app, r, &e, &reply);
}

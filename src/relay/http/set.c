/* SPDX-License-Identifier: ISC */
/*
 * Security Event Tokens (RFC 8417), pushed (RFC 8935): that a session has ended, as the event "session-revoked" of CAEP. The
 * subject is the user as our access tokens name him; which of his sessions it was says "sid", as in the access tokens, too.
 * Neither "sub" nor "exp" is in it, so that nobody takes it for an access token (RFC 8417 section 4.5).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "base/clock.h"
#include "base/json.h"

#include "relay/http/push.h"

#define TYP "secevent+jwt"
#define EVENT "https://schemas.openid.net/secevent/caep/event-type/session-revoked"

/* RFC 8935 section 2.4 has the words of ${err}; longer ones are nobody's. */
#define ERR_MAX 64

/* Who ended it, in CAEP's words. */
static const char *
initiator(const struct sink_event *e)
{

	if (strcmp(e->type, "kick") == 0)
		return ("admin");
	return (strcmp(e->type, "logout") == 0 || strcmp(e->type, "token_revoked") == 0 ? "user" : "policy");
}

static void
put_event(struct buf *b, const struct sink_event *e)
{

	buf_printf(b, "\"events\":{\"" EVENT "\":{\"event_timestamp\":%" PRId64 ",", e->at_seconds);
	push_member(b, "initiating_entity", initiator(e));
	if (e->reason != NULL) {
		buf_puts(b, ",\"reason_admin\":{");
		push_member(b, "en", e->reason);
		buf_putc(b, '}');
	}
	buf_puts(b, "}}");
}

static void
put_payload(struct buf *b, const struct push *p, const struct sink_event *e)
{

	buf_putc(b, '{');
	push_member(b, "iss", p->env->conf->issuer);
	buf_putc(b, ',');
	push_member(b, "aud", p->conf->audience);
	buf_putc(b, ',');
	push_member(b, "jti", e->id);
	buf_printf(b, ",\"iat\":%" PRId64 ",\"sub_id\":{\"format\":\"iss_sub\",", clock_wall());
	push_member(b, "iss", p->env->conf->issuer);
	buf_putc(b, ',');
	push_member(b, "sub", e->user_id);
	buf_puts(b, "},");
	push_member(b, "sid", e->session_id);
	buf_putc(b, ',');
	if (e->trace_id != NULL) {
		push_member(b, "txn", e->trace_id);
		buf_putc(b, ',');
	}
	put_event(b, e);
	buf_putc(b, '}');
}

static const char *
write_request(const struct push *p, const struct sink_event *e, struct push_message *m)
{

	push_header(m, "Content-Type", "application/" TYP);
	push_header(m, "Accept", "application/json");
	return (push_token(p, e, "", TYP, put_payload, m));
}

/* A 400 that says what it did not like will say so again. Its word is shown if it is one. */
static bool
is_final(const struct http_answer *a, char *error)
{
	struct json_object *o = NULL;
	bool wrong = false, final = false;
	struct str err;

	if (a->status != 400 || (o = json_parse_strict((struct str){ a->body, a->len })) == NULL)
		return (false);
	err = json_string(o, "err", &wrong);
	if (!wrong && err.len > 0) {
		final = true;
		if (str_is_word(err, "_-", ERR_MAX))
			snprintf(error, HTTP_ERROR_MAX, "HTTP 400: %.*s", (int)err.len, err.p);
	}
	json_object_put(o);
	return (final);
}

static const struct push_kind set = { .write = write_request, .is_final = is_final };

static void *
open_set(const struct sink_conf *c, const struct sink_env *env, char *why, size_t len)
{

	return (push_open(&set, c, env, why, len));
}

const struct sink_driver set_driver = {
	.type = "set",
	.module = "sink_http",
	.ended_only = true,
	.needs_public_key = true,
	.check = push_check_tokens,
	.open = open_set,
	PUSH_OPERATIONS,
};

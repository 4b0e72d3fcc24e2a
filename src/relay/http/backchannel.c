/* SPDX-License-Identifier: ISC */
/*
 * OpenID Connect Back-Channel Logout 1.0: a logout token to a relying party. It names user and session as the access tokens do,
 * is good for two minutes, and is made anew at every attempt; the id stays, so that a party that has it knows it. There is no
 * nonce in it, by which it could be taken for an ID token (section 2.4).
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"

#include "relay/http/push.h"

#define TYP "logout+jwt"
#define EVENT "http://schemas.openid.net/event/backchannel-logout"
#define LIFE 120 /* seconds */
#define PAYLOAD_MAX 2048
#define MEMBER "logout_token="

static void
put_member(struct buf *b, const char *name, const char *value)
{

	buf_printf(b, "\"%s\":", name);
	buf_json(b, str_of(value));
	buf_putc(b, ',');
}

static void
put_payload(struct buf *b, const struct push *p, const struct sink_event *e)
{
	int64_t now = clock_wall();

	buf_putc(b, '{');
	put_member(b, "iss", p->env->conf->issuer);
	put_member(b, "sub", e->user_id);
	put_member(b, "aud", p->conf->audience);
	put_member(b, "jti", e->id);
	put_member(b, "sid", e->session_id);
	buf_printf(b, "\"iat\":%" PRId64 ",\"exp\":%" PRId64 ",\"events\":{\"" EVENT "\":{}}}", now, now + LIFE);
}

/* Nothing in a token needs escaping in a form. */
static const char *
write_request(const struct push *p, const struct sink_event *e, struct push_message *m)
{
	char payload[PAYLOAD_MAX];
	struct buf b;

	if (e->user_id == NULL || e->session_id == NULL)
		return ("the event is about no session");
	buf_init(&b, payload, sizeof(payload));
	put_payload(&b, p, e);
	push_header(m, "Content-Type", "application/x-www-form-urlencoded");
	return (push_token(p, MEMBER, TYP, &b, m));
}

static bool
is_final(const struct http_answer *a, char *error)
{

	(void)error;
	return (a->status == 400);
}

static const struct push_kind backchannel = { .write = write_request, .is_final = is_final };

static void *
open_backchannel(const struct sink_conf *c, const struct sink_env *env, char *why, size_t len)
{

	return (push_open(&backchannel, c, env, why, len));
}

const struct sink_driver backchannel_driver = {
	.type = "backchannel",
	.module = "sink_http",
	.ended_only = true,
	.needs_public_key = true,
	.check = push_check_tokens,
	.open = open_backchannel,
	.start = push_start,
	.fd = push_fd,
	.due = push_due,
	.run = push_run,
	.close = push_close,
};

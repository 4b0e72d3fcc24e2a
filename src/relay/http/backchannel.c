/* SPDX-License-Identifier: ISC */
/*
 * OpenID Connect Back-Channel Logout 1.0: a logout token to a relying party. It names user and session as the access tokens do,
 * is good for two minutes, and is made anew at every attempt; the id stays, so that a party that has it knows it. There is no
 * nonce in it, by which it could be taken for an ID token (section 2.4).
 */
#include <inttypes.h>

#include "base/clock.h"

#include "relay/http/push.h"

#define TYP "logout+jwt"
#define EVENT "http://schemas.openid.net/event/backchannel-logout"
#define LIFE 120 /* seconds */
#define MEMBER "logout_token="

static void
put_payload(struct buf *b, const struct push *p, const struct sink_event *e)
{
	int64_t now = clock_wall();

	buf_putc(b, '{');
	push_member(b, "iss", p->env->conf->issuer);
	buf_putc(b, ',');
	push_member(b, "sub", e->user_id);
	buf_putc(b, ',');
	push_member(b, "aud", p->conf->audience);
	buf_putc(b, ',');
	push_member(b, "jti", e->id);
	buf_putc(b, ',');
	push_member(b, "sid", e->session_id);
	buf_printf(b, ",\"iat\":%" PRId64 ",\"exp\":%" PRId64 ",\"events\":{\"" EVENT "\":{}}}", now, now + LIFE);
}

/* Nothing in a token needs escaping in a form. */
static const char *
write_request(const struct push *p, const struct sink_event *e, struct push_message *m)
{

	push_header(m, "Content-Type", "application/x-www-form-urlencoded");
	return (push_token(p, e, MEMBER, TYP, put_payload, m));
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
	PUSH_OPERATIONS,
};

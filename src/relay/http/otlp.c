/* SPDX-License-Identifier: ISC */
/*
 * Spans for a collector, by OTLP over HTTP in JSON. The body is the relay's (relay/trace.c); what is told is no secret, and the
 * collector may be on an inner network, by http as well.
 */
#include "relay/http/push.h"

static const char *
write_request(const struct push *p, const struct sink_event *e, struct push_message *m)
{

	(void)p;
	push_header(m, "Content-Type", "application/json");
	m->body = e->json;
	m->len = e->json_len;
	return (NULL);
}

/* What is wrong with the request stays wrong. */
static bool
is_final(const struct http_answer *a, char *error)
{

	(void)error;
	return (a->status >= 300 && a->status < 500 && a->status != 429);
}

static const struct push_kind otlp = { .write = write_request, .is_final = is_final };

static void *
open_otlp(const struct sink_conf *c, const struct sink_env *env, char *why, size_t len)
{

	return (push_open(&otlp, c, env, why, len));
}

const struct sink_driver otlp_driver = {
	.type = "otlp",
	.module = "sink_http",
	.check = push_check,
	.open = open_otlp,
	PUSH_OPERATIONS,
};

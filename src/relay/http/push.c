/* SPDX-License-Identifier: ISC */
/*
 * A kind of sink writes a request for an event and judges answers that are not 2xx; all else is here. Whatever is not known to
 * be final is tried again by the relay: a receiver that is wrong today may be right tomorrow, and one that has an event twice
 * knows it by its id.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/ca_file.h"
#include "crypto/keyring.h"
#include "crypto/mac.h"
#include "relay/http/secret.h"
#include "relay/http/target.h"

#include "relay/http/push.h"

#define PAYLOAD_MAX 2048 /* bytes, of a token */

void
push_header(struct push_message *m, const char *name, const char *value)
{

	if (m->headers < HTTP_HEADERS)
		snprintf(m->header[m->headers++], HTTP_HEADER_MAX, "%s: %s", name, value);
}

void
push_member(struct buf *b, const char *name, const char *value)
{

	buf_printf(b, "\"%s\":", name);
	buf_json(b, str_of(value));
}

const char *
push_token(const struct push *p, const struct sink_event *e, const char *prefix, const char *typ, push_payload *payload,
    struct push_message *m)
{
	const struct jwk *k = keyring_public_signer(p->env->keys);
	char text[PAYLOAD_MAX];
	struct buf in, out;

	if (e->user_id == NULL || e->session_id == NULL)
		return ("the event is about no session");
	m->later = true; /* keys come and go */
	if (k == NULL)
		return (SINK_NO_PUBLIC_KEY);
	buf_init(&in, text, sizeof(text));
	payload(&in, p, e);
	buf_init(&out, m->text, sizeof(m->text));
	buf_puts(&out, prefix);
	if (in.overflow || !jws_sign(k, typ, buf_str(&in), &out))
		return ("the token could not be signed");
	m->body = out.p;
	m->len = out.len;
	return (NULL);
}

static bool
check_ca_file(const char *path, char *why, size_t len)
{
	char fault[HTTP_ERROR_MAX];
	bool fine = path[0] == '\0' || ca_file_check(path, fault, sizeof(fault));

	if (!fine)
		snprintf(why, len, "ca_file: %s", fault);
	return (fine);
}

bool
push_check(const struct sink_conf *c, char *why, size_t len)
{
	char fault[HTTP_ERROR_MAX];
	struct target t;
	bool fine;

	if (!target_open(&t, c->url, c->allow_private, fault, sizeof(fault))) {
		snprintf(why, len, "url: %s", fault);
		return (false);
	}
	t.plain_private = c->plain_private;
	if (!(fine = target_admits_host(&t, clock_mono_ms() + HTTP_CONNECT_MS, fault, sizeof(fault))))
		snprintf(why, len, "url: %s", fault);
	target_close(&t);
	return (fine && check_ca_file(c->ca_file, why, len));
}

bool
push_check_tokens(const struct sink_conf *c, char *why, size_t len)
{

	if (c->audience[0] != '\0')
		return (push_check(c, why, len));
	snprintf(why, len, "audience: is missing: whom the tokens are for");
	return (false);
}

static void
judge(const struct push *p, const struct http_answer *a, struct sink_delivery *d)
{
	char error[HTTP_ERROR_MAX];
	bool final = false;

	if (a->status >= 200 && a->status < 300)
		return (p->env->done(d, SINK_DELIVERED, NULL));
	if (a->status == 0) {
		snprintf(error, sizeof(error), "%s", a->error);
	} else {
		snprintf(error, sizeof(error), "HTTP %ld%s", a->status,
		    a->status < 400    ? ": redirects are not followed"
		    : a->status == 410 ? ": the receiver says that it is there no more"
				       : "");
		final = p->kind->is_final != NULL && p->kind->is_final(a, error);
	}
	p->env->done(d, final ? SINK_FINAL : SINK_RETRY, error);
}

static void
answered(void *arg, void *of, const struct http_answer *a)
{

	judge(arg, a, of);
}

void *
push_open(const struct push_kind *kind, const struct sink_conf *c, const struct sink_env *env, char *why, size_t len)
{
	struct http_place place = {
		.url = c->url, .ca_file = c->ca_file, .allow_private = c->allow_private, .plain_private = c->plain_private
	};
	struct push *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		snprintf(why, len, "out of memory");
		return (NULL);
	}
	*p = (struct push){ .kind = kind, .conf = c, .env = env };
	if ((kind->open == NULL || kind->open(p, why, len)) && (p->http = http_open(&place, answered, p, why, len)) != NULL)
		return (p);
	push_close(p);
	return (NULL);
}

/* The id becomes part of a header. Ours are words; what is none did not come from a script of ours. */
static const char *
write_message(const struct push *p, const struct sink_event *e, struct push_message *m)
{

	m->headers = 0;
	m->later = false;
	if (!str_is_word(str_of(e->id), "-_.", SECRET_ID_MAX))
		return ("the event has a malformed id");
	return (p->kind->write(p, e, m));
}

bool
push_start(void *sink, struct sink_delivery *d, const struct sink_event *e)
{
	struct push *p = sink;
	struct http_request r = { .body = NULL };
	struct push_message m;
	const char *fault;

	if ((fault = write_message(p, e, &m)) != NULL) {
		p->env->done(d, m.later ? SINK_RETRY : SINK_FINAL, fault);
		return (true);
	}
	for (size_t i = 0; i < m.headers; i++)
		r.headers[i] = m.header[i];
	r.body = m.body;
	r.len = m.len;
	return (http_start(p->http, &r, d));
}

int
push_fd(void *sink)
{

	return (http_fd(((struct push *)sink)->http));
}

int64_t
push_due(void *sink)
{

	return (http_due(((struct push *)sink)->http));
}

void
push_run(void *sink)
{

	http_run(((struct push *)sink)->http);
}

void
push_close(void *sink)
{
	struct push *p = sink;

	http_close(p->http);
	mac_key_free(p->secret);
	free(p);
}

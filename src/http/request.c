/* SPDX-License-Identifier: ISC */
/*
 * The variables of params.c as a request: method, path, credentials, and where it came from. Whether it came over TLS and from
 * which address is decided here, from what the front server itself set. Forwarding headers count only if the peer is a trusted
 * proxy, and not if they were sent in two different values.
 */
#include <string.h>

#include "base/log.h"
#include "http/path.h"
#include "http/trace.h"
#include "http/trusted.h"

#include "http/request.h"

static enum method
method_of(struct str s)
{
	static const struct {
		const char *name;
		enum method method;
	} methods[] = { { "GET", METHOD_GET }, { "HEAD", METHOD_HEAD }, { "POST", METHOD_POST }, { "PUT", METHOD_PUT },
		{ "DELETE", METHOD_DELETE }, { "PATCH", METHOD_PATCH }, { "OPTIONS", METHOD_OPTIONS },
		{ "TRACE", METHOD_TRACE } };

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (str_is(s, methods[i].name))
			return (methods[i].method);
	return (METHOD_OTHER);
}

/* Logged once per process: anybody who can send such a header could otherwise fill the log. */
static void
report_unreadable(struct str forwarded_for)
{
	static bool said;

	if (!said)
		log_warn("an address in X-Forwarded-For cannot be read, the proxy's is recorded instead value=%s",
		    log_text(forwarded_for));
	said = true;
}

/* Evidence of TLS is what the server set; Apache's early hooks set only the scheme. */
static bool
server_saw_tls(const struct params *p)
{

	return (str_is_nocase(p->value[PARAM_HTTPS], "on") || str_is_nocase(p->value[PARAM_SCHEME], "https"));
}

/* What a trusted peer's headers say. A header sent in two different values says nothing. */
static void
take_forwarded(struct request *r, const struct config *c, const struct params *p)
{
	struct str from = p->twice[PARAM_FORWARDED_FOR] ? STR_NONE : p->value[PARAM_FORWARDED_FOR];
	struct forwarded f;

	trusted_forwarded(c->trusted_proxies, from, &f);
	if (f.unreadable)
		report_unreadable(from);
	str_copy(r->ip, sizeof(r->ip), str_of(f.client));
	if (!p->twice[PARAM_FORWARDED_PROTO])
		r->tls = r->tls || str_is_nocase(trusted_proto(p->value[PARAM_FORWARDED_PROTO], f.hop), "https");
}

/* The peer as the server names it: an address, "unix:", or an address with a zone, which is kept as it is. */
static void
take_peer(struct request *r, struct str peer)
{

	if (!trusted_address(peer, r->ip) && str_is_word(peer, ".:%", ADDRESS_MAX))
		str_copy(r->ip, sizeof(r->ip), peer);
}

/* A peer that is not trusted is believed about nothing, and neither are its headers. */
static void
set_origin(struct request *r, const struct config *c, const struct params *p)
{
	struct str peer = p->value[PARAM_REMOTE_ADDR];

	r->tls = server_saw_tls(p);
	if (trusted_peer(c->trusted_proxies, peer))
		take_forwarded(r, c, p);
	if (r->ip[0] == '\0')
		take_peer(r, peer);
}

static void
set_length(struct request *r, const struct params *p)
{
	struct str s = p->value[PARAM_CONTENT_LENGTH];

	r->has_length = s.p != NULL && !str_is(s, "-1"); /* Caddy's word for a length nobody knows */
	if (r->has_length && !str_to_u64(s, UINT64_MAX, &r->length))
		r->length = UINT64_MAX; /* no number: refused as a body that cannot be */
}

/* Only what a handler may look at is copied; the trust decisions are made here, once. */
void
request_init(struct request *r, const struct config *c, const struct params *p, bool authorizer, struct arena *arena)
{

	memset(r, 0, sizeof(*r));
	r->arena = arena;
	r->authorizer = authorizer;
	r->method = method_of(p->value[PARAM_METHOD]);
	r->query = p->value[PARAM_QUERY];
	memcpy(r->cookie, p->cookie, sizeof(r->cookie));
	r->n_cookie = p->n_cookie;
	r->authorization = p->value[PARAM_AUTHORIZATION];
	r->content_type = p->value[PARAM_CONTENT_TYPE];
	r->content_encoding = p->value[PARAM_CONTENT_ENCODING];
	r->accept = p->value[PARAM_ACCEPT];
	r->accept_language = p->value[PARAM_ACCEPT_LANGUAGE];
	r->origin = p->value[PARAM_ORIGIN];
	r->sec_fetch_site = p->value[PARAM_SEC_FETCH_SITE];
	r->sec_fetch_mode = p->value[PARAM_SEC_FETCH_MODE];
	r->user_agent = p->value[PARAM_USER_AGENT];
	r->host = p->value[PARAM_HOST];
	r->request_uri = p->value[PARAM_REQUEST_URI];
	r->original_uri = p->value[PARAM_ORIGINAL_URI];
	r->group = p->value[PARAM_GROUP];
	r->preflight = r->method == METHOD_OPTIONS && r->origin.p != NULL && p->value[PARAM_REQUESTED_METHOD].p != NULL;
	set_length(r, p);
	set_origin(r, c, p);
	trace_id_of(p->value[PARAM_TRACEPARENT], r->trace_id);
	r->traced = trace_parent_of(p->value[PARAM_TRACEPARENT], r->parent_id);
}

bool
request_route(struct request *r, const struct config *c, const struct params *p)
{

	r->mounted_path = p->value[PARAM_ROUTE].p == NULL;
	return (path_route(p->value[PARAM_ROUTE], p->value[PARAM_SCRIPT_NAME], p->value[PARAM_PATH_INFO],
	    p->value[PARAM_REQUEST_URI], c->mount, r->path, sizeof(r->path)));
}

const struct field *
request_field(const struct request *r, const char *name)
{

	for (size_t i = 0; i < r->n_fields; i++)
		if (str_is(r->fields[i].name, name))
			return (&r->fields[i]);
	return (NULL);
}

/* "q=0" says "not this" (RFC 9110 section 12.4.2). */
static bool
is_declined(struct str parameters)
{

	while (parameters.p != NULL) {
		struct str value = str_cut(&parameters, ';'), name = str_trim(str_cut(&value, '='));
		bool zero = str_is_nocase(name, "q");

		value = str_trim(value);
		for (size_t i = 0; i < value.len; i++)
			zero = zero && (value.p[i] == '0' || value.p[i] == '.');
		if (zero)
			return (true);
	}
	return (false);
}

/* A browser asks for text/html by name; scripts take anything. */
bool
request_wants_html(const struct request *r)
{
	struct str rest = r->accept;

	while (rest.p != NULL) {
		struct str range = str_cut(&rest, ',');

		if (str_is_nocase(str_trim(str_cut(&range, ';')), "text/html") && !is_declined(range))
			return (true);
	}
	return (false);
}

/* Newer browsers say so themselves; for the others what they accept is the best hint there is. */
bool
request_is_navigation(const struct request *r)
{

	if (r->sec_fetch_mode.p != NULL)
		return (str_is(r->sec_fetch_mode, "navigate"));
	return (request_wants_html(r));
}

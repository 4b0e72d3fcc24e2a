/* SPDX-License-Identifier: ISC */
/*
 * From the variables of one request to the bytes of its answer. The steps, each of which can end it:
 *
 * 1. Read the variables: too many, too long, contradictory ones are refused before anything else looks at them.
 * 2. Find the route. An Authorizer's request is always a check, whatever its path.
 * 3. Refuse plain HTTP, before a credential is looked at or a body read.
 * 4. Read the body, where the route has one.
 * 5. The handler.
 * 6. Turn an error into a page if a person will read it; add the headers that all answers have.
 *
 * Afterwards everything that held secrets is wiped. Buffers are static: a worker serves one request at a time.
 */
#include <string.h>

#include "base/log.h"
#include "doorward/trace.h"
#include "handle/credential.h"
#include "handle/page.h"
#include "http/request.h"
#include "http/response.h"
#include "web/route.h"

#include "web/serve.h"

/* As the conventions for HTTP spans have it. */
static const char *
method_word(enum method m)
{
	static const char *const words[] = { "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (m == 1u << i)
			return (words[i]);
	return ("_OTHER");
}

static void
refuse_early(struct response *r, const struct request *q, enum params_verdict v)
{

	if (v == PARAMS_TOO_LARGE)
		response_error(r, q, "header_too_large", "The request's headers are too large.", NULL, 0);
	else if (v == PARAMS_DUPLICATE)
		response_error(r, q, "invalid_request", "A header that must be single was sent twice.", NULL, 0);
	else
		response_error(r, q, "invalid_request", "A header or the address holds a character that cannot be.", NULL, 0);
}

/* In the order of the bits of enum method. */
static void
put_allow(struct response *r, unsigned allow)
{
	static const char *const names[] = { "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS" };
	char text[64];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((allow & 1u << i) != 0)
			buf_printf(&b, "%s%s", b.len > 0 ? ", " : "", names[i]);
	response_header(r, "Allow", buf_str(&b));
}

/* 404 where no method is known for the path, 405 otherwise. */
static void
refuse_route(struct response *r, const struct request *q, unsigned allow)
{

	if (allow == 0) {
		response_error(r, q, "not_found", "There is nothing here.", NULL, 0);
		return;
	}
	response_error(r, q, "method_not_allowed", "This address does not take that method.", NULL, 0);
	put_allow(r, allow);
}

/* Reads the body if the route wants one. False: answered. */
static bool
take_body(struct response *r, struct request *q, struct exchange *x)
{
	enum body_verdict v = body_read(q, x->read, x->ctx);

	if (v != BODY_OK)
		body_refuse(q, r, v, "Send application/json or application/x-www-form-urlencoded.");
	return (v == BODY_OK);
}

static const struct route *
choose(struct app *app, const struct params *p, struct request *q, struct response *r)
{
	const struct route *route;
	unsigned allow = 0;

	if (q->authorizer) {
		if (q->method != METHOD_TRACE)
			return (route_check);
		refuse_route(r, q, route_check->methods);
		return (NULL);
	}
	route = request_route(q, app->conf, p) ? route_find(q->path, q->method, &allow) : NULL;
	if (route == NULL)
		refuse_route(r, q, allow);
	return (route);
}

/*
 * A credential that has travelled in the clear is not even looked at (R001). Routes with ROUTE_OWN_REFUSAL refuse plain HTTP by
 * themselves, with a page or a hint where to go.
 */
static bool
transport_allows(const struct app *app, const struct route *route, const struct request *q)
{

	return (q->tls || !app->conf->require_tls || (route->flags & (ROUTE_PLAIN_OK | ROUTE_OWN_REFUSAL)) != 0);
}

static void
dispatch(struct app *app, const struct params *p, struct request *q, struct response *r, struct exchange *x)
{
	const struct route *route = choose(app, p, q, r);

	if (route == NULL)
		return;
	board_busy(app->slot, route_id(route), q->trace_id);
	trace_route(route->path);
	if (!transport_allows(app, route, q)) {
		credential_refuse_transport(q, r);
		return;
	}
	if ((route->flags & ROUTE_BODY) != 0 && !take_body(r, q, x))
		return;
	board_stage(app->slot, STAGE_RULES);
	route->handle(app, q, r);
}

void
serve(struct app *app, struct exchange *x)
{
	static char block[ARENA_BYTES], answer[ANSWER_BYTES];
	static struct arena arena;
	struct params p;
	struct request q;
	struct response r;
	struct buf out;
	enum params_verdict v = params_read(x->envp, &p);

	if (x->oversized)
		v = PARAMS_TOO_LARGE;
	if (x->poisoned && v == PARAMS_OK)
		v = PARAMS_POISONED;
	if (arena.block == NULL)
		arena_init(&arena, block, sizeof(block));
	request_init(&q, app->conf, &p, x->authorizer, &arena);
	response_init(&r);
	log_trace(q.trace_id);
	trace_begin(q.trace_id, q.parent_id, q.traced, method_word(q.method));
	if (v == PARAMS_OK)
		dispatch(app, &p, &q, &r, x);
	else
		refuse_early(&r, &q, v);
	if (r.error.code != NULL && request_is_navigation(&q))
		page_error(app, &q, &r); /* a person reads it */
	buf_init(&out, answer, sizeof(answer));
	response_write(&r, &q, app->conf, &out);
	explicit_bzero(r.body.p, r.body.len);
	explicit_bzero(r.head.p, r.head.len);
	arena_reset(&arena);
	log_trace(NULL);
	x->answer = buf_str(&out);
	x->status = r.status;
}

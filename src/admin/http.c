#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include "admin/routes.h"
#include "base/log.h"
#include "crypto/mac.h"
#include "web/body.h"
#include "web/response.h"
#include "web/trace.h"

#include "admin/http.h"

#define CONNECTIONS_MAX 64
#define CONNECTION_TIMEOUT 5			/* seconds a silent peer keeps its place */
#define CONNECTION_ROOM (32 * 1024)		/* bytes of one request's head */
/* A body, and all sessions of one user. */
#define ARENA_BYTES (BODY_MAX * 4 + 64 * 1024 + (SESSION_LIMIT_MAX + 1) * sizeof(struct session))
#define ANSWER_BYTES (ADMIN_ROOM + RESPONSE_HEAD_MAX + 1024)

struct http {
	struct MHD_Daemon *daemon;
	struct app *app;
	const char *token;
	bool trusted, drained;
};

/* One request while it comes in. */
struct coming {
	char *query;
	char body[BODY_MAX + 1]; /* one byte beyond is enough to know that it is too long */
	size_t len, read;
	bool begun;
};

/*
 * The library has cut the query off and decoded the path by the time it calls us: this is the only look at what was
 * sent.
 */
static void *
on_uri(void *cls, const char *uri, struct MHD_Connection *conn)
{
	struct coming *x = calloc(1, sizeof(*x));
	const char *mark = strchr(uri, '?');

	(void)cls;
	(void)conn;
	if (x != NULL && mark != NULL && (x->query = strdup(mark + 1)) == NULL) {
		free(x);
		return (NULL);
	}
	return (x);
}

static void
on_completed(void *cls, struct MHD_Connection *conn, void **ctx, enum MHD_RequestTerminationCode why)
{
	struct coming *x = *ctx;

	(void)cls;
	(void)conn;
	(void)why;
	if (x == NULL)
		return;
	explicit_bzero(x->body, sizeof(x->body));
	free(x->query);
	free(x);
	*ctx = NULL;
}

static ssize_t
read_body(void *ctx, char *p, size_t n)
{
	struct coming *x = ctx;

	if (n > x->len - x->read)
		n = x->len - x->read;
	memcpy(p, x->body + x->read, n);
	x->read += n;
	return ((ssize_t)n);
}

static struct str
header(struct MHD_Connection *conn, const char *name)
{

	return (str_of(MHD_lookup_connection_value(conn, MHD_HEADER_KIND, name)));
}

static enum method
method_of(const char *name)
{

	if (strcmp(name, "GET") == 0 || strcmp(name, "HEAD") == 0)
		return (METHOD_GET); /* the library leaves the body of a HEAD out */
	return (strcmp(name, "POST") == 0 ? METHOD_POST : METHOD_OTHER);
}

/* Compared as hashes: neither the place of a difference nor the length can be timed. */
static bool
token_matches(const char *token, struct str authorization)
{
	uint8_t want[MAC_LEN], sent[MAC_LEN];
	struct str rest = authorization, scheme = str_cut(&rest, ' ');

	if (!str_is_nocase(scheme, "Bearer") || rest.p == NULL)
		return (false);
	mac_sha256(token, strlen(token), want);
	mac_sha256(rest.p, rest.len, sent);
	return (mac_equal(want, sent, MAC_LEN));
}

/* False: answered. Without a token configured, what is not open does not exist here. */
static bool
is_allowed(const struct http *h, const struct admin_route *route, const struct request *q, struct response *r)
{

	if (route->open || h->trusted || (h->token != NULL && token_matches(h->token, q->authorization)))
		return (true);
	if (h->token == NULL)
		response_error(r, q, "not_found", "There is nothing here.", NULL, 0);
	else if (q->authorization.p == NULL)
		response_error(r, q, "missing_token", "The operators' token is needed.", NULL, 0);
	else
		response_error(r, q, "invalid_token", "This is not the operators' token.", NULL, 0);
	return (false);
}

static bool
take_body(struct coming *x, struct request *q, struct response *r)
{
	enum body_verdict v = body_read(q, read_body, x);

	if (v == BODY_OK && !q->is_form)
		return (true);
	if (v == BODY_TOO_LARGE)
		response_error(r, q, "payload_too_large", "The body is larger than 16384 bytes.", NULL, 0);
	else if (v == BODY_OK || v == BODY_BAD_TYPE)
		response_error(r, q, "unsupported_media_type", "Send application/json.", NULL, 0);
	else
		response_error(r, q, "invalid_request", "The body is malformed.", NULL, 0);
	return (false);
}

static void
dispatch(struct http *h, struct coming *x, struct request *q, struct response *r)
{
	const struct admin_route *route = routes_find(q->path);

	if (route == NULL) {
		response_error(r, q, "not_found", "There is nothing here.", NULL, 0);
		return;
	}
	if (!is_allowed(h, route, q, r))
		return;
	if ((route->methods & q->method) == 0) {
		response_error(r, q, "method_not_allowed", "This address does not take that method.", NULL, 0);
		response_header(r, "Allow", route->methods == METHOD_POST ? STR_LIT("POST") : STR_LIT("GET, HEAD"));
		return;
	}
	if (q->method == METHOD_POST && !take_body(x, q, r))
		return;
	route->handle(h->app, q, r);
}

/* Moves the header lines of ${*answer} into ${m}, and the body to its front. */
static unsigned
move_head(struct MHD_Response *m, struct str *answer)
{
	uint64_t status = 500;

	for (;;) {
		struct str line = str_cut(answer, '\n'), name;
		char n[64], v[1024];

		if (line.len <= 1)
			return ((unsigned)status);
		line.len--; /* the CR */
		name = str_cut(&line, ':');
		line = str_trim(line);
		if (str_is(name, "Status"))
			str_to_u64((struct str){ line.p, 3 }, 599, &status);
		else if (!str_is(name, "Content-Length") && str_copy(n, sizeof(n), name) &&
			 str_copy(v, sizeof(v), line))
			MHD_add_response_header(m, n, v);
	}
}

static enum MHD_Result
send_answer(struct MHD_Connection *conn, struct str answer)
{
	struct MHD_Response *m;
	struct str body = answer;
	unsigned status;
	enum MHD_Result rc;
	const char *end = memmem(answer.p, answer.len, "\r\n\r\n", 4);

	body.p = end == NULL ? answer.p + answer.len : end + 4;
	body.len = (size_t)(answer.p + answer.len - body.p);
	m = MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.p, MHD_RESPMEM_MUST_COPY);
	if (m == NULL)
		return (MHD_NO);
	status = move_head(m, &answer);
	rc = MHD_queue_response(conn, status, m);
	MHD_destroy_response(m);
	return (rc);
}

static enum MHD_Result
answer(struct http *h, struct coming *x, struct request *q, struct MHD_Connection *conn)
{
	static char body[ADMIN_ROOM], text[ANSWER_BYTES];
	struct response r;
	struct buf out;
	enum MHD_Result rc;

	response_init(&r);
	buf_init(&r.body, body, sizeof(body));
	board_busy(h->app->slot, ROUTE_SLOTS, q->trace_id);
	log_trace(q->trace_id);
	dispatch(h, x, q, &r);
	buf_init(&out, text, sizeof(text));
	response_write(&r, q, h->app->conf, &out);
	board_idle(h->app->slot, r.status);
	log_trace(NULL);
	rc = send_answer(conn, buf_str(&out));
	explicit_bzero(text, out.len);
	return (rc);
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *conn, const char *url, const char *method, const char *version,
    const char *data, size_t *size, void **ctx)
{
	static char block[ARENA_BYTES];
	struct coming *x = *ctx;
	struct request q = { .method = method_of(method), .has_length = true };
	struct arena arena;
	enum MHD_Result rc;

	(void)version;
	if (x == NULL)
		return (MHD_NO);
	if (!x->begun) {
		x->begun = true;
		return (MHD_YES);
	}
	if (*size > 0) {
		size_t n = *size < sizeof(x->body) - x->len ? *size : sizeof(x->body) - x->len;

		memcpy(x->body + x->len, data, n);
		x->len += n;
		*size = 0;
		return (MHD_YES);
	}
	arena_init(&arena, block, sizeof(block));
	q.arena = &arena;
	q.length = x->len;
	q.query = str_of(x->query);
	q.authorization = header(conn, MHD_HTTP_HEADER_AUTHORIZATION);
	q.content_type = header(conn, MHD_HTTP_HEADER_CONTENT_TYPE);
	q.accept = header(conn, MHD_HTTP_HEADER_ACCEPT);
	trace_id_of(header(conn, "traceparent"), q.trace_id);
	(void)str_copy(q.path, sizeof(q.path), str_of(url)); /* too long is "", which is not there */
	rc = answer(cls, x, &q, conn);
	arena_reset(&arena);
	return (rc);
}

static void on_log(void *cls, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static void
on_log(void *cls, const char *fmt, va_list ap)
{
	char text[256];

	(void)cls;
	vsnprintf(text, sizeof(text), fmt, ap);
	log_debug("http: %s", log_text(str_of(text)));
}

struct http *
http_open(int fd, bool trusted, struct app *app, const char *token)
{
	struct http *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return (NULL);
	*h = (struct http){ .app = app, .token = token, .trusted = trusted };
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, h,
	    MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_TIMEOUT,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_ROOM, MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_URI_LOG_CALLBACK, on_uri, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
	if (h->daemon == NULL) {
		log_error("cannot serve HTTP: %s", strerror(errno));
		free(h);
		return (NULL);
	}
	return (h);
}

int
http_fd(const struct http *h)
{

	return (MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd);
}

int
http_timeout(const struct http *h)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (MHD_get_timeout(h->daemon, &ms) != MHD_YES)
		return (-1);
	return (ms > 60000 ? 60000 : (int)ms);
}

void
http_run(struct http *h)
{

	MHD_run(h->daemon);
}

/*
 * Quiesced, the library forgets the listening socket: closing or shutting it down would take it from the next
 * generation too.
 */
bool
http_drain(struct http *h)
{

	if (!h->drained)
		MHD_quiesce_daemon(h->daemon);
	h->drained = true;
	return (MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections == 0);
}

void
http_close(struct http *h)
{

	if (h == NULL)
		return;
	http_drain(h);
	MHD_stop_daemon(h->daemon);
	free(h);
}

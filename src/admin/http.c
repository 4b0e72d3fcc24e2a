/* SPDX-License-Identifier: ISC */
/*
 * HTTP for operators: libmicrohttpd is the codec, our own wait drives it.
 *
 * Whoever may connect must not be able to keep others from an answer. The library closes a connection that is silent, and takes
 * no new one beyond its limit; but silent ones could fill that, and a byte now and then is not silence. So each connection has
 * a deadline for its next whole request, from when it was made or last answered, and beyond CONNECTIONS_KEPT the one that has
 * owed us a request for longest is closed: a health checker, who asks at once, is always among the youngest.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include "admin/explorer.h"
#include "admin/guard.h"
#include "admin/routes.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/body.h"
#include "http/response.h"
#include "http/trace.h"

#include "admin/http.h"

#define CONNECTIONS_MAX 256         /* what a burst may make for a moment */
#define CONNECTIONS_KEPT 64         /* beyond these the one that owes us a request for longest is closed */
#define CONNECTION_TIMEOUT 5        /* seconds a silent peer keeps its place */
#define REQUEST_DEADLINE 10000      /* ms for a whole request, however its bytes come */
#define SWEEP_PERIOD 1000           /* ms: how exactly that is kept */
#define CONNECTION_ROOM (32 * 1024) /* bytes of one request's head */
/* A body, and all sessions of one user. */
#define ARENA_BYTES (BODY_MAX * 4 + 64 * 1024 + (SESSION_LIMIT_MAX + 1) * sizeof(struct session))
#define ANSWER_BYTES (ADMIN_ROOM + RESPONSE_HEAD_MAX + 1024)

struct place {
	int fd;        /* -1 = free */
	int64_t since; /* mono, ms: when it was made, or answered last */
};

struct http {
	struct MHD_Daemon *daemon;
	struct app *app;
	struct guard guard;
	bool drained;
	size_t open;
	int64_t swept; /* mono, ms */
	struct place places[CONNECTIONS_MAX];
};

/* The library sees the end of the connection and closes it. */
static void
cut_off(struct place *p)
{

	(void)shutdown(p->fd, SHUT_RDWR);
	p->since = INT64_MAX; /* once is enough */
}

/* Whoever owes a request for longest goes first; one that was just answered is among the youngest. */
static void
cut_off_oldest(struct http *h)
{
	struct place *oldest = NULL;

	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (h->places[i].fd >= 0 && (oldest == NULL || h->places[i].since < oldest->since))
			oldest = &h->places[i];
	if (oldest != NULL && oldest->since != INT64_MAX)
		cut_off(oldest);
}

static void
cut_off_late(struct http *h)
{
	int64_t now = clock_mono_ms();

	if (h->open == 0 || now - h->swept < SWEEP_PERIOD)
		return;
	h->swept = now;
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (h->places[i].fd >= 0 && h->places[i].since <= now - REQUEST_DEADLINE)
			cut_off(&h->places[i]);
}

/* The slot in our table is the connection's context, by which its requests find it. */
static void
on_connection(void *cls, struct MHD_Connection *conn, void **ctx, enum MHD_ConnectionNotificationCode what)
{
	struct http *h = cls;
	struct place *p = *ctx;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (p != NULL) {
			p->fd = -1;
			h->open--;
		}
		return;
	}
	if (h->open >= CONNECTIONS_KEPT)
		cut_off_oldest(h);
	for (size_t i = 0; i < CONNECTIONS_MAX && *ctx == NULL; i++)
		if (h->places[i].fd < 0) {
			h->places[i].fd = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
			h->places[i].since = clock_mono_ms();
			h->open++;
			*ctx = &h->places[i];
		}
}

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
	struct place *p = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;

	(void)cls;
	(void)why;
	if (p != NULL && p->since != INT64_MAX)
		p->since = clock_mono_ms();
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

static bool
take_body(const struct http *h, const struct admin_route *route, struct coming *x, struct request *q, struct response *r)
{
	enum body_verdict v = body_read(q, read_body, x);

	if (v == BODY_OK && q->is_form && !route->forms)
		v = BODY_BAD_TYPE;
	if (v != BODY_OK)
		body_refuse(q, r, v, "Send application/json.");
	return (v == BODY_OK && guard_post(&h->guard, q, r));
}

/* The Host first, then the route, then whether the caller may, and only then the method: who may not know of it sees 404. */
static void
dispatch(struct http *h, struct coming *x, struct request *q, struct response *r)
{
	const struct admin_route *route = routes_find(q->path);

	if (!guard_host(&h->guard, q, r))
		return;
	if (route == NULL) {
		response_error(r, q, "not_found", "There is nothing here.", NULL, 0);
		return;
	}
	if (!guard_caller(&h->guard, route, q, r))
		return;
	if ((route->methods & q->method) == 0) {
		response_error(r, q, "method_not_allowed", "This address does not take that method.", NULL, 0);
		response_header(r, "Allow", route->methods == METHOD_POST ? STR_LIT("POST") : STR_LIT("GET, HEAD"));
		return;
	}
	if (q->method == METHOD_POST && !take_body(h, route, x, q, r))
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
		else if (!str_is(name, "Content-Length") && str_copy(n, sizeof(n), name) && str_copy(v, sizeof(v), line))
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

/* Whether an error is read by somebody: in a browser, or at a page. */
static bool
is_for_person(const struct request *q)
{
	const struct admin_route *route = routes_find(q->path);

	return (request_is_navigation(q) || (route != NULL && route->person));
}

/* Buffers are static: this process serves one request at a time. */
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
	if (r.error.code != NULL && is_for_person(q))
		explorer_error(h->app, q, &r);
	buf_init(&out, text, sizeof(text));
	response_write(&r, q, h->app->conf, &out);
	board_idle(h->app->slot, r.status);
	log_trace(NULL);
	rc = send_answer(conn, buf_str(&out));
	explicit_bzero(text, out.len);
	return (rc);
}

/* A piece of the body, as far as there is room: one byte too many is enough to know. */
static void
take_piece(struct coming *x, const char *data, size_t n)
{

	if (n > sizeof(x->body) - x->len)
		n = sizeof(x->body) - x->len;
	memcpy(x->body + x->len, data, n);
	x->len += n;
}

static void
fill_request(struct request *q, struct MHD_Connection *conn, const char *url, const struct coming *x)
{

	q->has_length = true;
	q->length = x->len;
	q->query = str_of(x->query);
	q->authorization = header(conn, MHD_HTTP_HEADER_AUTHORIZATION);
	q->content_type = header(conn, MHD_HTTP_HEADER_CONTENT_TYPE);
	q->content_encoding = header(conn, MHD_HTTP_HEADER_CONTENT_ENCODING);
	q->accept = header(conn, MHD_HTTP_HEADER_ACCEPT);
	q->host = header(conn, MHD_HTTP_HEADER_HOST);
	q->origin = header(conn, MHD_HTTP_HEADER_ORIGIN);
	q->sec_fetch_site = header(conn, "Sec-Fetch-Site");
	q->sec_fetch_mode = header(conn, "Sec-Fetch-Mode");
	trace_id_of(header(conn, "traceparent"), q->trace_id);
	(void)str_copy(q->path, sizeof(q->path), str_of(url)); /* too long is "", which is not there */
}

/* Is called once when the head has come, once for each piece of the body, and at the end of it with none. */
static enum MHD_Result
on_request(void *cls, struct MHD_Connection *conn, const char *url, const char *method, const char *version, const char *data,
    size_t *size, void **ctx)
{
	static char block[ARENA_BYTES];
	struct coming *x = *ctx;
	struct arena arena;
	struct request q = { .method = method_of(method), .arena = &arena };
	enum MHD_Result rc;

	(void)version;
	if (x == NULL)
		return (MHD_NO);
	if (!x->begun) {
		x->begun = true;
		return (MHD_YES);
	}
	if (*size > 0) {
		take_piece(x, data, *size);
		*size = 0;
		return (MHD_YES);
	}
	arena_init(&arena, block, sizeof(block));
	fill_request(&q, conn, url, x);
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

/* The library waits for nothing by itself: we poll its epoll descriptor and run it. */
struct http *
http_open(int fd, bool trusted, struct app *app, const char *token)
{
	struct http *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return (NULL);
	h->app = app;
	guard_init(&h->guard, fd, trusted, app, token);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		h->places[i].fd = -1;
	h->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, h,
	    MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_TIMEOUT,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_ROOM, MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_URI_LOG_CALLBACK, on_uri, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_END);
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
		ms = SWEEP_PERIOD;
	if (h->open > 0 && ms > SWEEP_PERIOD)
		ms = SWEEP_PERIOD;
	return (h->open == 0 ? -1 : (int)ms);
}

void
http_run(struct http *h)
{

	MHD_run(h->daemon);
	cut_off_late(h);
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

/* SPDX-License-Identifier: ISC */
/*
 * HTTP for operators: libmicrohttpd is the codec, our own wait drives it.
 *
 * Whoever may connect must not be able to keep others from an answer. The library closes a connection that is silent, and takes
 * no new one beyond its limit; but silent ones could fill that, and a byte now and then is not silence. So each connection has
 * a deadline for its next whole request, from when it was made or last answered, and beyond CONNECTIONS_KEPT the one that has
 * owed us a request for longest is closed: a health checker, who asks at once, is always among the youngest.
 *
 * A loopback address can be reached by every browser on the machine under any name its owner points there (DNS rebinding):
 * there the Host of a request must be the address itself, or one of admin.hosts.
 */
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include "admin/explorer.h"
#include "admin/routes.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/mac.h"
#include "http/basic.h"
#include "http/body.h"
#include "http/response.h"
#include "http/trace.h"

#include "admin/http.h"

#define CONNECTIONS_MAX 256                  /* what a burst may make for a moment */
#define CONNECTIONS_KEPT 64                  /* beyond these the one that owes us a request for longest is closed */
#define CONNECTION_TIMEOUT 5                 /* seconds a silent peer keeps its place */
#define REQUEST_DEADLINE 10000               /* ms for a whole request, however its bytes come */
#define SWEEP_PERIOD 1000                    /* ms: how exactly that is kept */
#define ADDRESS_TEXT (INET6_ADDRSTRLEN + 16) /* "[address]:port" */
#define CONNECTION_ROOM (32 * 1024)          /* bytes of one request's head */
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
	const char *token;
	char address[ADDRESS_TEXT]; /* as a Host names it; "" of a unix socket */
	bool trusted, drained;
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

/* As a bearer token, or as the password that a browser asks for. Compared as hashes: neither the place of a difference nor the
 * length can be timed. */
static bool
token_matches(const char *token, const struct request *q)
{
	uint8_t want[MAC_LEN], sent[MAC_LEN];
	struct str rest = q->authorization, scheme = str_cut(&rest, ' ');

	if (!str_is_nocase(scheme, "Bearer") && basic_password(q->arena, q->authorization, &rest) != DW_OK)
		return (false);
	if (rest.p == NULL)
		return (false);
	mac_sha256(token, strlen(token), want);
	mac_sha256(rest.p, rest.len, sent);
	return (mac_equal(want, sent, MAC_LEN));
}

/* With or without the port: who lists a name means this service under it. */
static bool
is_host(struct str host, const char *wanted)
{
	const char *colon = host.p == NULL ? NULL : memrchr(host.p, ':', host.len);
	struct str name = { host.p, colon == NULL ? host.len : (size_t)(colon - host.p) };

	return (str_is_nocase(host, wanted) || str_is_nocase(name, wanted));
}

/* False: answered. A page of a stranger's in a browser here must not read what is under our address by another name. */
static bool
is_for_us(const struct http *h, struct str host, const struct request *q, struct response *r)
{

	if (h->trusted || str_is_nocase(host, h->address))
		return (true);
	for (size_t i = 0; h->app->conf->admin_hosts[i] != NULL; i++)
		if (is_host(host, h->app->conf->admin_hosts[i]))
			return (true);
	response_error(r, q, "forbidden", "The Host of the request is neither this address nor one of admin.hosts.", NULL, 0);
	return (false);
}

/* False: answered. Without a token configured, what is not open does not exist here. */
static bool
is_allowed(const struct http *h, const struct admin_route *route, const struct request *q, struct response *r)
{

	if (route->open || h->trusted || (h->token != NULL && token_matches(h->token, q)))
		return (true);
	if (h->token == NULL)
		response_error(r, q, "not_found", "There is nothing here.", NULL, 0);
	else if (q->authorization.p == NULL)
		response_error(r, q, "missing_token", "The operators' token is needed.", NULL, 0);
	else
		response_error(r, q, "invalid_token", "This is not the operators' token.", NULL, 0);
	if (route->person)
		r->challenge = "Basic realm=\"doorward\", charset=\"UTF-8\"";
	return (false);
}

/*
 * A browser sends the password, and reaches a forwarded socket, for pages of strangers too. It then says from where; and a form
 * proves by our token that it is one of our pages, to which no stranger can look. False: answered.
 */
static bool
is_own_post(const struct http *h, const struct request *q, struct response *r)
{
	struct str origin = q->origin;
	bool own = q->sec_fetch_site.p == NULL || str_is(q->sec_fetch_site, "same-origin") || str_is(q->sec_fetch_site, "none");

	if (own && origin.p != NULL) {
		own = str_starts(origin, "http://") || str_starts(origin, "https://");
		(void)str_cut(&origin, '/'), (void)str_cut(&origin, '/');
		own = own && origin.len == q->host.len && memcmp(origin.p, q->host.p, origin.len) == 0;
	}
	if (own && (!q->is_form || explorer_token_valid(h->app, q)))
		return (true);
	response_error(r, q, "csrf", "This request does not come from one of our pages, or from an old one.", NULL, 0);
	return (false);
}

static bool
take_body(const struct http *h, const struct admin_route *route, struct coming *x, struct request *q, struct response *r)
{
	enum body_verdict v = body_read(q, read_body, x);

	if (v == BODY_OK && q->is_form && !route->forms)
		v = BODY_BAD_TYPE;
	if (v != BODY_OK)
		body_refuse(q, r, v, "Send application/json.");
	return (v == BODY_OK && is_own_post(h, q, r));
}

/* The Host first, then the route, then whether the caller may, and only then the method: who may not know of it sees 404. */
static void
dispatch(struct http *h, struct coming *x, struct str host, struct request *q, struct response *r)
{
	const struct admin_route *route = routes_find(q->path);

	if (!is_for_us(h, host, q, r))
		return;
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
	dispatch(h, x, q->host, q, &r);
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

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *conn, const char *url, const char *method, const char *version, const char *data,
    size_t *size, void **ctx)
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
	q.content_encoding = header(conn, MHD_HTTP_HEADER_CONTENT_ENCODING);
	q.accept = header(conn, MHD_HTTP_HEADER_ACCEPT);
	q.host = header(conn, MHD_HTTP_HEADER_HOST);
	q.origin = header(conn, MHD_HTTP_HEADER_ORIGIN);
	q.sec_fetch_site = header(conn, "Sec-Fetch-Site");
	q.sec_fetch_mode = header(conn, "Sec-Fetch-Mode");
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

/* The address that ${fd} listens on, as a URL has it; "" if it has none. */
static void
describe(int fd, char out[ADDRESS_TEXT])
{
	struct sockaddr_storage ss = { 0 };
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&ss;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&ss;
	socklen_t len = sizeof(ss);
	char text[INET6_ADDRSTRLEN];

	out[0] = '\0';
	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		return;
	if (ss.ss_family == AF_INET && inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text)) != NULL)
		snprintf(out, ADDRESS_TEXT, "%s:%u", text, ntohs(v4->sin_port));
	else if (ss.ss_family == AF_INET6 && inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text)) != NULL)
		snprintf(out, ADDRESS_TEXT, "[%s]:%u", text, ntohs(v6->sin6_port));
}

/* The library waits for nothing by itself: we poll its epoll descriptor and run it. */
struct http *
http_open(int fd, bool trusted, struct app *app, const char *token)
{
	struct http *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return (NULL);
	*h = (struct http){ .app = app, .token = token, .trusted = trusted };
	describe(fd, h->address);
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

/* SPDX-License-Identifier: ISC */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <netdb.h>

#include <cmocka.h>

#include "base/clock.h"

#include "peer.h"

#include "relay/http/http.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define PATIENCE_MS 20000

/* --- names: this program's resolver is in the place of the C library's, for libcurl as well */

static int asked;
static const char *second = "127.0.0.1"; /* what rebind.test is from the second question on */

static struct addrinfo *
one_address(const char *text, const char *service)
{
	struct one {
		struct addrinfo info;
		struct sockaddr_in sa;
	} *o = calloc(1, sizeof(*o));

	o->sa.sin_family = AF_INET;
	o->sa.sin_port = htons((uint16_t)(service == NULL ? 0 : atoi(service)));
	if (inet_pton(AF_INET, text, &o->sa.sin_addr) != 1)
		abort();
	o->info = (struct addrinfo){ .ai_family = AF_INET,
		.ai_socktype = SOCK_STREAM,
		.ai_addrlen = sizeof(o->sa),
		.ai_addr = (struct sockaddr *)&o->sa };
	return (&o->info);
}

int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{

	(void)hints;
	if (strcmp(node, "hang.test") == 0)
		for (;;)
			sleep(1);
	if (strcmp(node, "rebind.test") == 0)
		*out = one_address(++asked == 1 ? "203.0.113.7" : second, service);
	else if (strcmp(node, "inner.test") == 0)
		*out = one_address("10.255.255.1", service);
	else
		return (EAI_NONAME);
	return (0);
}

void
freeaddrinfo(struct addrinfo *a)
{

	free(a);
}

/* --- what was answered */

struct outcome {
	int n; /* answers */
	long status;
	char error[HTTP_ERROR_MAX];
	size_t len;
	bool cut;
};

static struct peer peer;
static struct http *http;

static void
done(void *arg, void *of, const struct http_answer *a)
{
	struct outcome *o = of;

	(void)arg;
	o->n++;
	o->status = a->status;
	o->len = a->len;
	o->cut = a->cut;
	snprintf(o->error, sizeof(o->error), "%s", a->error);
}

static void
open_to(const char *host, bool allow_private)
{
	char url[256], why[256];
	struct http_place p = { .url = url, .ca_file = "", .allow_private = allow_private };

	snprintf(url, sizeof(url), allow_private ? "http://%s:%d/hook" : "https://%s:%d/hook", host, peer.port);
	http = http_open(&p, done, NULL, why, sizeof(why));
	if (http == NULL)
		fail_msg("%s", why);
}

static bool
post(const char *body, struct outcome *o)
{
	struct http_request r = { .headers = { "X-Id: 1" }, .body = body, .len = strlen(body) };

	*o = (struct outcome){ .n = 0 };
	return (http_start(http, &r, o));
}

/* One turn of a loop that waits for one descriptor and one time. */
static void
turn(void)
{
	struct pollfd fds[2] = { { .fd = http_fd(http), .events = POLLIN }, { .fd = peer.listener, .events = POLLIN } };
	int64_t due = http_due(http);

	(void)poll(fds, 2, due < 0 || due > 5 ? 5 : (int)due);
	http_run(http);
	peer_turn(&peer);
}

static void
until_answered(struct outcome *o)
{
	int64_t end = clock_mono_ms() + PATIENCE_MS;

	while (o->n == 0 && clock_mono_ms() < end)
		turn();
	assert_int_equal(o->n, 1);
}

static struct peer_conn *
until_asked(const char *text)
{
	int64_t end = clock_mono_ms() + PATIENCE_MS;
	struct peer_conn *c;

	while ((c = peer_find(&peer, text)) == NULL && clock_mono_ms() < end)
		turn();
	assert_non_null(c);
	return (c);
}

static int
set_up(void **state)
{

	(void)state;
	peer_open(&peer);
	return (0);
}

static int
tear_down(void **state)
{

	(void)state;
	http_close(http);
	http = NULL;
	peer_close(&peer);
	return (0);
}

static void
test_request(void **state)
{
	struct peer_conn *c;
	struct outcome o;

	(void)state;
	open_to("127.0.0.1", true);
	assert_true(post("body of mine", &o));
	c = until_asked("body of mine");
	assert_int_equal(strncmp(c->in, "POST /hook HTTP/1.1\r\n", 21), 0);
	assert_non_null(strstr(c->in, "\r\nUser-Agent: doorward/"));
	assert_non_null(strstr(c->in, "\r\nX-Id: 1\r\n"));
	assert_non_null(strstr(c->in, "\r\nContent-Length: 12\r\n"));
	assert_null(strstr(c->in, "Expect:"));
	peer_say(c, OK);
	until_answered(&o);
	assert_int_equal(o.status, 200);
	assert_int_equal(o.len, 2);
	assert_string_equal(o.error, "");
	/* the next one over the same connection */
	assert_true(post("another", &o));
	peer_say(until_asked("another"), OK);
	until_answered(&o);
	assert_int_equal(peer.accepted, 1);
}

/* Requests that nobody answers keep none of the others. */
static void
test_many_at_once(void **state)
{
	static struct outcome hung[HTTP_AT_ONCE], o;

	(void)state;
	open_to("127.0.0.1", true);
	for (size_t i = 0; i < HTTP_AT_ONCE - 1; i++)
		assert_true(post("hangs", &hung[i]));
	for (int i = 0; i < 1000; i++) {
		assert_true(post("goes on", &o));
		peer_say(until_asked("goes on"), OK);
		until_answered(&o);
		assert_int_equal(o.status, 200);
	}
	for (size_t i = 0; i < HTTP_AT_ONCE - 1; i++)
		assert_int_equal(hung[i].n, 0);
	assert_true(post("the last that fits", &o));
	assert_false(post("no room", &o));
}

static void
test_answers(void **state)
{
	static const struct {
		const char *say;
		bool closes;
		long status;
	} rows[] = {
		{ "HTTP/1.1 204 No Content\r\n\r\n", false, 204 },
		{ "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", false, 500 },
		{ "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", false, 410 },
		{ "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/other\r\nContent-Length: 0\r\n\r\n", false, 302 },
		{ "HTTP/1.1 307 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", false, 307 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", true, 0 },
		{ "HTTP/1.1 200 OK\r\nConte", true, 0 },
		{ "not http at all\r\n\r\n", true, 0 },
		{ "", true, 0 },
		{ "HTTP/1.1 100 Continue\r\n\r\n" OK, false, 200 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", false, 200 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n", false, 200 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\nX-Mo", true, 0 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok", true, 0 },
	};

	(void)state;
	open_to("127.0.0.1", true);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct peer_conn *c;
		struct outcome o;

		assert_true(post("body", &o));
		c = until_asked("body");
		peer_say(c, rows[i].say);
		if (rows[i].closes)
			peer_drop(c);
		until_answered(&o);
		if (o.status != rows[i].status)
			fail_msg("row %zu: status %ld, %s", i, o.status, o.error);
		assert_int_equal(o.error[0] != '\0', rows[i].status == 0);
	}
}

/* More than HTTP_BODY_MAX is not read; the status counts. */
static void
test_a_huge_answer(void **state)
{
	static char piece[4096];
	struct peer_conn *c;
	struct outcome o;
	int64_t end = clock_mono_ms() + PATIENCE_MS;
	size_t sent = 0;

	(void)state;
	memset(piece, 'x', sizeof(piece) - 1);
	open_to("127.0.0.1", true);
	assert_true(post("body", &o));
	c = until_asked("body");
	peer_say(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
	for (; o.n == 0 && clock_mono_ms() < end; turn())
		sent += send(c->fd, piece, sizeof(piece) - 1, MSG_NOSIGNAL) > 0 ? sizeof(piece) - 1 : 0;
	assert_int_equal(o.n, 1);
	assert_int_equal(o.status, 200);
	assert_true(o.cut);
	assert_true(o.len <= HTTP_BODY_MAX);
	assert_true(sent < 100 * HTTP_BODY_MAX);
}

/* Header lines are kept by the library, wherever they stand: they end where ours do. */
static void
test_endless_headers(void **state)
{
	static const char *const beginnings[] = { "HTTP/1.1 200 OK\r\n", "HTTP/1.1 103 Early Hints\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" };
	static const char line[] = "X-More: of the same, and of the same, and of the same\r\n";
	int64_t end = clock_mono_ms() + PATIENCE_MS;

	(void)state;
	open_to("127.0.0.1", true);
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		struct peer_conn *c;
		struct outcome o;

		assert_true(post("body", &o));
		c = until_asked("body");
		peer_say(c, beginnings[i]);
		for (; o.n == 0 && clock_mono_ms() < end; turn())
			(void)!send(c->fd, line, sizeof(line) - 1, MSG_NOSIGNAL);
		assert_int_equal(o.n, 1);
		assert_int_equal(o.status, 0);
		assert_string_equal(o.error, "the headers of the answer are too long");
	}
}

static void
test_refused_addresses(void **state)
{
	struct outcome o;

	(void)state;
	open_to("127.0.0.1", false);
	assert_true(post("body", &o));
	until_answered(&o);
	assert_int_equal(o.status, 0);
	assert_string_equal(o.error, "127.0.0.1 is of this machine, which needs allow_private = true");
	http_close(http);
	open_to("inner.test", false);
	assert_true(post("body", &o));
	until_answered(&o);
	assert_string_equal(o.error, "10.255.255.1 is of an inner network, which needs allow_private = true");
	http_close(http);
	open_to("inner.test", true); /* http, not https */
	assert_true(post("body", &o));
	until_answered(&o);
	assert_non_null(strstr(o.error, "10.255.255.1 is not of this machine"));
	assert_int_equal(peer.accepted, 0);
}

/* A name that was public when the configuration was tested, and is this machine's when it is connected to. */
static void
test_rebinding(void **state)
{
	struct addrinfo *a;
	struct outcome o;

	(void)state;
	asked = 0;
	assert_int_equal(getaddrinfo("rebind.test", NULL, NULL, &a), 0);
	freeaddrinfo(a);
	open_to("rebind.test", false);
	assert_true(post("body", &o));
	until_answered(&o);
	assert_string_equal(o.error, "127.0.0.1 is of this machine, which needs allow_private = true");
	assert_int_equal(peer.accepted, 0);
}

/* A resolver that hangs costs its own request its time, and nobody else anything. */
static void
test_hanging_resolver(void **state)
{
	int64_t longest = 0, before;
	struct outcome o;

	(void)state;
	open_to("hang.test", true);
	assert_true(post("body", &o));
	for (before = clock_mono_ms(); o.n == 0 && clock_mono_ms() < before + PATIENCE_MS;) {
		int64_t at = clock_mono_ms();

		turn();
		longest = clock_mono_ms() - at > longest ? clock_mono_ms() - at : longest;
	}
	assert_int_equal(o.n, 1);
	assert_int_equal(o.status, 0);
	assert_true(longest < HTTP_CONNECT_MS); /* it would be the resolver's own time if it were waited for */
}

static void
test_proxies_of_the_environment(void **state)
{
	static const char *const names[] = { "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy",
		"ALL_PROXY" };
	struct outcome o;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		setenv(names[i], "http://127.0.0.1:1/", 1);
	open_to("127.0.0.1", true);
	assert_true(post("body", &o));
	peer_say(until_asked("body"), OK);
	until_answered(&o);
	assert_int_equal(o.status, 200);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
}

static void
test_nobody_there(void **state)
{
	struct outcome o;

	(void)state;
	open_to("127.0.0.1", true);
	close(peer.listener);
	peer.listener = -1;
	assert_true(post("body", &o));
	until_answered(&o);
	assert_int_equal(o.status, 0);
	assert_true(o.error[0] != '\0');
	assert_true(post("left under way when it is closed", &o));
}

int
main(void)
{
#define WITH_PEER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_PEER(test_request),
		WITH_PEER(test_many_at_once),
		WITH_PEER(test_answers),
		WITH_PEER(test_a_huge_answer),
		WITH_PEER(test_endless_headers),
		WITH_PEER(test_refused_addresses),
		WITH_PEER(test_rebinding),
		WITH_PEER(test_hanging_resolver),
		WITH_PEER(test_proxies_of_the_environment),
		WITH_PEER(test_nobody_there),
	};

	alarm(300);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}

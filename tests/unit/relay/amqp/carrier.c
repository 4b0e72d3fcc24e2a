/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <netdb.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

#include "relay/amqp/carrier.h"

#define PATIENCE_MS 40000
#define A_MOMENT_MS (BROKER_CONNECT_MS - 100) /* who waited for the broker would take longer */
#define MANY 20

static int listener, port;
static struct carrier *carrier;

/* This program's resolver is in the place of the C library's, for librabbitmq as well. */
int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	struct one {
		struct addrinfo info;
		struct sockaddr_in sa;
	} * o;

	(void)hints;
	while (strcmp(node, "hang.test") == 0)
		sleep(1);
	if ((o = calloc(1, sizeof(*o))) == NULL)
		return (EAI_MEMORY);
	o->sa.sin_family = AF_INET;
	o->sa.sin_port = htons((uint16_t)(service == NULL ? 0 : atoi(service)));
	assert_int_equal(inet_pton(AF_INET, node, &o->sa.sin_addr), 1);
	o->info = (struct addrinfo){ .ai_family = AF_INET,
		.ai_socktype = SOCK_STREAM,
		.ai_addrlen = sizeof(o->sa),
		.ai_addr = (struct sockaddr *)&o->sa };
	*out = &o->info;
	return (0);
}

void
freeaddrinfo(struct addrinfo *a)
{

	free(a);
}

struct outcome {
	int n;
	enum sink_outcome outcome;
	char error[BROKER_ERROR_MAX];
};

static void
done(void *arg, void *of, enum sink_outcome outcome, const char *error)
{
	struct outcome *o = of;

	(void)arg;
	o->n++;
	o->outcome = outcome;
	snprintf(o->error, sizeof(o->error), "%s", error == NULL ? "" : error);
}

/* A listener that takes connections, since the kernel does, and never says a word. */
static int
set_up(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	(void)state;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(listener, 8) != 0 ||
	    getsockname(listener, (struct sockaddr *)&a, &len) != 0)
		return (-1);
	port = ntohs(a.sin_port);
	return (0);
}

static int
tear_down(void **state)
{

	(void)state;
	close(listener);
	return (0);
}

static void
open_to(const char *host)
{
	struct broker_conf *c = calloc(1, sizeof(*c));
	char url[256], why[256];

	snprintf(url, sizeof(url), "amqp://guest@%s:%d/", host, port);
	assert_true(place_read(&c->place, url, false, why, sizeof(why)));
	snprintf(c->password, sizeof(c->password), "guest");
	snprintf(c->exchange, sizeof(c->exchange), "doorward");
	carrier = carrier_open(c, why, sizeof(why));
	assert_non_null(carrier);
}

static void
take(struct outcome *o, size_t n)
{
	struct broker_message m = { .id = "id", .type = "logout", .body = "{}", .len = 2 };

	memset(o, 0, n * sizeof(*o));
	for (size_t i = 0; i < n; i++)
		assert_true(carrier_take(carrier, &m, &o[i]));
}

static size_t
answered(const struct outcome *o, size_t n)
{
	size_t all = 0;

	for (size_t i = 0; i < n; i++)
		all += (size_t)o[i].n;
	return (all);
}

/* Runs it as the relay does, until all ${n} have ended; returns the longest time that one call took. */
static int64_t
until_answered(const struct outcome *o, size_t n)
{
	int64_t end = clock_mono_ms() + PATIENCE_MS, longest = 0;

	while (answered(o, n) < n && clock_mono_ms() < end) {
		struct pollfd fd = { .fd = carrier_fd(carrier), .events = POLLIN };
		int64_t due = carrier_due(carrier), before;

		(void)poll(&fd, 1, due < 0 || due > 50 ? 50 : (int)due);
		before = clock_mono_ms();
		carrier_run(carrier, done, NULL);
		longest = clock_mono_ms() - before > longest ? clock_mono_ms() - before : longest;
	}
	assert_int_equal(answered(o, n), n);
	return (longest);
}

static void
test_a_broker_that_says_nothing(void **state)
{
	struct outcome o[MANY];

	(void)state;
	open_to("127.0.0.1");
	take(o, MANY);
	assert_true(until_answered(o, MANY) < A_MOMENT_MS);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(o[i].outcome, SINK_RETRY);
	assert_non_null(strstr(o[0].error, "login"));
	take(o, MANY); /* left under way */
	carrier_close(carrier);
}

static void
test_nobody_there(void **state)
{
	struct outcome o[MANY];

	(void)state;
	close(listener);
	listener = -1;
	open_to("127.0.0.1");
	take(o, MANY);
	assert_true(until_answered(o, MANY) < A_MOMENT_MS);
	assert_int_equal(o[0].outcome, SINK_RETRY);
	assert_non_null(strstr(o[0].error, "connect"));
	carrier_close(carrier);
}

static void
test_a_refused_address(void **state)
{
	struct outcome o;

	(void)state;
	open_to("10.255.255.1");
	take(&o, 1);
	until_answered(&o, 1);
	assert_string_equal(o.error, "10.255.255.1 is of an inner network, which needs allow_private = true");
	carrier_close(carrier);
}

static void
test_room(void **state)
{
	static struct outcome o[CARRIER_AT_ONCE];
	struct broker_message m = { .id = "id", .type = "logout", .body = "{}", .len = 2 };

	(void)state;
	open_to("hang.test");
	take(o, CARRIER_AT_ONCE);
	assert_false(carrier_take(carrier, &m, &o[0]));
	carrier_close(carrier); /* its thread hangs in the resolver, and is left behind */
}

int
main(void)
{
#define WITH_LISTENER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_LISTENER(test_a_broker_that_says_nothing),
		WITH_LISTENER(test_nobody_there),
		WITH_LISTENER(test_a_refused_address),
		WITH_LISTENER(test_room),
	};

	alarm(300);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}

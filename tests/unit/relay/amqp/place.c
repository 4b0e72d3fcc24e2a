/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

#include "relay/amqp/place.h"

static const struct {
	const char *url;
	bool allow_private;
	bool reads, admits;
	const char *user, *host, *vhost;
	int port;
} rows[] = {
	{ "amqp://doorward@127.0.0.1:5673/events", false, true, true, "doorward", "127.0.0.1", "events", 5673 },
	{ "amqp://doorward@127.0.0.1", false, true, true, "doorward", "127.0.0.1", "/", 5672 },
	{ "amqp://doorward@127.0.0.1/", false, true, true, "doorward", "127.0.0.1", "/", 5672 },
	{ "amqp://127.0.0.1/%2f", false, true, true, "guest", "127.0.0.1", "/", 5672 },
	{ "amqp://d@[::1]:5672/v", false, true, true, "d", "::1", "v", 5672 },
	{ "amqps://d@203.0.113.7/v", false, true, true, "d", "203.0.113.7", "v", 5671 },
	{ "amqp://d@203.0.113.7/v", false, true, false, "d", "203.0.113.7", "v", 5672 },
	{ "amqp://d@203.0.113.7/v", true, true, false, "d", "203.0.113.7", "v", 5672 },
	{ "amqp://d@10.1.2.3/v", false, true, false, "d", "10.1.2.3", "v", 5672 },
	{ "amqp://d@10.1.2.3/v", true, true, true, "d", "10.1.2.3", "v", 5672 },
	{ "amqps://d@169.254.169.254/v", false, true, false, "d", "169.254.169.254", "v", 5671 },
	{ "amqp://d@0.0.0.0/v", true, true, false, "d", "0.0.0.0", "v", 5672 },
	{ "amqp://d:word@127.0.0.1/v", false, false, false, NULL, NULL, NULL, 0 },
	{ "amqp://d:@127.0.0.1/v", false, false, false, NULL, NULL, NULL, 0 },
	{ "amqp://d@127.0.0.1:port/v", false, false, false, NULL, NULL, NULL, 0 },
	{ "amqp://d@127.0.0.1:0/v", false, false, false, NULL, NULL, NULL, 0 },
	{ "http://d@127.0.0.1/v", false, false, false, NULL, NULL, NULL, 0 },
	{ "amqp://", false, false, false, NULL, NULL, NULL, 0 },
	{ "amqp://d@/v", false, false, false, NULL, NULL, NULL, 0 },
	{ "", false, false, false, NULL, NULL, NULL, 0 },
	{ "amqp://d@127.0.0.1/v\nw", false, false, false, NULL, NULL, NULL, 0 },
};

static void
test_urls(void **state)
{

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char why[256] = "";
		struct place p;
		bool read = place_read(&p, rows[i].url, rows[i].allow_private, why, sizeof(why));

		if (read != rows[i].reads)
			fail_msg("%s: form %d, %s", rows[i].url, read, why);
		if (!read)
			continue;
		assert_string_equal(p.to.user, rows[i].user);
		assert_string_equal(p.to.host, rows[i].host);
		assert_string_equal(p.to.vhost, rows[i].vhost);
		assert_int_equal(p.to.port, rows[i].port);
		if (place_admits_host(&p, clock_mono_ms() + 60000, why, sizeof(why)) != rows[i].admits)
			fail_msg("%s: address, %s", rows[i].url, why);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_urls) };

	alarm(60);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}

/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

#include "relay/http/target.h"

static const struct {
	const char *url;
	bool allow_private;
	bool opens;  /* its form is good */
	bool admits; /* and so are the addresses that its host has */
} rows[] = {
	{ "https://203.0.113.7/hook", false, true, true },
	{ "https://203.0.113.7:8443/hook?a=b", false, true, true },
	{ "https://[2001:db8::1]/hook", false, true, true },
	{ "https://nowhere.invalid/hook", false, true, true },
	{ "HTTPS://203.0.113.7/", false, true, true },
	{ "https://127.0.0.1/", false, true, false },
	{ "https://127.0.0.1/", true, true, true },
	{ "https://localhost/", false, true, false },
	{ "https://0x7f.1/", false, true, false },
	{ "https://0x7f.1/", true, true, true },
	{ "https://2130706433/", false, true, false },
	{ "https://017700000001/", false, true, false },
	{ "https://127.1/", false, true, false },
	{ "https://[::1]/", false, true, false },
	{ "https://[::ffff:127.0.0.1]/", false, true, false },
	{ "https://[::ffff:7f00:1]/", false, true, false },
	{ "https://10.1.2.3/", false, true, false },
	{ "https://10.1.2.3/", true, true, true },
	{ "https://169.254.169.254/latest/meta-data", false, true, false },
	{ "https://100.100.100.200/", false, true, false },
	{ "https://[fe80::1%25lo]/", false, true, false },
	{ "https://[fd00:ec2::254]/", false, true, false },
	{ "https://0.0.0.0/", true, true, false },
	{ "https://[::]/", true, true, false },
	{ "https://224.0.0.1/", true, true, false },
	{ "http://127.0.0.1:8080/", false, false, false },
	{ "http://127.0.0.1:8080/", true, true, true },
	{ "http://[::1]:8080/", true, true, true },
	{ "http://10.1.2.3/", true, true, false },
	{ "http://203.0.113.7/", true, true, false },
	{ "http://203.0.113.7/", false, false, false },
	{ "", true, false, false },
	{ "203.0.113.7/hook", true, false, false },
	{ "//203.0.113.7/hook", true, false, false },
	{ "ftp://203.0.113.7/hook", true, false, false },
	{ "file:///etc/passwd", true, false, false },
	{ "gopher://203.0.113.7/", true, false, false },
	{ "https://", true, false, false },
	{ "https://user@203.0.113.7/", true, false, false },
	{ "https://user:word@203.0.113.7/", true, false, false },
	{ "https://203.0.113.7/#part", true, false, false },
	{ "https://203.0.113.7:0x1/", true, false, false },
	{ "https://203.0.113.7:99999/", true, false, false },
	{ "https://203.0.113.7/a b", true, false, false },
	{ "https://203.0.113.7/\r\nX: y", true, false, false },
	{ "https://a b/", true, false, false },
};

static void
test_urls(void **state)
{

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char why[256] = "";
		struct target t;
		bool opened = target_open(&t, rows[i].url, rows[i].allow_private, why, sizeof(why));

		if (opened != rows[i].opens)
			fail_msg("%s: form %d, %s", rows[i].url, opened, why);
		if (!opened) {
			assert_true(why[0] != '\0');
			continue;
		}
		if (target_admits_host(&t, clock_mono_ms() + 60000, why, sizeof(why)) != rows[i].admits)
			fail_msg("%s: address, %s", rows[i].url, why);
		target_close(&t);
	}
}

static void
test_a_socket(void **state)
{
	struct sockaddr_in inner = { .sin_family = AF_INET };
	char why[256];
	struct target t;

	(void)state;
	assert_int_equal(inet_pton(AF_INET, "192.168.1.2", &inner.sin_addr), 1);
	assert_true(target_open(&t, "https://hook.example/", false, why, sizeof(why)));
	assert_false(target_admits(&t, (struct sockaddr *)&inner, why, sizeof(why)));
	assert_string_equal(why, "192.168.1.2 is of an inner network, which needs allow_private = true");
	target_close(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_a_socket),
	};

	alarm(120);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}

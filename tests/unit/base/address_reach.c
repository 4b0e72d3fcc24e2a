/* SPDX-License-Identifier: ISC */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/address_reach.h"

static const struct {
	const char *text;
	enum address_reach reach;
} rows[] = {
	{ "1.1.1.1", REACH_PUBLIC },
	{ "9.255.255.255", REACH_PUBLIC },
	{ "10.0.0.0", REACH_INNER },
	{ "10.255.255.255", REACH_INNER },
	{ "11.0.0.0", REACH_PUBLIC },
	{ "100.63.255.255", REACH_PUBLIC },
	{ "100.64.0.0", REACH_INNER },
	{ "100.100.100.200", REACH_INNER },
	{ "100.127.255.255", REACH_INNER },
	{ "100.128.0.0", REACH_PUBLIC },
	{ "126.255.255.255", REACH_PUBLIC },
	{ "127.0.0.1", REACH_LOOPBACK },
	{ "127.255.255.254", REACH_LOOPBACK },
	{ "128.0.0.1", REACH_PUBLIC },
	{ "168.63.129.16", REACH_INNER },
	{ "168.63.129.17", REACH_PUBLIC },
	{ "169.253.255.255", REACH_PUBLIC },
	{ "169.254.169.254", REACH_INNER },
	{ "169.255.0.0", REACH_PUBLIC },
	{ "172.15.255.255", REACH_PUBLIC },
	{ "172.16.0.1", REACH_INNER },
	{ "172.31.255.255", REACH_INNER },
	{ "172.32.0.0", REACH_PUBLIC },
	{ "192.0.0.192", REACH_INNER },
	{ "192.0.2.1", REACH_PUBLIC },
	{ "192.167.255.255", REACH_PUBLIC },
	{ "192.168.0.1", REACH_INNER },
	{ "192.169.0.0", REACH_PUBLIC },
	{ "198.17.255.255", REACH_PUBLIC },
	{ "198.19.0.1", REACH_INNER },
	{ "203.0.113.7", REACH_PUBLIC },
	{ "0.0.0.0", REACH_NOBODY },
	{ "0.0.0.1", REACH_NOBODY },
	{ "223.255.255.255", REACH_PUBLIC },
	{ "224.0.0.1", REACH_NOBODY },
	{ "239.255.255.250", REACH_NOBODY },
	{ "240.0.0.1", REACH_NOBODY },
	{ "255.255.255.255", REACH_NOBODY },
	{ "::", REACH_NOBODY },
	{ "::1", REACH_LOOPBACK },
	{ "::2", REACH_INNER },
	{ "::7f00:1", REACH_INNER },            /* IPv4-compatible */
	{ "::ffff:127.0.0.1", REACH_LOOPBACK }, /* mapped */
	{ "::ffff:10.1.2.3", REACH_INNER },
	{ "::ffff:169.254.169.254", REACH_INNER },
	{ "::ffff:0.0.0.0", REACH_NOBODY },
	{ "::ffff:8.8.8.8", REACH_PUBLIC },
	{ "64:ff9b::8.8.8.8", REACH_PUBLIC }, /* NAT64 */
	{ "64:ff9b::127.0.0.1", REACH_INNER },
	{ "64:ff9b::10.0.0.1", REACH_INNER },
	{ "64:ff9b::169.254.169.254", REACH_INNER },
	{ "64:ff9b::0.0.0.0", REACH_INNER },
	{ "64:ff9b:1::808:808", REACH_INNER },
	{ "2002:808:808::1", REACH_PUBLIC }, /* 6to4 */
	{ "2002:7f00:1::", REACH_INNER },
	{ "2002:a00:1::1", REACH_INNER },
	{ "2002:c0a8:101::1", REACH_INNER },
	{ "2002:e000:1::1", REACH_INNER },
	{ "2001:0:808:808::1", REACH_INNER }, /* Teredo */
	{ "2001:4860:4860::8888", REACH_PUBLIC },
	{ "2001:db8::1", REACH_PUBLIC },
	{ "fbff::1", REACH_PUBLIC },
	{ "fc00::1", REACH_INNER },
	{ "fd00:ec2::254", REACH_INNER },
	{ "fdff::1", REACH_INNER },
	{ "fe00::1", REACH_PUBLIC },
	{ "fe80::1", REACH_INNER },
	{ "febf::1", REACH_INNER },
	{ "fec0::1", REACH_INNER },
	{ "ff02::1", REACH_NOBODY },
};

static void
test_table(void **state)
{

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct address a;

		assert_true(address_parse(str_of(rows[i].text), &a));
		if (address_reach(&a) != rows[i].reach)
			fail_msg("%s is %d, wanted %d", rows[i].text, (int)address_reach(&a), (int)rows[i].reach);
	}
}

/* What a socket is about to connect to: mapped addresses are IPv4, a zone changes nothing. */
static void
test_sockets(void **state)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_scope_id = 2 };
	struct sockaddr other = { .sa_family = AF_UNIX };
	struct address a;

	(void)state;
	assert_int_equal(inet_pton(AF_INET, "192.168.1.1", &v4.sin_addr), 1);
	assert_true(address_of_socket((const struct sockaddr *)&v4, &a));
	assert_int_equal(address_reach(&a), REACH_INNER);
	assert_int_equal(inet_pton(AF_INET6, "fe80::1", &v6.sin6_addr), 1);
	assert_true(address_of_socket((const struct sockaddr *)&v6, &a));
	assert_int_equal(address_reach(&a), REACH_INNER);
	assert_int_equal(inet_pton(AF_INET6, "::ffff:127.0.0.1", &v6.sin6_addr), 1);
	assert_true(address_of_socket((const struct sockaddr *)&v6, &a));
	assert_int_equal(address_reach(&a), REACH_LOOPBACK);
	assert_false(address_of_socket(&other, &a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_sockets),
	};

	alarm(60);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}

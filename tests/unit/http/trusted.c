/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/trusted.h"

static char *const nobody[] = { NULL };
static char *const some[] = { "10.0.0.0/8", "192.168.5.4", "172.16.8.0/21", "fd00::/8", "::1", "2001:db8::/33", NULL };

static void
peers(void **state)
{
	static const struct {
		const char *address;
		bool trusted;
	} t[] = {
		{ "10.0.0.0", true },
		{ "10.255.255.255", true },
		{ "9.255.255.255", false },
		{ "11.0.0.0", false },
		{ "192.168.5.4", true },
		{ "192.168.5.5", false },
		{ "172.16.8.0", true },
		{ "172.16.15.255", true },
		{ "172.16.16.0", false },
		{ "172.16.7.255", false },
		{ "fd00::1", true },
		{ "fdff:ffff::", true },
		{ "fc00::1", false },
		{ "fe00::", false },
		{ "::1", true },
		{ "0:0:0:0:0:0:0:1", true },
		{ "::2", false },
		{ "2001:db8:7fff::1", true },
		{ "2001:db8:8000::1", false },
		/* An IPv4 peer of a socket for both families; the deprecated form is another address. */
		{ "::ffff:10.0.0.1", true },
		{ "::ffff:0a00:1", true },
		{ "::ffff:9.0.0.1", false },
		{ "::10.0.0.1", false },
		{ "", false },
		{ "10", false },
		{ "10.0.0", false },
		{ "10.0.0.1.", false },
		{ "10.0.0.256", false },
		{ "10.0.0.1 ", false },
		{ " 10.0.0.1", false },
		{ "10.0.0.1:80", false },
		{ "[::1]", false },
		{ "::1%lo", false },
		{ "010.0.0.1", false },
		{ "0x0a.0.0.1", false },
		{ "10.0.0.0/8", false },
		{ "unix:", false },
		{ "localhost", false },
		{ "fd00", false },
		{ "10.0.0.1, 10.0.0.2", false },
		{ "00000000000000000000000000000000000000000000000::1", false },
	};

	(void)state;
	assert_false(trusted_peer(some, STR_NONE));
	assert_false(trusted_peer(NULL, STR_LIT("10.0.0.1")));
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (trusted_peer(some, str_of(t[i].address)) != t[i].trusted)
			fail_msg("%s", t[i].address);
		assert_false(trusted_peer(nobody, str_of(t[i].address)));
	}
}

static void
prefixes(void **state)
{
	static const struct {
		char *prefix;
		const char *address;
		bool trusted;
	} t[] = {
		{ "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "::/0", "2001:db8::1", true },
		{ "::/0", "203.0.113.9", false },
		{ "203.0.113.9/32", "203.0.113.9", true },
		{ "203.0.113.9/32", "203.0.113.8", false },
		{ "203.0.113.8/31", "203.0.113.9", true },
		{ "203.0.113.9/24", "203.0.113.1", true },
		{ "2001:db8::1/128", "2001:db8::1", true },
		{ "2001:db8::1/128", "2001:db8::", false },
		{ "2001:db8::/127", "2001:db8::1", true },
		/* A list that is not well-formed trusts nobody. */
		{ "203.0.113.0/33", "203.0.113.9", false },
		{ "203.0.113.0/", "203.0.113.9", false },
		{ "203.0.113.0/-1", "203.0.113.9", false },
		{ "203.0.113.0/a", "203.0.113.9", false },
		{ "203.0.113.0/24/24", "203.0.113.9", false },
		{ "::/129", "::1", false },
		{ "", "203.0.113.9", false },
		{ "/0", "203.0.113.9", false },
		{ "*", "203.0.113.9", false },
		{ "203.0.113.0/4294967320", "203.0.113.9", false },
		/* Whoever comes over a unix socket, and nobody else. */
		{ "unix:", "unix:", true },
		{ "unix:", "unix:/run/x", false },
		{ "unix:", "unix", false },
		{ "unix:", "", false },
		{ "unix:", "203.0.113.9", false },
		{ "0.0.0.0/0", "unix:", false },
		/* "::ffff:a.b.c.d" is a.b.c.d, in the list as well. */
		{ "::ffff:203.0.113.9", "203.0.113.9", true },
		{ "::ffff:203.0.113.9", "::ffff:203.0.113.9", true },
		{ "::ffff:203.0.113.9", "203.0.113.8", false },
		{ "::ffff:203.0.113.0/120", "203.0.113.9", true },
		{ "::ffff:203.0.113.0/120", "203.0.114.9", false },
		{ "::ffff:0:0/96", "203.0.113.9", true },
		{ "203.0.113.0/24", "::ffff:203.0.113.9", true },
		{ "::/0", "::ffff:203.0.113.9", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char *list[] = { "198.51.100.1", t[i].prefix, NULL };

		if (trusted_peer(list, str_of(t[i].address)) != t[i].trusted)
			fail_msg("%s in %s", t[i].address, t[i].prefix);
	}
}

/* Only what stands right of the last stranger has been written by somebody we believe. */
static void
chains(void **state)
{
	static const struct {
		const char *forwarded, *client;
		size_t hop;
		bool unreadable;
	} t[] = {
		{ NULL, "", 0, false },
		{ "203.0.113.9", "203.0.113.9", 0, false },
		{ " 203.0.113.9\t", "203.0.113.9", 0, false },
		{ "203.0.113.9, 10.0.0.1", "203.0.113.9", 1, false },
		{ "203.0.113.9,10.0.0.1,10.0.0.2", "203.0.113.9", 2, false },
		{ "1.2.3.4, 203.0.113.9, 10.0.0.1", "203.0.113.9", 1, false },
		{ "10.0.0.5, 203.0.113.9", "203.0.113.9", 0, false },
		{ "garbage, 203.0.113.9, 10.0.0.1", "203.0.113.9", 1, false },
		{ "2001:db8:ffff::1, fd00::2", "2001:db8:ffff::1", 1, false },
		{ ",203.0.113.9", "203.0.113.9", 0, false },
		/* Ports, brackets, quotes, and IPv4 in the clothes of IPv6. */
		{ "203.0.113.9:4711", "203.0.113.9", 0, false },
		{ "203.0.113.9:4711, 10.0.0.1:80", "203.0.113.9", 1, false },
		{ "[2001:db8:ffff::1]", "2001:db8:ffff::1", 0, false },
		{ "[2001:db8:ffff::1]:443", "2001:db8:ffff::1", 0, false },
		{ "\"[2001:db8:ffff::1]:443\"", "2001:db8:ffff::1", 0, false },
		{ "\"203.0.113.9\", [fd00::1]:80", "203.0.113.9", 1, false },
		{ "::ffff:203.0.113.9, ::ffff:10.0.0.1", "203.0.113.9", 1, false },
		{ "2001:DB8:FFFF:0::1", "2001:db8:ffff::1", 0, false },
		/* Nothing but proxies: no client at all. */
		{ "10.0.0.1", "", 0, false },
		{ "10.0.0.2, 10.0.0.1", "", 1, false },
		/* Nonsense where an address should be. */
		{ "", "", 0, true },
		{ ",", "", 0, true },
		{ "203.0.113.9,", "", 0, true },
		{ "203.0.113.9, , 10.0.0.1", "", 1, true },
		{ "unknown", "", 0, true },
		{ "unix:", "", 0, true },
		{ "_hidden, 10.0.0.1", "", 1, true },
		{ "203.0.113.9, unknown", "", 0, true },
		{ "203.0.113.9, garbage, 10.0.0.1", "", 1, true },
		{ "203.0.113.9 10.0.0.1", "", 0, true },
		{ "203.0.113.9:", "", 0, true },
		{ "203.0.113.9:http", "", 0, true },
		{ "203.0.113.9:65536", "", 0, true },
		{ "203.0.113.9:1:2", "", 0, true },
		{ "[2001:db8:ffff::1", "", 0, true },
		{ "[2001:db8:ffff::1]443", "", 0, true },
		{ "[2001:db8:ffff::1]:", "", 0, true },
		{ "2001:db8:ffff::1]", "", 0, true },
		{ "[]", "", 0, true },
		{ "\"", "", 0, true },
		{ "\"203.0.113.9", "", 0, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct forwarded f;

		trusted_forwarded(some, str_of(t[i].forwarded), &f);
		if (strcmp(f.client, t[i].client) != 0 || f.hop != t[i].hop || f.unreadable != t[i].unreadable)
			fail_msg("\"%s\": %s, hop %zu%s", t[i].forwarded, f.client, f.hop, f.unreadable ? ", unreadable" : "");
	}
}

/* A proxy behind a unix socket appends "unix:" for its own peer, which is as good as an address where it is listed. */
static void
sockets_in_chains(void **state)
{
	static char *const list[] = { "unix:", "10.0.0.1", NULL };
	struct forwarded f;

	(void)state;
	trusted_forwarded(list, STR_LIT("203.0.113.9, unix:, 10.0.0.1"), &f);
	assert_string_equal(f.client, "203.0.113.9");
	assert_int_equal(f.hop, 2);
	assert_false(f.unreadable);
}

/* Aligned with X-Forwarded-For from the right. */
static void
protos(void **state)
{
	static const struct {
		const char *list;
		size_t hop;
		const char *proto;
	} t[] = {
		{ "https", 0, "https" },
		{ " https\t", 3, "https" },
		{ "https,http", 0, "http" },
		{ "https, http", 1, "https" },
		{ "https, http", 2, NULL },
		{ "http, https, http", 1, "https" },
		{ "http,https,https", 2, "http" },
		{ "https,", 0, "" },
		{ "https,", 1, "https" },
		{ ",https", 1, "" },
		{ "https, http", 1000000, NULL },
		{ NULL, 0, NULL },
		{ NULL, 2, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct str got = trusted_proto(str_of(t[i].list), t[i].hop);

		if ((got.p == NULL) != (t[i].proto == NULL) || (got.p != NULL && !str_is(got, t[i].proto)))
			fail_msg("\"%s\", hop %zu: %.*s", t[i].list, t[i].hop, (int)got.len, got.p == NULL ? "" : got.p);
	}
}

static void
spellings(void **state)
{
	char text[ADDRESS_MAX + 1];

	(void)state;
	assert_true(trusted_address(STR_LIT("::ffff:203.0.113.9"), text));
	assert_string_equal(text, "203.0.113.9");
	assert_true(trusted_address(STR_LIT("2001:DB8:0:0::1"), text));
	assert_string_equal(text, "2001:db8::1");
	assert_false(trusted_address(STR_LIT("203.0.113.9:80"), text)); /* a server says REMOTE_ADDR without it */
	assert_string_equal(text, "");
	assert_false(trusted_address(STR_NONE, text));
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(peers), cmocka_unit_test(prefixes), cmocka_unit_test(chains),
		cmocka_unit_test(sockets_in_chains), cmocka_unit_test(protos), cmocka_unit_test(spellings) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

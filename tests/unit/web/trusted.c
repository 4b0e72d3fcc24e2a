#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/trusted.h"

static char *const nobody[] = { NULL };
static char *const some[] = { "10.0.0.0/8", "192.168.5.4", "172.16.8.0/21", "fd00::/8", "::1", "2001:db8::/33", NULL };

static void
peers(void **state)
{
	static const struct {
		const char *address;
		bool trusted;
	} t[] = {
		{ "10.0.0.0", true }, { "10.255.255.255", true }, { "9.255.255.255", false }, { "11.0.0.0", false },
		{ "192.168.5.4", true }, { "192.168.5.5", false }, { "172.16.8.0", true }, { "172.16.15.255", true },
		{ "172.16.16.0", false }, { "172.16.7.255", false }, { "fd00::1", true }, { "fdff:ffff::", true },
		{ "fc00::1", false }, { "fe00::", false }, { "::1", true }, { "0:0:0:0:0:0:0:1", true },
		{ "::2", false },
		{ "2001:db8:7fff::1", true }, { "2001:db8:8000::1", false },
		/* Not the same address, whatever a kernel may make of it. */
		{ "::ffff:10.0.0.1", false }, { "::10.0.0.1", false },
		{ "", false }, { "10", false }, { "10.0.0", false }, { "10.0.0.1.", false }, { "10.0.0.256", false },
		{ "10.0.0.1 ", false },
		{ " 10.0.0.1", false }, { "10.0.0.1:80", false }, { "[::1]", false }, { "::1%lo", false },
		{ "010.0.0.1", false },
		{ "0x0a.0.0.1", false }, { "10.0.0.0/8", false }, { "unix:", false }, { "localhost", false },
		{ "fd00", false },
		{ "10.0.0.1, 10.0.0.2", false }, { "00000000000000000000000000000000000000000000000::1", false },
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
		{ "0.0.0.0/0", "203.0.113.9", true }, { "0.0.0.0/0", "2001:db8::1", false },
		{ "::/0", "2001:db8::1", true },
		{ "::/0", "203.0.113.9", false }, { "203.0.113.9/32", "203.0.113.9", true },
		{ "203.0.113.9/32", "203.0.113.8", false },
		{ "203.0.113.8/31", "203.0.113.9", true }, { "203.0.113.9/24", "203.0.113.1", true },
		{ "2001:db8::1/128", "2001:db8::1", true },
		{ "2001:db8::1/128", "2001:db8::", false }, { "2001:db8::/127", "2001:db8::1", true },
		/* A list that is not well-formed trusts nobody. */
		{ "203.0.113.0/33", "203.0.113.9", false }, { "203.0.113.0/", "203.0.113.9", false },
		{ "203.0.113.0/-1", "203.0.113.9", false },
		{ "203.0.113.0/a", "203.0.113.9", false }, { "203.0.113.0/24/24", "203.0.113.9", false },
		{ "::/129", "::1", false },
		{ "", "203.0.113.9", false }, { "/0", "203.0.113.9", false }, { "*", "203.0.113.9", false },
		{ "203.0.113.0/4294967320", "203.0.113.9", false },
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
	} t[] = {
		{ NULL, NULL },
		{ "", NULL },
		{ "203.0.113.9", "203.0.113.9" },
		{ " 203.0.113.9\t", "203.0.113.9" },
		{ "203.0.113.9, 10.0.0.1", "203.0.113.9" },
		{ "203.0.113.9,10.0.0.1,10.0.0.2", "203.0.113.9" },
		{ "1.2.3.4, 203.0.113.9, 10.0.0.1", "203.0.113.9" },
		{ "10.0.0.5, 203.0.113.9", "203.0.113.9" },
		{ "garbage, 203.0.113.9, 10.0.0.1", "203.0.113.9" },
		{ "2001:db8:ffff::1, fd00::2", "2001:db8:ffff::1" },
		/* Nothing but proxies, or nonsense where an address should be: no client at all. */
		{ "10.0.0.1", NULL },
		{ "10.0.0.2, 10.0.0.1", NULL },
		{ ",", NULL },
		{ "203.0.113.9,", NULL },
		{ "203.0.113.9, , 10.0.0.1", NULL },
		{ ",203.0.113.9", "203.0.113.9" },
		{ "203.0.113.9:4711", NULL },
		{ "unknown", NULL },
		{ "_hidden, 10.0.0.1", NULL },
		{ "203.0.113.9, unknown", NULL },
		{ "203.0.113.9, garbage, 10.0.0.1", NULL },
		{ "[2001:db8:ffff::1]", NULL },
		{ "\"203.0.113.9\"", NULL },
		{ "203.0.113.9 10.0.0.1", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct str got = trusted_client(some, str_of(t[i].forwarded));

		if ((got.p == NULL) != (t[i].client == NULL) || (got.p != NULL && !str_is(got, t[i].client)))
			fail_msg("\"%s\": %.*s", t[i].forwarded, (int)got.len, got.p == NULL ? "" : got.p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(peers), cmocka_unit_test(prefixes),
		cmocka_unit_test(chains) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

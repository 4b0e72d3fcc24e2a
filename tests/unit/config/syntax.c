/* SPDX-License-Identifier: ISC */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "config/syntax.h"

static bool
https_origin(const char *s)
{

	return (syntax_is_origin(s, false));
}

static bool
any_origin(const char *s)
{

	return (syntax_is_origin(s, true));
}

static bool
https_issuer(const char *s)
{

	return (syntax_is_issuer(s, false));
}

static bool
any_issuer(const char *s)
{

	return (syntax_is_issuer(s, true));
}

#define MANY 24

static const struct {
	const char *what;
	bool (*is)(const char *);
	const char *good[MANY];
	const char *bad[MANY];
} kinds[] = {
	{ "mount", syntax_is_mount, { "/auth", "/a/b", "/a.b", "/~x_y-z", "/..." },
	    { "", "/", "auth", "/auth/", "//auth", "/a//b", "/a/./b", "/a/..", "/a b", "/a%20", "/a?b", "/\xc3\xa4", "/a\n" } },
	{ "origin", https_origin,
	    { "https://h", "https://a.example.org:8443", "https://[::1]", "https://[::1]:444", "https://10.0.0.1" },
	    { "", "https://", "http://h", "h", "https://h/", "https://h:443", "https://H", "https://h:0", "https://h:65536",
		"https://h:", "https://u@h", "https://h?", "https://h h", "https://[::1", "https://[::1]x", "https://[:1]",
		"https://h:08443", "null", "*" } },
	{ "origin, plain", any_origin, { "http://h", "http://h:8080", "https://h" }, { "http://h:80", "ftp://h" } },
	{ "issuer", https_issuer, { "https://h", "https://h/auth", "https://h:8443/a/b", "https://[::1]:444/auth" },
	    { "", "https:///auth", "https://h/", "https://h/auth/", "https://h/a?b", "https://h/a#b", "https://h//a",
		"http://h/auth", "https://h:443/auth", "https://H/auth", "https://h/../a" } },
	{ "issuer, plain", any_issuer, { "http://h/auth", "http://127.0.0.1:8080/auth" },
	    { "http://h:80/auth", "gopher://h" } },
	{ "prefix", syntax_is_prefix,
	    { "10.1.2.3", "10.0.0.0/8", "0.0.0.0/0", "::1", "fd00::/8", "::/128", "127.0.0.1/32",
		"unix:", "::ffff:10.0.0.0/104" },
	    { "", "10.1.2", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "host", "[::1]", "1.2.3.4 ",
		"/8", "010.0.0.1.1", "unix", "unix:/run/x", "unix:/8" } },
	{ "wide", syntax_is_wide,
	    { "0.0.0.0/0", "::/0", "192.0.2.0/23", "10.0.0.0/7", "172.32.0.0/12", "100.128.0.0/10", "2001:db8::/63", "fc00::/6",
		"128.0.0.0/1", "::ffff:0:0/96", "::ffff:192.0.2.0/119", "::ffff:10.0.0.0/103" },
	    { "192.0.2.1", "192.0.2.0/24", "10.0.0.0/8", "10.255.0.0/16", "172.16.0.0/12", "172.31.0.0/16", "192.168.0.0/16",
		"100.64.0.0/10", "127.0.0.0/8", "2001:db8::/64", "::1", "fd00::/8", "fe80::/10", "unix:", "::ffff:10.0.0.0/104",
		"::ffff:192.0.2.0/120" } },
	{ "loopback", syntax_is_loopback, { "127.0.0.1:9180", "127.1.2.3:1", "[::1]:65535" },
	    { "", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "0.0.0.0:80", "10.0.0.1:80", "128.0.0.1:80", "[::]:80",
		"[::1]", "::1:80", "localhost:80", ":80", "127.0.0.1:80x", "[::ffff:127.0.0.1]:80" } },
	{ "token", syntax_is_token, { "a", "__Host-dw_session", "!#$%&'*+-.^_`|~09azAZ" },
	    { "", "a b", "a=b", "a;b", "a,b", "\"a\"", "a\x7f", "a\xc3\xa4", "a(b)", "a/b", "a:b" } },
	{ "name", syntax_is_name, { "a", "app-1_b", "0" }, { "-a", "A", "a b", "a.b", "\xc3\xa4" } },
	{ "event", syntax_is_event, { "login", "kick", "alert" }, { "", "logins", "Login" } },
};

static void
test_kinds(void **state)
{

	(void)state;
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		for (size_t i = 0; i < MANY && kinds[k].good[i] != NULL; i++)
			if (!kinds[k].is(kinds[k].good[i]))
				fail_msg("%s: \"%s\" is refused", kinds[k].what, kinds[k].good[i]);
		for (size_t i = 0; i < MANY && kinds[k].bad[i] != NULL; i++)
			if (kinds[k].is(kinds[k].bad[i]))
				fail_msg("%s: \"%s\" is accepted", kinds[k].what, kinds[k].bad[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_kinds) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

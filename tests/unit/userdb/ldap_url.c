/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "userdb/ldap_url.h"

static void
read_it(void **state)
{
	static const struct {
		const char *url;
		enum ldap_scheme scheme;
		const char *host, *port, *path;
		bool loopback;
	} t[] = {
		{ "ldap://directory.example.org", LDAP_SCHEME_PLAIN, "directory.example.org", "389", "", false },
		{ "ldap://directory.example.org:3890/", LDAP_SCHEME_PLAIN, "directory.example.org", "3890", "", false },
		{ "ldaps://directory", LDAP_SCHEME_TLS, "directory", "636", "", false },
		{ "ldaps://192.0.2.1:65535", LDAP_SCHEME_TLS, "192.0.2.1", "65535", "", false },
		{ "ldap://[2001:db8::1]", LDAP_SCHEME_PLAIN, "2001:db8::1", "389", "", false },
		{ "ldap://[::1]:3890", LDAP_SCHEME_PLAIN, "::1", "3890", "", true },
		{ "ldap://localhost", LDAP_SCHEME_PLAIN, "localhost", "389", "", true },
		{ "ldap://127.0.0.1:389", LDAP_SCHEME_PLAIN, "127.0.0.1", "389", "", true },
		{ "ldap://127.0.0.1.example.org", LDAP_SCHEME_PLAIN, "127.0.0.1.example.org", "389", "", false },
		{ "ldap://localhost.example.org", LDAP_SCHEME_PLAIN, "localhost.example.org", "389", "", false },
		{ "ldapi://", LDAP_SCHEME_UNIX, "", "", "/var/run/slapd/ldapi", true },
		{ "ldapi:///", LDAP_SCHEME_UNIX, "", "", "/var/run/slapd/ldapi", true },
		{ "ldapi:///run/ldap.sock", LDAP_SCHEME_UNIX, "", "", "/run/ldap.sock", true },
		{ "ldapi://%2Frun%2fldap.sock", LDAP_SCHEME_UNIX, "", "", "/run/ldap.sock", true },
	};
	struct ldap_url u;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_true(ldap_url_read(t[i].url, &u));
		assert_int_equal(u.scheme, t[i].scheme);
		assert_string_equal(u.host, t[i].host);
		assert_string_equal(u.port, t[i].port);
		assert_string_equal(u.path, t[i].path);
		assert_int_equal(ldap_url_is_loopback(&u), t[i].loopback);
	}
}

static void
refused(void **state)
{
	static const char *const urls[] = { "", "ldap", "ldap:", "ldap:/", "ldap://", "ldap:///", "LDAP://host", "http://host",
		"ldap://host:", "ldap://host:0", "ldap://host:65536", "ldap://host:389x", "ldap://host:-1",
		"ldap://host/dc=example", "ldap://host?uid", "ldap://user@host", "ldap://user:secret@host", "ldap://[::1",
		"ldap://[]", "ldap://[::1]x", "ldap://::1", "ldap://a b", "ldap://host ldap://other", "ldap://h\xc3\xb6st",
		"ldapi://relative", "ldapi://%2", "ldapi://%2Fa%00b", "ldapi://%zz" };
	char longer[400];
	struct ldap_url u;

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		assert_false(ldap_url_read(urls[i], &u));
	memset(longer, 'a', sizeof(longer));
	memcpy(longer, "ldap://", 7);
	longer[sizeof(longer) - 1] = '\0';
	assert_false(ldap_url_read(longer, &u));
	memcpy(longer, "ldapi:///", 9);
	assert_false(ldap_url_read(longer, &u));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_it),
		cmocka_unit_test(refused),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

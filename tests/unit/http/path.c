/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "doorward/request.h"
#include "http/path.h"

struct row {
	const char *given;
	const char *path; /* NULL = no path at all */
};

/* ${path} NULL: refused. Prints the row that fails. */
static void
expect(const char *what, const char *given, bool got, const char *out, const char *path)
{

	if (got != (path != NULL) || (got && strcmp(out, path) != 0))
		fail_msg("%s \"%s\": %s instead of %s", what, given, got ? out : "nothing", path != NULL ? path : "nothing");
}

static const struct row uris[] = {
	{ "/auth/login", "/login" },
	{ "/auth", "/" },
	{ "/auth/", "/" },
	{ "/auth/?x", "/" },
	{ "/login", "/login" }, /* a front that strips the mount itself */
	{ "/auth/login?next=/auth/check", "/login" },
	{ "/auth/login?a=%zz", "/login" }, /* the query is not part of it */
	{ "/auth/login#frag", "/login" },
	{ "/auth/login#?x", "/login" },
	{ "/auth/login?#x", "/login" },
	/* The mount leads at a '/' boundary only, and once. */
	{ "/authz", "/authz" },
	{ "/authz/login", "/authz/login" },
	{ "/auth.login", "/auth.login" },
	{ "/auth;x/login", "/auth;x/login" },
	{ "/Auth/login", "/Auth/login" },
	{ "/auth/loginx", "/loginx" },
	{ "/auth/login/logout", "/login/logout" },
	{ "/auth/auth/login", "/auth/login" },
	{ "/x/auth/login", "/x/auth/login" },
	/* The address of RFC 8414 section 3.1 for an issuer with a path: the mount at its end, exactly. */
	{ "/.well-known/oauth-authorization-server/auth", "/.well-known/oauth-authorization-server" },
	{ "/auth/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server" },
	{ "/.well-known/oauth-authorization-server%2Fauth", "/.well-known/oauth-authorization-server" },
	{ "/.well-known/oauth-authorization-server/auth/", "/.well-known/oauth-authorization-server/auth/" },
	{ "/.well-known/oauth-authorization-server/authz", "/.well-known/oauth-authorization-server/authz" },
	{ "/.well-known/oauth-authorization-server/other", "/.well-known/oauth-authorization-server/other" },
	{ "/.well-known/openid-configuration/auth", "/.well-known/openid-configuration/auth" },
	{ "/auth/.well-known/oauth-authorization-server/auth", "/.well-known/oauth-authorization-server/auth" },
	/* Decoded once. */
	{ "/auth/%6cogin", "/login" },
	{ "/%61uth/login", "/login" },
	{ "/auth%2flogin", "/login" },
	{ "/auth%2Flogin", "/login" },
	{ "/auth/%256cogin", "/%6cogin" },
	{ "/auth/%25%32%66", "/%2f" },
	{ "/auth/log+in", "/log+in" },
	{ "/auth/j%C3%BCrgen", "/j\xc3\xbcrgen" },
	/* Dots and slashes, once more after decoding. */
	{ "//auth//login", "/login" },
	{ "///auth/login", "/login" },
	{ "/auth/./login", "/login" },
	{ "/./auth/login", "/login" },
	{ "/auth/x/../login", "/login" },
	{ "/auth/%2e/login", "/login" },
	{ "/auth/x/%2e%2e/login", "/login" },
	{ "/auth/x/.%2E/login", "/login" },
	{ "/auth/x%2f..%2flogin", "/login" },
	{ "/auth/../login", "/login" },
	{ "/auth/../authz", "/authz" },
	{ "/auth/check/../../auth/login", "/login" },
	{ "/auth/..", "/" },
	{ "/auth/login/..", "/" },
	{ "/auth/x//../login", "/login" },
	{ "/auth/%252e%252e/login", "/%2e%2e/login" },
	/* What stands for nothing else. */
	{ "/auth/login/", "/login/" },
	{ "/auth/login//", "/login/" },
	{ "/auth/login/.", "/login/" },
	{ "/auth/login.", "/login." },
	{ "/auth/login..", "/login.." },
	{ "/auth/...", "/..." },
	{ "/auth/login;x", "/login;x" },
	{ "/auth/login;jsessionid=1", "/login;jsessionid=1" },
	{ "/auth/login%3fx", "/login?x" },
	{ "/auth/login%23x", "/login#x" },
	{ "/auth/login%20", "/login " },
	{ "/auth/..;/login", "/..;/login" },
	/* Refused. */
	{ "/auth/login%00", NULL },
	{ "/auth/login%00.html", NULL },
	{ "/%00/auth/login", NULL },
	{ "/auth/login%0a", NULL },
	{ "/auth/login%0d%0aX:y", NULL },
	{ "/auth/login%09", NULL },
	{ "/auth/login%7f", NULL },
	{ "/auth/login%1b", NULL },
	{ "/auth\\login", NULL },
	{ "/auth/x/..\\login", NULL },
	{ "/auth/%5clogin", NULL },
	{ "/auth/login%", NULL },
	{ "/auth/login%2", NULL },
	{ "/auth/login%g1", NULL },
	{ "/auth/login%1g", NULL },
	{ "/auth/login%%", NULL },
	{ "/auth/login%u002e", NULL },
	{ "/..", NULL },
	{ "/../auth/login", NULL },
	{ "/%2e%2e/auth/login", NULL },
	{ "/auth/../../auth/login", NULL },
	{ "/auth/x/../../../auth/login", NULL },
	{ "", NULL },
	{ "?x", NULL },
	{ "*", NULL },
	{ "auth/login", NULL },
	{ "../auth/login", NULL },
	{ "http://sso.example.org/auth/login", NULL },
	{ "%2fauth/login", "/login" },
};

static void
of_the_address(void **state)
{

	(void)state;
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		char out[PATH_MAX_BYTES];

		expect("uri", uris[i].given,
		    path_route(STR_NONE, STR_NONE, STR_NONE, str_of(uris[i].given), "/auth", out, sizeof(out)), out,
		    uris[i].path);
	}
}

/* Servers have decoded SCRIPT_NAME and PATH_INFO already: decoding again would make "%252e" into a dot. */
static void
of_script_and_info(void **state)
{
	static const struct {
		const char *script, *info, *path;
	} t[] = {
		{ "/auth", "/login", "/login" },
		{ "/auth/login", NULL, "/login" },
		{ NULL, "/auth/login", "/login" },
		{ "/auth", NULL, "/" },
		{ "/auth", "/", "/" },
		{ "/auth/", "/login", "/login" },
		{ "/authz", "/login", "/authz/login" },
		{ "/aut", "h/login", "/login" },
		{ "/auth", "login", "/authlogin" },
		{ "/auth/login", "/logout", "/login/logout" },
		{ "/auth", "/%6cogin", "/%6cogin" },
		{ "/auth", "/%2e%2e/x", "/%2e%2e/x" },
		{ "/auth", "/login?x", "/login?x" },
		{ "/auth", "/x/../login", "/login" },
		{ "/auth", "/../login", "/login" },
		{ "/auth", "/../../login", NULL },
		{ "/auth", "/lo\tgin", NULL },
		{ "/auth", "/lo\\gin", NULL },
		{ "auth", "/login", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char out[PATH_MAX_BYTES];

		expect("script", t[i].script == NULL ? t[i].info : t[i].script,
		    path_route(
			STR_NONE, str_of(t[i].script), str_of(t[i].info), STR_LIT("/auth/check"), "/auth", out, sizeof(out)),
		    out, t[i].path);
	}
}

static void
the_route_goes_before_all(void **state)
{
	static const struct row t[] = {
		{ "/check", "/check" },
		{ "/auth/check", "/check" },
		{ "/che%63k", "/che%63k" },
		{ "/x/../check", "/check" },
		{ "check", NULL },
		{ "/../check", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char out[PATH_MAX_BYTES];

		expect("route", t[i].given,
		    path_route(str_of(t[i].given), STR_LIT("/auth"), STR_LIT("/login"), STR_LIT("/auth/logout"), "/auth", out,
			sizeof(out)),
		    out, t[i].path);
	}
}

static void
mounts(void **state)
{
	static const struct {
		const char *mount, *uri, *path;
	} t[] = {
		{ "", "/login", "/login" },
		{ "", "/auth/login", "/auth/login" },
		{ "", "/", "/" },
		{ "/a/b", "/a/b/login", "/login" },
		{ "/a/b", "/a/bc/login", "/a/bc/login" },
		{ "/a/b", "/a/login", "/a/login" },
		{ "/a/b", "/a//b/login", "/login" },
		{ "/a/b", "/a/b", "/" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char out[PATH_MAX_BYTES];

		expect("mount", t[i].uri,
		    path_route(STR_NONE, STR_NONE, STR_NONE, str_of(t[i].uri), t[i].mount, out, sizeof(out)), out, t[i].path);
	}
}

static void
nothing_said(void **state)
{
	char out[PATH_MAX_BYTES];

	(void)state;
	assert_false(path_route(STR_NONE, STR_NONE, STR_NONE, STR_NONE, "/auth", out, sizeof(out)));
}

static void
lengths(void **state)
{
	char uri[PATH_MAX_BYTES * 4], out[PATH_MAX_BYTES], small[8];

	(void)state;
	memset(uri, 'a', sizeof(uri));
	uri[0] = '/';
	assert_true(
	    path_route(STR_NONE, STR_NONE, STR_NONE, (struct str){ uri, PATH_MAX_BYTES - 1 }, "/auth", out, sizeof(out)));
	assert_int_equal(strlen(out), PATH_MAX_BYTES - 1);
	assert_false(path_route(STR_NONE, STR_NONE, STR_NONE, (struct str){ uri, PATH_MAX_BYTES }, "/auth", out, sizeof(out)));
	assert_false(
	    path_route(STR_NONE, (struct str){ uri, 1000 }, (struct str){ uri, 1000 }, STR_NONE, "/auth", out, sizeof(out)));
	/* A long query does not make a long path. */
	uri[10] = '?';
	assert_true(path_route(STR_NONE, STR_NONE, STR_NONE, (struct str){ uri, sizeof(uri) }, "/auth", out, sizeof(out)));
	assert_int_equal(strlen(out), 10);
	/* A caller with less room. */
	assert_true(path_route(STR_LIT("/1234567"), STR_NONE, STR_NONE, STR_NONE, "", out, sizeof(out)));
	assert_false(path_route(STR_LIT("/1234567"), STR_NONE, STR_NONE, STR_NONE, "", small, sizeof(small)));
	/* Nothing but slashes, nothing but dots. */
	memset(uri, '/', sizeof(uri));
	assert_true(
	    path_route(STR_NONE, STR_NONE, STR_NONE, (struct str){ uri, PATH_MAX_BYTES - 1 }, "/auth", out, sizeof(out)));
	assert_string_equal(out, "/");
}

/* A byte range that ends in the middle of an escape must not be read beyond. */
static void
ends_where_it_ends(void **state)
{
	char out[PATH_MAX_BYTES];

	(void)state;
	assert_false(path_route(STR_NONE, STR_NONE, STR_NONE, (struct str){ "/auth%2flogin", 6 }, "/auth", out, sizeof(out)));
	assert_false(path_route(STR_NONE, STR_NONE, STR_NONE, (struct str){ "/auth%2flogin", 7 }, "/auth", out, sizeof(out)));
	assert_true(path_route(STR_NONE, STR_NONE, STR_NONE, (struct str){ "/auth%2flogin", 8 }, "/auth", out, sizeof(out)));
	assert_string_equal(out, "/");
	assert_false(path_route(STR_LIT("/ch\0eck"), STR_NONE, STR_NONE, STR_NONE, "/auth", out, sizeof(out)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_the_address),
		cmocka_unit_test(of_script_and_info),
		cmocka_unit_test(the_route_goes_before_all),
		cmocka_unit_test(mounts),
		cmocka_unit_test(nothing_said),
		cmocka_unit_test(lengths),
		cmocka_unit_test(ends_where_it_ends),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

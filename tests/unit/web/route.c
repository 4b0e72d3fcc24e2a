/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "handle/handlers.h"
#include "handle/refresh.h"
#include "web/route.h"

#define READ (METHOD_GET | METHOD_HEAD)

static const enum method every[] = { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_PUT, METHOD_DELETE, METHOD_PATCH,
	METHOD_OPTIONS, METHOD_TRACE, METHOD_OTHER };

/* The contract's endpoints: what each takes, and nothing else. */
static void
endpoints(void **state)
{
	static const struct {
		const char *path;
		unsigned methods;
	} t[] = {
		{ "/check", METHOD_ANY & ~METHOD_TRACE },
		{ "/login", READ | METHOD_POST },
		{ "/logout", READ | METHOD_POST },
		{ "/refresh", METHOD_POST },
		{ "/token", METHOD_POST },
		{ "/revoke", METHOD_POST },
		{ "/introspect", METHOD_POST },
		{ "/session", READ },
		{ "/sessions", READ },
		{ "/sessions/AAAAAAAAAAAAAAAAAAAAAAA", METHOD_DELETE },
		{ "/sessions/-", METHOD_DELETE },
		{ "/sessions/AAAAAAAAAAAAAAAAAAAAAAA/logout", METHOD_POST },
		{ "/sessions/*/logout", METHOD_POST },
		{ "/jwks.json", READ },
		{ "/.well-known/oauth-authorization-server", READ },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		for (size_t m = 0; m < sizeof(every) / sizeof(every[0]); m++) {
			unsigned allow = 0xffff;
			const struct route *r = route_find(t[i].path, every[m], &allow);

			if ((r != NULL) != ((t[i].methods & every[m]) != 0))
				fail_msg("%s %x", t[i].path, (unsigned)every[m]);
			if (r == NULL)
				assert_int_equal(allow, t[i].methods);
		}
	}
}

static void
unknown(void **state)
{
	static const char *const t[] = { "/", "", "/loginx", "/login/", "/login/logout", "/authz", "/auth/login", "/login.",
		"/login;x", "/LOGIN", "/check/", "/check/x", "/checkx", "/chec", "/logout/", "/refresh/x", "/sessions/",
		"/sessions/a/b", "/sessions/a/", "/session/x", "/sessions//logout", "/sessions/a/logout/",
		"/sessions/a/b/logout", "/sessions/a/logoutx", "/sessions/logout/", "/jwks", "/jwks.json/", "/jwks.jsonx",
		"/health/live", "/health/ready", "/metrics", "/status", "/admin/kick", "/admin/sessions", "/favicon.ico",
		"//login", "/%6cogin", "/login?x", "/login#x", "login", "*" };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		for (size_t m = 0; m < sizeof(every) / sizeof(every[0]); m++) {
			unsigned allow = 1;

			if (route_find(t[i], every[m], &allow) != NULL || allow != 0)
				fail_msg("\"%s\" is a route", t[i]);
		}
	}
}

static void
handlers(void **state)
{
	unsigned allow;

	(void)state;
	assert_ptr_equal(route_find("/login", METHOD_GET, &allow)->handle, handle_login_page);
	assert_ptr_equal(route_find("/login", METHOD_POST, &allow)->handle, handle_login);
	assert_ptr_equal(route_find("/logout", METHOD_POST, &allow)->handle, handle_logout);
	assert_ptr_equal(route_find("/refresh", METHOD_POST, &allow)->handle, handle_refresh);
	assert_ptr_equal(route_find("/token", METHOD_POST, &allow)->handle, handle_token);
	assert_ptr_equal(route_find("/sessions/x", METHOD_DELETE, &allow)->handle, handle_session_end);
	assert_ptr_equal(route_find("/sessions/x/logout", METHOD_POST, &allow)->handle, handle_session_end);
	assert_ptr_equal(route_check->handle, handle_check);
	assert_ptr_equal(route_find("/check", METHOD_OTHER, &allow), route_check);
}

/*
 * Nothing that takes or gives a credential answers over plain HTTP; the check reads no body, which may be the
 * application's.
 */
static void
flags(void **state)
{
	unsigned allow;

	(void)state;
	for (uint32_t i = 0; route_name(i) != NULL; i++) {
		static const char *const paths[] = { "/check", "/login", "/logout", "/refresh", "/token", "/revoke",
			"/introspect", "/session", "/sessions", "/sessions/x", "/sessions/x/logout" };

		for (size_t p = 0; p < sizeof(paths) / sizeof(paths[0]); p++) {
			for (size_t m = 0; m < sizeof(every) / sizeof(every[0]); m++) {
				const struct route *r = route_find(paths[p], every[m], &allow);

				assert_true(r == NULL || (r->flags & ROUTE_PLAIN_OK) == 0);
				assert_true(r == NULL || (r->flags & ROUTE_OWN_REFUSAL) == 0 ||
					    r->handle == handle_login_page || r == route_check);
			}
		}
	}
	assert_int_equal(route_check->flags & ROUTE_BODY, 0);
}

static void
ids(void **state)
{
	unsigned allow;
	uint32_t n = 0;

	(void)state;
	while (route_name(n) != NULL)
		n++;
	assert_true(n >= 10 && n <= ROUTE_SLOTS);
	assert_null(route_name(UINT32_MAX));
	assert_string_equal(route_name(route_id(route_check)), "check");
	assert_string_equal(route_name(route_id(route_find("/logout", METHOD_POST, &allow))), "logout");
	/* Names are labels of metrics: one each. */
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < i; k++)
			assert_string_not_equal(route_name(i), route_name(k));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endpoints),
		cmocka_unit_test(unknown),
		cmocka_unit_test(handlers),
		cmocka_unit_test(flags),
		cmocka_unit_test(ids),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

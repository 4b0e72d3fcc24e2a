/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/request.h"

static char *nobody[] = { NULL }, *proxies[] = { "10.0.0.0/8", NULL };
static struct config conf = { .mount = "/auth", .trusted_proxies = nobody };
static struct params p;
static struct request r;

static void
read_request(char *const *envp)
{

	assert_int_equal(params_read(envp, &p), PARAMS_OK);
	request_init(&r, &conf, &p, false, NULL);
}

/* Appends ${name}=${value}, written in ${text}, unless ${value} is NULL. Returns how many there are now. */
static size_t
put(char **envp, size_t n, char text[64], const char *name, const char *value)
{

	if (value == NULL)
		return (n);
	snprintf(text, 64, "%s=%s", name, value);
	envp[n] = text;
	return (n + 1);
}

/* All that may say "https", from a stranger and from a proxy we believe (R002). */
static void
tls_evidence(void **state)
{
	static const struct {
		const char *https, *scheme, *proto, *proto2;
		bool stranger, proxy;
	} t[] = {
		{ NULL, NULL, NULL, NULL, false, false },
		{ "on", NULL, NULL, NULL, true, true },
		{ "ON", NULL, NULL, NULL, true, true },
		{ "off", NULL, NULL, NULL, false, false },
		{ "", NULL, NULL, NULL, false, false },
		{ "1", NULL, NULL, NULL, false, false },
		{ "on ", NULL, NULL, NULL, false, false },
		{ "on, off", NULL, NULL, NULL, false, false },
		{ NULL, "https", NULL, NULL, true, true },
		{ NULL, "HTTPS", NULL, NULL, true, true },
		{ NULL, "http", NULL, NULL, false, false },
		{ NULL, "https://", NULL, NULL, false, false },
		{ "off", "https", NULL, NULL, true, true }, /* Apache's early hooks */
		{ "on", "http", NULL, NULL, true, true },
		{ NULL, NULL, "https", NULL, false, true },
		{ NULL, NULL, "HTTPS", NULL, false, true },
		{ NULL, NULL, "http", NULL, false, false },
		{ NULL, "http", "https", NULL, false, true },      /* TLS ends at the proxy */
		{ NULL, NULL, "https, http", NULL, false, false }, /* the last hop's, where no other is known */
		{ NULL, NULL, "http, https", NULL, false, true },
		{ NULL, NULL, "https,https", NULL, false, true },
		{ NULL, NULL, "https,", NULL, false, false },
		{ NULL, NULL, "", NULL, false, false },
		{ NULL, NULL, "https", "http", false, false },
		{ NULL, NULL, "http", "https", false, false },
		{ NULL, NULL, "https", "https", false, true }, /* one value */
		{ NULL, NULL, "https", "", false, true },
		{ "on", NULL, "http", "https", true, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		for (int peer = 0; peer < 4; peer++) {
			static const char *const addresses[] = { "REMOTE_ADDR=203.0.113.9", "REMOTE_ADDR=10.0.0.1",
				"REMOTE_ADDR=10.0.0.1", "REMOTE_ADDR=" };
			char text[4][64];
			char *envp[6] = { NULL };
			size_t n = 0;
			bool want = peer == 1 ? t[i].proxy : t[i].stranger;

			conf.trusted_proxies = peer == 2 ? nobody : proxies; /* by default nobody is believed */
			envp[n++] = (char *)(uintptr_t)addresses[peer];
			n = put(envp, n, text[0], "HTTPS", t[i].https);
			n = put(envp, n, text[1], "REQUEST_SCHEME", t[i].scheme);
			n = put(envp, n, text[2], "HTTP_X_FORWARDED_PROTO", t[i].proto);
			n = put(envp, n, text[3], "HTTP_X_FORWARDED_PROTO", t[i].proto2);
			read_request(envp);
			if (r.tls != want)
				fail_msg("row %zu, peer %d", i, peer);
		}
	}
}

/* The element of X-Forwarded-Proto that the client's hop wrote, whoever stands left of it. */
static void
tls_of_the_clients_hop(void **state)
{
	static const struct {
		char *forwarded, *proto;
		const char *ip;
		bool tls;
	} t[] = {
		{ "HTTP_X_FORWARDED_FOR=203.0.113.7, 10.0.0.2", "HTTP_X_FORWARDED_PROTO=https,http", "203.0.113.7", true },
		{ "HTTP_X_FORWARDED_FOR=203.0.113.7, 10.0.0.2", "HTTP_X_FORWARDED_PROTO=http,https", "203.0.113.7", false },
		{ "HTTP_X_FORWARDED_FOR=203.0.113.7, 10.0.0.2", "HTTP_X_FORWARDED_PROTO=https", "203.0.113.7", true },
		/* What the client sent itself does not count. */
		{ "HTTP_X_FORWARDED_FOR=1.2.3.4, 203.0.113.7", "HTTP_X_FORWARDED_PROTO=https, http", "203.0.113.7", false },
		{ "HTTP_X_FORWARDED_FOR=203.0.113.7:51234", "HTTP_X_FORWARDED_PROTO=http, https", "203.0.113.7", true },
		{ "HTTP_X_FORWARDED_FOR=\"[2001:db8::1]:443\"", "HTTP_X_FORWARDED_PROTO=https", "2001:db8::1", true },
		{ "HTTP_X_FORWARDED_FOR=unknown", "HTTP_X_FORWARDED_PROTO=https", "10.0.0.1", true },
		/* A hop that said nothing is no evidence. */
		{ "HTTP_X_FORWARDED_FOR=203.0.113.7, 10.0.0.3, 10.0.0.2", "HTTP_X_FORWARDED_PROTO=https,https", "203.0.113.7",
		    false },
	};
	static char *peers[] = { "REMOTE_ADDR=10.0.0.1", "REMOTE_ADDR=::ffff:10.0.0.1" };

	(void)state;
	conf.trusted_proxies = proxies;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		for (size_t k = 0; k < 2; k++) {
			char *envp[] = { peers[k], t[i].forwarded, t[i].proto, NULL };

			read_request(envp);
			assert_string_equal(r.ip, t[i].ip);
			if (r.tls != t[i].tls)
				fail_msg("%s, %s", t[i].forwarded, t[i].proto);
		}
	}
}

/* A front that is asked over a unix socket, by a proxy that has to be believed as such. */
static void
socket_peers(void **state)
{
	static char *sockets[] = { "unix:", NULL };
	char *envp[] = { "REMOTE_ADDR=unix:", "HTTP_X_FORWARDED_FOR=203.0.113.7", "HTTP_X_FORWARDED_PROTO=https", NULL };

	(void)state;
	conf.trusted_proxies = sockets;
	read_request(envp);
	assert_true(r.tls);
	assert_string_equal(r.ip, "203.0.113.7");
	conf.trusted_proxies = proxies;
	read_request(envp);
	assert_false(r.tls);
	assert_string_equal(r.ip, "unix:");
}

/* Headers that only look like what a server sets. */
static void
no_tls_by_other_names(void **state)
{
	char *envp[] = { "REMOTE_ADDR=10.0.0.1", "HTTP_HTTPS=on", "HTTP_X_FORWARDED_SSL=on", "HTTP_FRONT_END_HTTPS=on",
		"HTTP_FORWARDED=proto=https", "HTTP_X_FORWARDED_SCHEME=https", "HTTP_REQUEST_SCHEME=https", "SERVER_PORT=443",
		"HTTP_X_FORWARDED_PORT=443", NULL };

	(void)state;
	conf.trusted_proxies = proxies;
	read_request(envp);
	assert_false(r.tls);
}

static void
addresses(void **state)
{
	static const struct {
		char *remote, *forwarded, *twice;
		const char *ip;
	} t[] = {
		{ "REMOTE_ADDR=203.0.113.9", NULL, NULL, "203.0.113.9" },
		{ "REMOTE_ADDR=203.0.113.9", "HTTP_X_FORWARDED_FOR=1.2.3.4", NULL, "203.0.113.9" },
		{ "REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_FOR=1.2.3.4", NULL, "1.2.3.4" },
		{ "REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_FOR=6.6.6.6, 1.2.3.4, 10.0.0.2", NULL, "1.2.3.4" },
		{ "REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_FOR=10.0.0.2", NULL, "10.0.0.1" },
		{ "REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_FOR=1.2.3.4\r\nX: y", NULL, "10.0.0.1" },
		{ "REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_FOR=1.2.3.4", "HTTP_X_FORWARDED_FOR=5.6.7.8", "10.0.0.1" },
		{ "REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_FOR=1.2.3.4", "HTTP_X_FORWARDED_FOR=1.2.3.4", "1.2.3.4" },
		{ "REMOTE_ADDR=::ffff:203.0.113.9", "HTTP_X_FORWARDED_FOR=1.2.3.4", NULL, "203.0.113.9" },
		{ "REMOTE_ADDR=::ffff:10.0.0.1", "HTTP_X_FORWARDED_FOR=::ffff:1.2.3.4", NULL, "1.2.3.4" },
		{ "REMOTE_ADDR=10.0.0.1", "HTTP_X_FORWARDED_FOR=unknown", NULL, "10.0.0.1" },
		{ "REMOTE_ADDR=2001:db8::1", NULL, NULL, "2001:db8::1" },
		{ "REMOTE_ADDR=fe80::1%eth0", NULL, NULL, "fe80::1%eth0" },
		{ "REMOTE_ADDR=", NULL, NULL, "" },
		{ "REMOTE_ADDR=<script>", NULL, NULL, "" },
		{ "REMOTE_ADDR=1.2.3.4 x", NULL, NULL, "" },
		{ "REMOTE_ADDR=00000000000000000000000000000000000000000000000000", NULL, NULL, "" },
	};

	(void)state;
	conf.trusted_proxies = proxies;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char *envp[] = { t[i].remote, t[i].forwarded, t[i].twice, NULL };

		read_request(envp);
		assert_string_equal(r.ip, t[i].ip);
	}
}

static void
methods(void **state)
{
	static const struct {
		char *variable;
		enum method method;
	} t[] = {
		{ "REQUEST_METHOD=GET", METHOD_GET },
		{ "REQUEST_METHOD=HEAD", METHOD_HEAD },
		{ "REQUEST_METHOD=POST", METHOD_POST },
		{ "REQUEST_METHOD=PUT", METHOD_PUT },
		{ "REQUEST_METHOD=DELETE", METHOD_DELETE },
		{ "REQUEST_METHOD=PATCH", METHOD_PATCH },
		{ "REQUEST_METHOD=OPTIONS", METHOD_OPTIONS },
		{ "REQUEST_METHOD=TRACE", METHOD_TRACE },
		{ "REQUEST_METHOD=get", METHOD_OTHER },
		{ "REQUEST_METHOD=Trace", METHOD_OTHER },
		{ "REQUEST_METHOD=PROPFIND", METHOD_OTHER },
		{ "REQUEST_METHOD=GETX", METHOD_OTHER },
		{ "REQUEST_METHOD=GE", METHOD_OTHER },
		{ "REQUEST_METHOD= GET", METHOD_OTHER },
		{ "REQUEST_METHOD=", METHOD_OTHER },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char *envp[] = { t[i].variable, NULL };

		read_request(envp);
		assert_int_equal(r.method, t[i].method);
	}
}

static void
content_lengths(void **state)
{
	static const struct {
		char *variable;
		bool has;
		uint64_t length; /* UINT64_MAX: refused later as no length at all */
	} t[] = {
		{ "CONTENT_LENGTH=", false, 0 },
		{ "CONTENT_LENGTH=0", true, 0 },
		{ "CONTENT_LENGTH=17", true, 17 },
		{ "CONTENT_LENGTH=007", true, 7 },
		{ "CONTENT_LENGTH=-1", false, 0 },
		{ "CONTENT_LENGTH=-2", true, UINT64_MAX },
		{ "CONTENT_LENGTH=+1", true, UINT64_MAX },
		{ "CONTENT_LENGTH=1 ", true, UINT64_MAX },
		{ "CONTENT_LENGTH= 1", true, UINT64_MAX },
		{ "CONTENT_LENGTH=0x10", true, UINT64_MAX },
		{ "CONTENT_LENGTH=1e3", true, UINT64_MAX },
		{ "CONTENT_LENGTH=1.0", true, UINT64_MAX },
		{ "CONTENT_LENGTH=1,1", true, UINT64_MAX },
		{ "CONTENT_LENGTH=x", true, UINT64_MAX },
		{ "CONTENT_LENGTH=18446744073709551616", true, UINT64_MAX },
		{ "CONTENT_LENGTH=99999999999999999999999", true, UINT64_MAX },
		{ "CONTENT_LENGTH=4294967296", true, UINT64_C(4294967296) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char *envp[] = { t[i].variable, NULL };

		read_request(envp);
		assert_int_equal(r.has_length, t[i].has);
		assert_int_equal(r.length, t[i].length);
	}
}

static void
html(void **state)
{
	static const struct {
		char *accept;
		bool html;
	} t[] = {
		{ "HTTP_ACCEPT=", false },
		{ "HTTP_ACCEPT=*/*", false },
		{ "HTTP_ACCEPT=text/html", true },
		{ "HTTP_ACCEPT=TEXT/HTML", true },
		{ "HTTP_ACCEPT=text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true },
		{ "HTTP_ACCEPT=application/json", false },
		{ "HTTP_ACCEPT=application/json , text/html ; q=0.1", true },
		{ "HTTP_ACCEPT=text/*", false },
		{ "HTTP_ACCEPT=text/htmlx", false },
		{ "HTTP_ACCEPT=x/y;a=text/html", false },
		{ "HTTP_ACCEPT=,,;;,", false },
		{ "HTTP_ACCEPT=text/html;q=0", false },
		{ "HTTP_ACCEPT=text/html;q=0.0", false },
		{ "HTTP_ACCEPT=text/html; q=0.000, */*", false },
		{ "HTTP_ACCEPT=text/html;q=0.001", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char *envp[] = { t[i].accept, NULL };

		read_request(envp);
		if (request_wants_html(&r) != t[i].html)
			fail_msg("%s", t[i].accept);
	}
}

static void
routes(void **state)
{
	char *by_uri[] = { "REQUEST_URI=/auth/login?x=1", "QUERY_STRING=x=1", NULL };
	char *by_script[] = { "REQUEST_URI=/other", "SCRIPT_NAME=/auth", "PATH_INFO=/login", NULL };
	char *by_route[] = { "REQUEST_URI=/app/", "SCRIPT_NAME=/app", "DOORWARD_ROUTE=/check", NULL };
	/* What a client can say of the address counts for nothing (R021). */
	char *forged[] = { "REQUEST_URI=/app/", "HTTP_X_ORIGINAL_URI=/auth/jwks.json", "HTTP_X_FORWARDED_URI=/auth/jwks.json",
		"HTTP_X_REWRITE_URL=/auth/jwks.json", "HTTP_DOORWARD_ROUTE=/jwks.json", "HTTP_X_DOORWARD_ROUTE=/jwks.json",
		NULL };

	(void)state;
	read_request(by_uri);
	assert_true(request_route(&r, &conf, &p));
	assert_string_equal(r.path, "/login");
	assert_true(r.mounted_path);
	assert_true(str_is(r.query, "x=1"));
	read_request(by_script);
	assert_true(request_route(&r, &conf, &p));
	assert_string_equal(r.path, "/login");
	read_request(by_route);
	assert_true(request_route(&r, &conf, &p));
	assert_string_equal(r.path, "/check");
	assert_false(r.mounted_path);
	read_request(forged);
	assert_true(request_route(&r, &conf, &p));
	assert_string_equal(r.path, "/app/");
}

static void
empty_is_absent(void **state)
{
	char *envp[] = { "HTTP_AUTHORIZATION=", "HTTP_ORIGIN=", "DOORWARD_GROUP=", "QUERY_STRING=", "CONTENT_TYPE=",
		"DOORWARD_ROUTE=", NULL };

	(void)state;
	read_request(envp);
	assert_null(r.authorization.p);
	assert_null(r.origin.p);
	assert_null(r.group.p);
	assert_null(r.query.p);
	assert_null(r.content_type.p);
	assert_false(request_route(&r, &conf, &p));
	assert_int_equal(strlen(r.trace_id), TRACE_ID_LEN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls_evidence),
		cmocka_unit_test(tls_of_the_clients_hop),
		cmocka_unit_test(socket_peers),
		cmocka_unit_test(no_tls_by_other_names),
		cmocka_unit_test(addresses),
		cmocka_unit_test(methods),
		cmocka_unit_test(content_lengths),
		cmocka_unit_test(html),
		cmocka_unit_test(routes),
		cmocka_unit_test(empty_is_absent),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

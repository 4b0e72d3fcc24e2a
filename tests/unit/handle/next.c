/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "handle/next.h"

static struct config conf = { .mount = "/auth", .issuer = "https://sso.example.org/auth", .cookie_domain = "" };
static char *listed[] = { "https://app.example.org", "https://shop.example.org:8443", "https://[::1]:8443", NULL };
static struct config several = {
	.mount = "/auth", .issuer = "https://sso.example.org/auth", .origins = listed, .cookie_domain = "example.org"
};

/* Addresses of other places, in all the spellings that have fooled somebody: none is followed (R038). */
static void
hostile(void **state)
{
	static const struct str t[] = {
		STR_NONE,
		STR_LIT(""),
		STR_LIT(" "),
		STR_LIT(" /"),
		STR_LIT("evil.example"),
		STR_LIT("@evil.example"),
		STR_LIT(".evil.example"),
		STR_LIT("http://evil.example"),
		STR_LIT("https://evil.example/"),
		STR_LIT("HTTPS://evil.example"),
		STR_LIT("http:evil.example"),
		STR_LIT("https:/evil.example"),
		STR_LIT("https:///evil.example"),
		STR_LIT("https://sso.example.org@evil.example/"),
		STR_LIT("https://sso.example.org.evil.example/"),
		STR_LIT("https://evil-example.org"),
		STR_LIT("http:\\\\evil.example"),
		STR_LIT("ftp://evil.example"),
		STR_LIT("javascript:alert(1)"),
		STR_LIT("JavaScript:alert(1)"),
		STR_LIT("java\tscript:alert(1)"),
		STR_LIT("\x01javascript:alert(1)"),
		STR_LIT("data:text/html,x"),
		STR_LIT("vbscript:x"),
		STR_LIT("blob:x"),
		STR_LIT("file:///etc/passwd"),
		STR_LIT("?//evil.example"),
		STR_LIT("#//evil.example"),
		STR_LIT("app/"),
		STR_LIT("./app"),
		STR_LIT("../app"),
		/* Another host without a scheme. */
		STR_LIT("//"),
		STR_LIT("//evil.example"),
		STR_LIT("//evil.example/%2e%2e"),
		STR_LIT("///evil.example"),
		STR_LIT("////evil.example"),
		STR_LIT("//evil.example\\@sso.example.org"),
		STR_LIT("//;@evil.example"),
		STR_LIT("//evil%E3%80%82example"),
		STR_LIT("//0xd83ad6ce/"),
		STR_LIT("//[::1]/"),
		STR_LIT("//sso.example.org/"),
		STR_LIT("//sso.example.org@evil.example"),
		/* Backslashes are slashes to browsers. */
		STR_LIT("\\"),
		STR_LIT("\\\\evil.example"),
		STR_LIT("\\/evil.example"),
		STR_LIT("/\\"),
		STR_LIT("/\\evil.example"),
		STR_LIT("/\\/evil.example"),
		STR_LIT("/\\/\\/evil.example"),
		STR_LIT("/app\\..\\..\\evil.example"),
		STR_LIT("/app/\\/evil.example"),
		STR_LIT("/app?x=\\"),
		/* What browsers leave out before they look. */
		STR_LIT("/\t/evil.example"),
		STR_LIT("/\n/evil.example"),
		STR_LIT("/\r/evil.example"),
		STR_LIT("/\r\n/evil.example"),
		STR_LIT("\t//evil.example"),
		STR_LIT("\n/app"),
		STR_LIT("/\0/evil.example"),
		STR_LIT("/app\0"),
		STR_LIT("/\x0b/evil.example"),
		STR_LIT("/\x1f/evil.example"),
		STR_LIT("/\x7f/evil.example"),
		STR_LIT("/app\x1b[2J"),
		/* A header of its own. */
		STR_LIT("/app\r\nSet-Cookie: x=y"),
		STR_LIT("/app\nLocation: //evil.example"),
		STR_LIT("/app\rX: y"),
		/* The same, to be decoded at the next hop. */
		STR_LIT("/%2fevil.example"),
		STR_LIT("/%2Fevil.example"),
		STR_LIT("/%2f/evil.example"),
		STR_LIT("/%2f%2fevil.example"),
		STR_LIT("/%5cevil.example"),
		STR_LIT("/%5Cevil.example"),
		STR_LIT("/%5c%5cevil.example"),
		STR_LIT("/%09/evil.example"),
		STR_LIT("/%0a/evil.example"),
		STR_LIT("/%0d%0aSet-Cookie:%20x=y"),
		STR_LIT("/app%00"),
		STR_LIT("/app%0d%0aX:y"),
		STR_LIT("%2f%2fevil.example"),
		STR_LIT("%68ttps://evil.example"),
		STR_LIT("/x:1/:///%01javascript:x"),
		/* Dots that leave "//" behind them when they are resolved. */
		STR_LIT("/.//evil.example"),
		STR_LIT("/..//evil.example"),
		STR_LIT("/./"),
		STR_LIT("/."),
		STR_LIT("/.."),
		STR_LIT("/app/..//evil.example"),
		STR_LIT("/app/../..//evil.example"),
		STR_LIT("/%2e//evil.example"),
		STR_LIT("/%2E%2e//evil.example"),
		STR_LIT("/app/.%2e//evil.example"),
		STR_LIT("/app/%2e%2e/%2fevil.example"),
		STR_LIT("/evil.example/%2f.."),
		STR_LIT("/app/..%2f/evil.example"),
		/* Not ASCII, as a URI has to be. */
		STR_LIT("/\xff"),
		STR_LIT("/\xc0\xaf"
			"evil.example"),
		STR_LIT("/\xed\xa0\x80"),
		STR_LIT("\xef\xbb\xbf/app"),
		STR_LIT("\xe3\x80\x80//evil.example"),
		STR_LIT("\xef\xbc\x8f\xef\xbc\x8f"
			"evil.example"),
		STR_LIT("\xe2\x80\xae/app"),
		STR_LIT("/j\xc3\xbcrgen"),
		/* Ours: the way back would lead in a circle. */
		STR_LIT("/auth"),
		STR_LIT("/auth/"),
		STR_LIT("/auth/check"),
		STR_LIT("/auth/logout"),
		STR_LIT("/auth?x"),
		STR_LIT("/auth/account/"),
		STR_LIT("/auth/accounts"),
		STR_LIT("/%61uth/account"),
		STR_LIT("/auth/%61ccount"),
		STR_LIT("/auth/login?next=/app"),
		STR_LIT("/%61uth/login"),
		STR_LIT("/auth%2flogin"),
		STR_LIT("/app/../auth/logout"),
		STR_LIT("/./auth/logout"),
		STR_LIT("/auth#x"),
	};

	(void)state;
	assert_true(sizeof(t) / sizeof(t[0]) >= 60);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (!str_is(next_safe(&conf, t[i]), "/") || !str_is(next_safe(&several, t[i]), "/"))
			fail_msg("\"%.*s\" is followed", (int)t[i].len, t[i].p);
}

/* With several hosts: what looks like one of them, and what is one of them but must not be followed there. */
static void
hostile_hosts(void **state)
{
	static const struct str t[] = {
		/* Another host. */
		STR_LIT("https://evil.example/"),
		STR_LIT("https://example.org/"),
		STR_LIT("https://other.example.org/"),
		STR_LIT("https://app.example.org.evil.example/"),
		STR_LIT("https://app.example.orgevil.example/"),
		STR_LIT("https://evilapp.example.org/"),
		STR_LIT("https://app.example.org./"),
		STR_LIT("https://.app.example.org/"),
		/* Users, ports, spellings. */
		STR_LIT("https://app.example.org@evil.example/"),
		STR_LIT("https://app.example.org:pw@evil.example/"),
		STR_LIT("https://evil.example@app.example.org/"),
		STR_LIT("https://@app.example.org/"),
		STR_LIT("https://app.example.org%40evil.example/"),
		STR_LIT("https://app.example.org:443/"),
		STR_LIT("https://app.example.org:8443/"),
		STR_LIT("https://app.example.org:/"),
		STR_LIT("https://app.example.org:80@evil.example/"),
		STR_LIT("https://shop.example.org/"),
		STR_LIT("https://shop.example.org:84433/"),
		STR_LIT("https://shop.example.org:08443/"),
		STR_LIT("https://APP.example.org/"),
		STR_LIT("HTTPS://app.example.org/"),
		STR_LIT("https://app.example.org%2f"),
		STR_LIT("https://%61pp.example.org/"),
		STR_LIT("https://app%2eexample.org/"),
		STR_LIT("https://app\xe3\x80\x82"
			"example.org/"),
		STR_LIT("https://\xef\xbd\x81pp.example.org/"),
		STR_LIT("https://xn--pp-jga.example.org/"),
		STR_LIT("https://app.example.org,evil.example/"),
		STR_LIT("https://app.example.org;evil.example/"),
		STR_LIT("https://app.example.org https://evil.example/"),
		STR_LIT("https://app.example.org\\@evil.example/"),
		STR_LIT("https://app.example.org\\evil.example/"),
		STR_LIT("https:\\\\app.example.org/"),
		STR_LIT("https:app.example.org/"),
		STR_LIT("https:/app.example.org/"),
		STR_LIT("https:///app.example.org/"),
		STR_LIT("//app.example.org/"),
		STR_LIT("app.example.org/"),
		STR_LIT("http://app.example.org/"),
		STR_LIT("wss://app.example.org/"),
		STR_LIT("ftp://app.example.org/"),
		STR_LIT("view-source:https://app.example.org/"),
		STR_LIT("javascript://app.example.org/%0aalert(1)"),
		STR_LIT(" https://app.example.org/"),
		STR_LIT("\thttps://app.example.org/"),
		STR_LIT("ht\ttps://app.example.org/"),
		STR_LIT("https://app.example.org\t.evil.example/"),
		STR_LIT("https://app.example.org/\n"),
		STR_LIT("https://app.example.org/\r\nSet-Cookie: a=b"),
		STR_LIT("https://app.example.org/\0x"),
		STR_LIT("https://[::1]/"),
		STR_LIT("https://[0:0:0:0:0:0:0:1]:8443/"),
		/* On one of ours, and still doubtful, or ours. */
		STR_LIT("https://app.example.org//evil.example"),
		STR_LIT("https://app.example.org/%2f/evil.example"),
		STR_LIT("https://app.example.org/\\evil.example"),
		STR_LIT("https://app.example.org/x/../auth/logout"),
		STR_LIT("https://app.example.org/j\xc3\xbcrgen"),
		STR_LIT("https://app.example.org/auth/login"),
		STR_LIT("https://sso.example.org/auth/logout"),
		STR_LIT("https://sso.example.org/auth"),
		STR_LIT("https://sso.example.org/%61uth/logout"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (!str_is(next_safe(&several, t[i]), "/"))
			fail_msg("\"%.*s\" is followed", (int)t[i].len, t[i].p);
}

/* The issuer's own origin counts always, others where they are listed. */
static void
honest_hosts(void **state)
{
	static const struct {
		const char *uri;
		bool issuer; /* also where no other is listed */
	} t[] = { { "https://app.example.org", false }, { "https://app.example.org/", false },
		{ "https://app.example.org/a/b?c=d&e=https://evil.example/", false }, { "https://app.example.org?a=b", false },
		{ "https://app.example.org#part", false }, { "https://shop.example.org:8443/x", false },
		{ "https://[::1]:8443/x", false }, { "https://app.example.org/auth/account", false },
		{ "https://sso.example.org", true }, { "https://sso.example.org/app?a", true },
		{ "https://sso.example.org/auth/account?cursor=x", true } };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_true(str_is(next_safe(&several, str_of(t[i].uri)), t[i].uri));
		assert_true(str_is(next_safe(&conf, str_of(t[i].uri)), t[i].issuer ? t[i].uri : "/"));
	}
	assert_true(next_is_account(&several, STR_LIT("https://app.example.org/auth/account")));
	assert_false(next_is_account(&several, STR_LIT("https://evil.example/auth/account")));
	assert_false(next_is_account(&several, STR_LIT("https://app.example.org/account")));
}

static void
honest(void **state)
{
	static const char *const t[] = { "/", "/app", "/app/", "/app/page.html?a=b&c=d", "/app?u=https://other.example/",
		"/app?u=//other.example", "/app//double", "/app?x=..", "/app?p=%2f%2fx%0d%0a", "/app?next=/auth/login",
		"/app/..hidden", "/app/a..b/...", "/authz", "/authz/login", "/auth.html", "/authentication", "/x/auth/login",
		"/j%C3%BCrgen", "/a%5cb", "/caf%E9", "/a%20b", "/a%2fb", "/100%", "/a%zz", "/a%2", "/app#part", "/app#//x",
		"/app;v=1", "/~user/", "/a@b", "/http://x.example", "/app:8080" };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (!str_is(next_safe(&conf, str_of(t[i])), t[i]))
			fail_msg("\"%s\" is not followed", t[i]);
}

static void
lengths(void **state)
{
	char text[NEXT_MAX + 1];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[0] = '/';
	assert_int_equal(next_safe(&conf, (struct str){ text, NEXT_MAX }).len, NEXT_MAX);
	assert_int_equal(next_safe(&conf, (struct str){ text, NEXT_MAX + 1 }).len, 1);
	/* Bytes beyond the end are not looked at. */
	assert_int_equal(next_safe(&conf, (struct str){ "//evil.example", 1 }).len, 1);
	assert_int_equal(next_safe(&conf, (struct str){ "/a%2f", 3 }).len, 3);
	assert_int_equal(next_safe(&conf, (struct str){ "/a%2f", 4 }).len, 4);
}

static void
without_a_mount(void **state)
{
	struct config root = { .mount = "", .issuer = "https://sso.example.org", .cookie_domain = "" };

	(void)state;
	assert_true(str_is(next_safe(&root, STR_LIT("/auth/x")), "/auth/x"));
	assert_true(str_is(next_safe(&root, STR_LIT("//x")), "/"));
}

static void
login_address(void **state)
{
	static const struct {
		const char *original, *uri, *address;
	} t[] = {
		{ NULL, "/app/?a=b&c=%20d", "/auth/login?next=/app/%3Fa%3Db%26c%3D%2520d" },
		{ NULL, "/app", "/auth/login?next=/app" },
		{ "/orig", "/app", "/auth/login?next=/orig" },
		{ "//evil.example", "/app", "/auth/login?next=/" }, /* a bad word is not replaced by another one */
		{ NULL, "//evil.example", "/auth/login?next=/" },
		{ NULL, "/auth/check?redirect=1", "/auth/login?next=/" },
		{ NULL, NULL, "/auth/login?next=/" },
		{ NULL, "/a\"<>#'", "/auth/login?next=/a%22%3C%3E%23%27" },
		{ NULL, "/j\xc3\xbcrgen", "/auth/login?next=/" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct request q = { .original_uri = str_of(t[i].original), .request_uri = str_of(t[i].uri) };
		char text[NEXT_ADDRESS_MAX];
		struct buf b;

		buf_init(&b, text, sizeof(text));
		next_login_address(&conf, &q, &b);
		assert_string_equal(text, t[i].address);
	}
}

/* With several hosts it is the issuer's, and says the host to come back to. */
static void
login_address_of_hosts(void **state)
{
	static const struct {
		const char *original, *uri, *host, *next;
	} t[] = {
		{ "https://app.example.org/a?b", "/x", "sso.example.org", "https%3A//app.example.org/a%3Fb" },
		{ "https://sso.example.org/a", "/x", "app.example.org", "https%3A//sso.example.org/a" },
		{ "https://evil.example/a", "/x", "app.example.org", "/" },
		{ "https://app.example.org@evil.example/", "/x", "app.example.org", "/" },
		{ "/a", "/x", "app.example.org", "/a" },
		/* The front says nothing: the host that was asked, if it is one of ours. */
		{ NULL, "/a?b", "app.example.org", "https%3A//app.example.org/a%3Fb" },
		{ NULL, "/a", "shop.example.org:8443", "https%3A//shop.example.org%3A8443/a" },
		{ NULL, "//a", "app.example.org", "https%3A//app.example.org/" },
		{ NULL, "/a", "sso.example.org", "/a" },
		{ NULL, "/a", "evil.example", "/a" },
		{ NULL, "/a", "APP.example.org", "/a" },
		{ NULL, "/a", "app.example.org/@evil.example", "/a" },
		{ NULL, "/a", NULL, "/a" },
		{ NULL, "https://app.example.org/a", "shop.example.org:8443", "https%3A//app.example.org/a" },
	};
	char block[4096];
	struct arena arena;

	(void)state;
	arena_init(&arena, block, sizeof(block));
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct request q = { .original_uri = str_of(t[i].original),
			.request_uri = str_of(t[i].uri),
			.host = str_of(t[i].host),
			.tls = true,
			.arena = &arena };
		char text[NEXT_ADDRESS_MAX], want[NEXT_ADDRESS_MAX];
		struct buf b;

		buf_init(&b, text, sizeof(text));
		next_login_address(&several, &q, &b);
		snprintf(want, sizeof(want), "https://sso.example.org/auth/login?next=%s", t[i].next);
		assert_string_equal(text, want);
	}
	/* Over plain http it is another origin. */
	assert_true(str_is(
	    next_of_request(&several, &(struct request){ .request_uri = STR_LIT("/a"), .host = STR_LIT("app.example.org") }),
	    "/a"));
	arena_reset(&arena);
}

/* Every byte escaped still fits. */
static void
longest_address(void **state)
{
	char uri[NEXT_MAX + 1], text[NEXT_ADDRESS_MAX];
	struct request q = { .request_uri = { uri, NEXT_MAX } };
	struct buf b;

	(void)state;
	memset(uri, '!', NEXT_MAX);
	uri[0] = '/';
	buf_init(&b, text, sizeof(text));
	next_login_address(&conf, &q, &b);
	assert_false(b.overflow);
	assert_int_equal(b.len, sizeof("/auth/login?next=/") - 1 + 3 * (NEXT_MAX - 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile),
		cmocka_unit_test(honest),
		cmocka_unit_test(lengths),
		cmocka_unit_test(without_a_mount),
		cmocka_unit_test(hostile_hosts),
		cmocka_unit_test(honest_hosts),
		cmocka_unit_test(login_address_of_hosts),
		cmocka_unit_test(login_address),
		cmocka_unit_test(longest_address),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

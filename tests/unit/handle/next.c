/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "handle/next.h"

static struct config conf = { .mount = "/auth" };

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
		if (!str_is(next_safe(&conf, t[i]), "/"))
			fail_msg("\"%.*s\" is followed", (int)t[i].len, t[i].p);
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
	struct config root = { .mount = "" };

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
		cmocka_unit_test(login_address),
		cmocka_unit_test(longest_address),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "handle/agent.h"

static void
expect(const char *agent, const char *want)
{
	char room[AGENT_WORDS_MAX], got[AGENT_WORDS_MAX];
	struct str words = agent_words(0, agent, room);

	snprintf(got, sizeof(got), "%.*s", (int)words.len, words.p);
	assert_string_equal(got, want);
}

static void
browsers(void **state)
{

	(void)state;
	expect("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux");
	expect("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 "
	       "Edg/140.0",
	    "Edge on Windows");
	expect("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
	    "Chrome on Windows");
	expect("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/18.0 "
	       "Mobile Safari/604.1",
	    "Safari on iPhone");
	expect(
	    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 (KHTML, like Gecko) Version/18.0 Safari/605.1",
	    "Safari on macOS");
	expect("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0 Mobile "
	       "Safari/537.36",
	    "Samsung Internet on Android");
}

/* What is no browser speaks for itself, up to a length, and is not cut within a character. */
static void
others(void **state)
{

	(void)state;
	expect("", "Unknown program");
	expect("curl/8.1", "curl/8.1");
	expect("Firefox/1", "Firefox");
	expect("<script>alert(1)</script>", "<script>alert(1)</script>");
	expect("0123456789012345678901234567890123456789tail", "0123456789012345678901234567890123456789");
	expect("012345678901234567890123456789012345678\xe8\xae\xbe", "012345678901234567890123456789012345678");
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(browsers), cmocka_unit_test(others) };

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

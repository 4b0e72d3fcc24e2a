/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/wordlist.h"

static char path[] = "wordlistXXXXXX";

static void
write_list(const char *text, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void
words(void **state)
{
	static const char list[] = "first\r\nSecond word\n\nzo\xc3\xab\nwith\rcarriage\r\r\nlast";
	static const struct {
		const char *word;
		enum dw_result rc;
	} t[] = { { "first", DW_OK }, { "FIRST", DW_OK }, { "second WORD", DW_OK }, { "zo\xc3\xab", DW_OK }, { "last", DW_OK },
		{ "with\rcarriage\r", DW_OK }, { "with\rcarriage", DW_ABSENT }, { "irst", DW_ABSENT }, { "firs", DW_ABSENT },
		{ "first\r", DW_ABSENT }, { "firstSecond word", DW_ABSENT }, { "word", DW_ABSENT }, { "las", DW_ABSENT },
		{ "lastx", DW_ABSENT }, { "zo\xc3\x8b", DW_ABSENT }, { "", DW_ABSENT }, { "first\nSecond word", DW_ABSENT } };

	(void)state;
	write_list(list, sizeof(list) - 1);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (wordlist_find(path, str_of(t[i].word)) != t[i].rc)
			fail_msg("%s", t[i].word);
	write_list("", 0);
	assert_int_equal(wordlist_find(path, STR_LIT("first")), DW_ABSENT);
	write_list("a\n", 2);
	assert_int_equal(wordlist_find(path, STR_LIT("a")), DW_OK);
}

/* Wherever the file is cut into pieces, and whatever comes before. */
static void
across_pieces(void **state)
{
	enum { PIECE = 65536 };
	static char list[2 * PIECE];

	(void)state;
	for (size_t at = PIECE - 20; at < PIECE + 2; at++) {
		memset(list, 'x', at);
		list[at - 1] = '\n';
		memcpy(list + at, "the one\r\nmore\n", 14);
		write_list(list, at + 14);
		assert_int_equal(wordlist_find(path, STR_LIT("the one")), DW_OK);
		assert_int_equal(wordlist_find(path, STR_LIT("more")), DW_OK);
		assert_int_equal(wordlist_find(path, STR_LIT("one")), DW_ABSENT);
	}
}

/* Not known is not absent. */
static void
not_there(void **state)
{

	(void)state;
	assert_int_equal(wordlist_find("/nonexistent/list", STR_LIT("first")), DW_UNAVAILABLE);
	assert_int_equal(wordlist_find("/", STR_LIT("first")), DW_UNAVAILABLE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(across_pieces),
		cmocka_unit_test(not_there),
	};
	int fd = mkstemp(path), rc;

	close(fd);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return (rc);
}

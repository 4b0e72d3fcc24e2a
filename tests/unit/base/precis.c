/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/precis.h"

#define CAP 65

#define A16 "aaaaaaaaaaaaaaaa"
#define A64 A16 A16 A16 A16
#define WIDE_A "\xef\xbc\xa1"

struct row {
	struct str given;
	const char *canonical; /* NULL = refused */
};

static void
check(const struct row *t, size_t n)
{

	for (size_t i = 0; i < n; i++) {
		char out[CAP] = "dirty", again[CAP];
		bool ok = precis_username(t[i].given, out, sizeof(out));

		if (ok != (t[i].canonical != NULL) || strcmp(out, ok ? t[i].canonical : "") != 0)
			fail_msg("row %zu: \"%.*s\" gives \"%s\"", i, (int)t[i].given.len, t[i].given.p, out);
		if (ok) { /* what is canonical stays as it is */
			assert_true(precis_username(str_of(out), again, sizeof(again)));
			assert_string_equal(again, out);
		}
	}
}

static void
same_names(void **state)
{
	static const struct row t[] = {
		{ STR_LIT("alice"), "alice" },
		{ STR_LIT("Alice.O'Hara@Example.org"), "alice.o'hara@example.org" },
		{ STR_LIT("DOMAIN\\Bob"), "domain\\bob" },
		{ STR_LIT("two words"), "two words" },
		{ STR_LIT("  name  "), "name" },
		{ STR_LIT(" "), NULL },
		{ STR_LIT("zo\xc3\xab"), "zo\xc3\xab" },  /* NFC */
		{ STR_LIT("zoe\xcc\x88"), "zo\xc3\xab" }, /* NFD */
		{ STR_LIT("ZO\xc3\x8b"), "zo\xc3\xab" },  /* upper case */
		{ STR_LIT("ZOE\xcc\x88"), "zo\xc3\xab" },
		{ STR_LIT("\xc2\xa0Zo\xc3\xab\xe3\x80\x80"), "zo\xc3\xab" }, /* no-break and ideographic blanks around it */
		{ STR_LIT("\xef\xbc\xa1\xef\xbd\x8c\xef\xbd\x89\xef\xbd\x83\xef\xbd\x85"), "alice" }, /* full width */
		{ STR_LIT("\xef\xbd\xb1"), "\xe3\x82\xa2" },                                          /* half-width katakana */
		{ STR_LIT("al\xe3\x80\x80ice"), "al ice" },                                           /* a full-width blank */
		{ STR_LIT("\xce\xa3\xce\xa9\xce\x9a\xce\xa1\xce\x91\xce\xa4\xce\x97\xce\xa3"),
		    "\xcf\x83\xcf\x89\xce\xba\xcf\x81\xce\xb1\xcf\x84\xce\xb7\xcf\x82" }, /* a final sigma */
		{ STR_LIT("\xc4\xb0"), "i\xcc\x87" }, /* I with a dot: not by the machine's language */
		{ STR_LIT("\xf0\x9f\xa6\x8a"), "\xf0\x9f\xa6\x8a" },
		{ STR_LIT("\xe5\xbc\xa0\xe4\xbc\x9f"), "\xe5\xbc\xa0\xe4\xbc\x9f" },
		{ STR_LIT("\xd7\x93\xd7\x95\xd7\x93"
			  "7"),
		    "\xd7\x93\xd7\x95\xd7\x93"
		    "7" },
		{ STR_LIT(A64), A64 },
		{ STR_LIT("   " A64 "   "), A64 },
		{ STR_LIT(A64 "a"), NULL },
	};

	(void)state;
	check(t, sizeof(t) / sizeof(t[0]));
}

static void
refused(void **state)
{
	static const struct row t[] = {
		{ STR_LIT(""), NULL }, { STR_NONE, NULL }, { STR_LIT("alice\t"), NULL }, { STR_LIT("alice\n"), NULL },
		{ STR_LIT("al\0ice"), NULL }, { STR_LIT("al\x7fice"), NULL }, { STR_LIT("al\xc2\x85ice"), NULL }, /* NEL */
		{ STR_LIT("al\xc2\x9bice"), NULL },                                                               /* CSI */
		{ STR_LIT("al\xe2\x80\xa8ice"), NULL }, /* line separator */
		{ STR_LIT("al\xe2\x80\x83ice"), NULL }, /* em space */
		{ STR_LIT("al\xe2\x80\x8bice"), NULL }, /* zero width space */
		{ STR_LIT("al\xc2\xadice"), NULL },     /* soft hyphen */
		{ STR_LIT("\xe2\x80\xae"
			  "alice"),
		    NULL }, /* right-to-left override */
		{ STR_LIT("\xef\xbb\xbf"
			  "alice"),
		    NULL },                           /* byte order mark */
		{ STR_LIT("\xef\xac\x81ona"), NULL }, /* the ligature fi */
		{ STR_LIT("\xe2\x91\xa0"), NULL },    /* a circled 1 */
		{ STR_LIT("\xee\x80\x80"), NULL },    /* private use */
		{ STR_LIT("\xef\xbf\xbf"), NULL },    /* not a character */
		{ STR_LIT("alice\xd7\x93"), NULL },   /* both directions */
		{ STR_LIT("\xd7\x93"
			  "alice"),
		    NULL },
		{ STR_LIT("1\xd7\x93"), NULL }, /* begins with a number, then goes the other way */
		{ STR_LIT("\xd7\x93"
			  "1\xd9\xa1"),
		    NULL }, /* European and Arabic digits */
		{ STR_LIT("a,b"), NULL }, { STR_LIT("a:b"), NULL }, { STR_LIT("a/b"), NULL }, { STR_LIT("a\"b"), NULL },
		{ STR_LIT("a\xef\xbc\x8c"
			  "b"),
		    NULL }, /* a full-width comma is a comma */
		{ STR_LIT("a\xef\xbc\x8f"
			  "b"),
		    NULL },                                                 /* and a slash a slash */
		{ STR_LIT("al\xff"), NULL }, { STR_LIT("\xc0\xaf"), NULL }, /* overlong slash */
		{ STR_LIT("\xed\xa0\x80"), NULL },                          /* surrogate */
	};

	(void)state;
	check(t, sizeof(t) / sizeof(t[0]));
}

/* Whatever grows most in the mappings: nothing is written beyond ${out}, and no byte of it is lost silently. */
static void
long_names(void **state)
{
	static const char *const grows[] = { "\xc4\xb0", "\xef\xac\xac", "\xf0\x9d\x85\xa0", "\xcd\x84", "\xef\xb7\xba",
		"\xef\xbe\xa1", WIDE_A };
	char given[2048], out[CAP];

	(void)state;
	for (size_t i = 0; i < sizeof(grows) / sizeof(grows[0]); i++)
		for (size_t n = 1; n <= 1100; n += n < 70 ? 1 : 103) {
			size_t len = 0, one = strlen(grows[i]);

			for (size_t k = 0; k < n && len + one < sizeof(given); k++, len += one)
				memcpy(given + len, grows[i], one);
			if (!precis_username((struct str){ given, len }, out, sizeof(out)))
				assert_string_equal(out, "");
		}
	memset(given, ' ', sizeof(given));
	assert_false(precis_username((struct str){ given, sizeof(given) }, out, sizeof(out)));
}

static void
passwords(void **state)
{
	static const struct row t[] = {
		{ STR_LIT("Grosse  Worte "), "Grosse  Worte " }, /* nothing is dropped, no case is folded */
		{ STR_LIT("zoe\xcc\x88"), "zo\xc3\xab" },
		{ STR_LIT("zo\xc3\xab"), "zo\xc3\xab" },
		{ STR_LIT("a\xc2\xa0"
			  "b\xe2\x80\x83"
			  "c\xe3\x80\x80"),
		    "a b c " },
		{ STR_LIT("\t\x01\x7f"), "\t\x01\x7f" },
		{ STR_LIT("\xef\xbc\xa1\xef\xac\x81"), "\xef\xbc\xa1\xef\xac\x81" }, /* width and ligatures stay */
		{ STR_LIT("\xe2\x80\x8b\xee\x80\x80"), "\xe2\x80\x8b\xee\x80\x80" }, /* and so does what no name may have */
		{ STR_LIT("a\0b"), NULL },
		{ STR_LIT("al\xff"), NULL },
		{ STR_NONE, NULL },
	};
	char given[1024], out[1024];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(precis_password(t[i].given, out, sizeof(out), &n), t[i].canonical != NULL);
		assert_int_equal(n, t[i].canonical == NULL ? 0 : strlen(t[i].canonical));
		if (n > 0)
			assert_memory_equal(out, t[i].canonical, n);
	}
	memset(given, 'p', sizeof(given));
	assert_true(precis_password((struct str){ given, sizeof(given) }, out, sizeof(out), &n));
	assert_int_equal(n, sizeof(given));
	for (size_t i = 0; i + 2 <= sizeof(given); i += 2)
		memcpy(given + i, "\xcd\x84", 2); /* becomes four bytes */
	assert_false(precis_password((struct str){ given, sizeof(given) }, out, sizeof(out), &n));
	assert_int_equal(n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_names),
		cmocka_unit_test(refused),
		cmocka_unit_test(long_names),
		cmocka_unit_test(passwords),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

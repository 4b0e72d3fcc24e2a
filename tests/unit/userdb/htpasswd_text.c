/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "userdb/htpasswd_text.h"

#define SHA "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="
#define BCRYPT "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"

static char why[HTPASSWD_WHY];

static bool
users(struct htpasswd_table *t, const char *text, size_t len)
{
	char *copy = malloc(len + 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	copy[len] = '\0';
	return (htpasswd_read_users(t, copy, len, why));
}

static const char *
hash_of(const struct htpasswd_table *t, const char *user)
{
	size_t n;
	const struct htpasswd_row *row = htpasswd_find(t, user, &n);

	assert_true(n < 2);
	return (row == NULL ? NULL : row->value);
}

static void
lines(void **state)
{
	static const struct {
		const char *text, *user, *hash; /* NULL = nobody of that name */
	} t[] = {
		{ "alice:" SHA "\n", "alice", SHA },
		{ "alice:" SHA, "alice", SHA }, /* whole, for all that its end is missing */
		{ "alice:" SHA "\r\nbob:x\r\n", "alice", SHA },
		{ "alice:" SHA "\r\nbob:x\r\n", "bob", "x" },
		{ "  alice:" SHA "  \n", "alice", SHA },
		{ "\n\n   \n# bob:" SHA "\n\talice:" SHA "\n", "alice", SHA },
		{ "# bob:" SHA "\nalice:x\n", "bob", NULL },
		{ "# no colon is needed here\nalice:x\n", "alice", "x" },
		{ "# \xe4\xf6\xfc\nalice:x\n", "alice", "x" },
		{ "alice:" SHA ":a remark\n", "alice", SHA },
		{ "alice:pbkdf2:sha256:1000:salt:00ff\n", "alice", "pbkdf2:sha256:1000:salt:00ff" },
		{ "alice:scrypt:16384:8:1$salt$00\n", "alice", "scrypt:16384:8:1$salt$00" },
		{ "alice:\n", "alice", "" },
		{ "alice:!" SHA, "alice", "!" SHA },
		/* The first of one canonical name counts. */
		{ "Alice:first\nalice:second\n", "alice", "first" },
		{ "alice:first\nALICE:second\nAlice:third\n", "alice", "first" },
		{ "zo\xc3\xab:first\nZoe\xcc\x88:second\n", "zo\xc3\xab", "first" },
		{ "Zoe\xcc\x88:first\nzo\xc3\xab:second\n", "zo\xc3\xab", "first" },
		{ "alice:x\n", "Alice", NULL }, /* who asks has the canonical form */
		{ "alice:x\n", "alic", NULL },
		{ "alice:x\n", "alicea", NULL },
		{ "alice:x\n", "", NULL },
		{ "", "alice", NULL },
		{ "# nobody\n", "alice", NULL },
	};
	struct htpasswd_table table;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_true(users(&table, t[i].text, strlen(t[i].text)));
		if (t[i].hash == NULL)
			assert_null(hash_of(&table, t[i].user));
		else
			assert_string_equal(hash_of(&table, t[i].user), t[i].hash);
		htpasswd_free(&table);
	}
}

static void
broken(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *why;
	} t[] = {
#define TEXT(s) s, sizeof(s) - 1
		{ TEXT("alice:" SHA "\nbo"), "line 2 has no colon" },
		{ TEXT("bo\nalice:" SHA "\n"), "line 1 has no colon" },
		{ TEXT("alice:" SHA "\nbob:" BCRYPT "\n\ncarol:$2y$05$CCCCCC"), "line 4 ends in the middle" },
		{ TEXT("alice:{SHA}W6ph5Mm5Pz8GgiU"), "line 1 ends in the middle" },
		{ TEXT("alice:$apr1$salt$abc"), "line 1 ends in the middle" },
		{ TEXT("alice:"), "line 1 ends in the middle" },
		{ TEXT("alice:" SHA "\n\0\0\0\0"), "it holds a byte 0" },
		{ TEXT("alice\0:" SHA "\n"), "it holds a byte 0" },
		{ TEXT("\x89PNG\r\n\x1a\n"), "line 1 has no colon" },
#undef TEXT
	};
	struct htpasswd_table table;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_false(users(&table, t[i].text, t[i].len));
		assert_string_equal(why, t[i].why);
	}
}

/* Whatever is cut off a file of good hashes, what is left is broken or has whole lines: nobody gets another hash. */
static void
cut_anywhere(void **state)
{
	static const char text[] = "alice:" SHA "\nbob:" BCRYPT "\ncarol:" SHA "\n";
	struct htpasswd_table table;

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		if (!users(&table, text, len))
			continue;
		assert_true(len == 0 || text[len - 1] == '\n' || text[len] == '\n' || text[len] == '\0');
		for (size_t i = 0; i < table.n; i++)
			assert_true(strcmp(table.rows[i].value, SHA) == 0 || strcmp(table.rows[i].value, BCRYPT) == 0);
		htpasswd_free(&table);
	}
}

static void
names(void **state)
{
	static const char text[] = "alice:x\n:x\nb/b:x\nwith space:x\n\xff:x\n"
				   "a-name-that-is-longer-than-any-name-may-be-which-is-sixty-four-bytes:x\n";
	struct htpasswd_table table;

	(void)state;
	assert_true(users(&table, text, sizeof(text) - 1));
	assert_int_equal(table.unusable, 4);
	assert_int_equal(table.first_unusable, 2);
	assert_int_equal(table.n, 2);
	assert_string_equal(hash_of(&table, "with space"), "x");
	assert_int_equal(htpasswd_after(&table, "alice"), 1);
	assert_int_equal(htpasswd_after(&table, "a"), 0);
	assert_int_equal(htpasswd_after(&table, "z"), 2);
	htpasswd_free(&table);
}

/* "group,group,…" of ${user}, in the order of the file. */
static const char *
groups_of(const char *text, const char *user)
{
	static char out[256];
	struct htpasswd_table table;
	const struct htpasswd_row *row;
	size_t n;

	out[0] = '\0';
	if (!htpasswd_read_groups(&table, strdup(text), strlen(text), why))
		return (why);
	row = htpasswd_find(&table, user, &n);
	for (size_t i = 0; i < n; i++) {
		strcat(out, i > 0 ? "," : "");
		strcat(out, row[i].value);
	}
	htpasswd_free(&table);
	return (out);
}

static void
groups(void **state)
{

	(void)state;
	assert_string_equal(groups_of("admins: alice bob\nstaff:alice\n", "alice"), "admins,staff");
	assert_string_equal(groups_of("admins: alice bob\nstaff:alice\n", "bob"), "admins");
	assert_string_equal(groups_of("admins: alice bob\nstaff:alice\n", "carol"), "");
	assert_string_equal(groups_of("admins: alice bob\nadmins: carol", "carol"), "admins");
	assert_string_equal(groups_of("# admins: alice\n\n  staff :  ALICE\t\"bob\" 'carol'\r\n", "alice"), "staff");
	assert_string_equal(groups_of("staff: \"jo doe\" alice\n", "jo doe"), "staff");
	assert_string_equal(groups_of("staff: \"alice", "alice"), "staff");
	assert_string_equal(groups_of("staff: alice \\\n bob\nadmins: carol\n", "bob"), "staff");
	assert_string_equal(groups_of("staff: alice \\\r\n bob\nadmins: carol\n", "carol"), "admins");
	assert_string_equal(groups_of("staff:\nadmins: a/b alice\n", "alice"), "admins");
	assert_string_equal(groups_of("", "alice"), "");
	assert_string_equal(groups_of("staff alice\n", "alice"), "line 1 has no colon");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(broken),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(names),
		cmocka_unit_test(groups),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

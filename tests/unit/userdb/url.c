/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "doorward/config.h"
#include "userdb/url.h"

static void
paths(void **state)
{
	static const struct {
		const char *url, *path; /* NULL = refused */
	} t[] = {
		{ "sqlite:/srv/accounts.db", "/srv/accounts.db" },
		{ "sqlite:users.db", "/var/lib/doorward/users.db" },
		{ "sqlite:sub/users.db", "/var/lib/doorward/sub/users.db" },
		{ "sqlite:", NULL },
		{ "", NULL },
		{ "sql", NULL },
		{ "users.db", NULL },
		{ "pgsql:host=db", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct config conf = { .state_dir = (char *)"/var/lib/doorward", .userdb_url = (char *)t[i].url };
		char path[64] = "", err[80] = "";

		assert_int_equal(url_path(&conf, path, sizeof(path), err, sizeof(err)), t[i].path != NULL ? 0 : -1);
		assert_int_equal(err[0] != '\0', t[i].path == NULL);
		if (t[i].path != NULL)
			assert_string_equal(path, t[i].path);
	}
}

static void
too_long(void **state)
{
	struct config conf = { .state_dir = (char *)"/var/lib/doorward", .userdb_url = (char *)"sqlite:users.db" };
	char path[26], err[80];

	(void)state;
	assert_int_equal(url_path(&conf, path, sizeof(path), err, sizeof(err)), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(too_long),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

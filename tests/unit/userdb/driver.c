/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "doorward/userdb.h"

static void
by_scheme(void **state)
{
	static const struct {
		const char *url, *scheme; /* NULL = refused */
	} t[] = {
		{ USERDB_URL_DEFAULT, "sqlite" },
		{ "sqlite:/srv/accounts.db", "sqlite" },
		{ "sqlite:users.db", "sqlite" },
		{ "sqlite:a:b", "sqlite" },
		{ "sqlite:", NULL },
		{ "sqlite", NULL },
		{ "sqlit:users.db", NULL },
		{ "sqlitex:users.db", NULL },
		{ "SQLITE:users.db", NULL },
		{ ":users.db", NULL },
		{ "", NULL },
		{ "users.db", NULL },
		{ "pgsql:host=db", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct userdb_driver *d = userdb_driver(t[i].url);

		assert_int_equal(d != NULL, t[i].scheme != NULL);
		if (d != NULL)
			assert_string_equal(d->scheme, t[i].scheme);
	}
}

/* A row that promises what it has not got would be a crash on the day somebody asks for it. */
static void
rows_are_whole(void **state)
{
	const struct userdb_driver *d;
	size_t n;

	(void)state;
	for (n = 0; (d = userdb_driver_at(n)) != NULL; n++) {
		const struct userdb_ops *ops = d->ops;

		assert_int_equal(strcspn(d->scheme, ":"), strlen(d->scheme));
		assert_true(d->is_url != NULL && d->library != NULL && d->make != NULL && d->open != NULL && d->close != NULL);
		assert_true(ops->find != NULL && ops->find_id != NULL && ops->ping != NULL);
		assert_int_equal(d->writable, ops->add != NULL && ops->set_hash != NULL && ops->replace_hash != NULL &&
						  ops->set_disabled != NULL && ops->set_groups != NULL && ops->remove != NULL);
		assert_int_equal(d->records, ops->put_device != NULL && ops->get_device != NULL);
		assert_non_null(d->library());
	}
	assert_true(n > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_scheme),
		cmocka_unit_test(rows_are_whole),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

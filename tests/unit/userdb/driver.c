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
		{ "postgresql://db/accounts", "postgresql" },
		{ "htpasswd:/etc/htpasswd", "htpasswd" },
		{ "htpasswd:users", "htpasswd" },
		{ "htpasswd:", NULL },
		{ "postgresql:", NULL },
		{ "postgresql:db", NULL },
		{ "ldap://directory", "ldap" },
		{ "ldaps://directory", "ldaps" },
		{ "ldapi:///run/slapd/ldapi", "ldapi" },
		{ "ldapx://directory", NULL },
		{ "pam:login", "pam" },
		{ "pam:", NULL },
		{ "pam:../login", NULL },
		{ "pam:.login", NULL },
		{ "pam:a b", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct userdb_driver *d = userdb_driver(t[i].url);

		assert_int_equal(d != NULL, t[i].scheme != NULL);
		if (d != NULL)
			assert_string_equal(d->scheme, t[i].scheme);
	}
}

static void
is_whole(const struct userdb_driver *d)
{
	const struct userdb_ops *ops = d->ops;

	assert_true(d->open != NULL && d->close != NULL);
	assert_true(ops->find != NULL && ops->find_id != NULL && ops->ping != NULL);
	assert_int_equal(d->writable, ops->add != NULL && ops->set_disabled != NULL && ops->set_groups != NULL &&
					  ops->remove != NULL && ops->list != NULL);
	assert_int_equal(d->passwords, ops->set_hash != NULL && ops->replace_hash != NULL);
	assert_true(d->passwords || !d->writable);
	assert_int_equal(d->records, ops->put_device != NULL && ops->get_device != NULL);
	assert_true(d->library == NULL || d->library() != NULL);
}

/* A row that promises what it has not got would be a crash on the day somebody asks for it. */
static void
rows_are_whole(void **state)
{
	const struct userdb_driver *d;
	size_t n;

	(void)state;
	for (n = 0; (d = userdb_driver_at(n)) != NULL; n++) {
		assert_int_equal(strcspn(d->scheme, ":"), strlen(d->scheme));
		assert_non_null(d->is_url);
		assert_int_equal(d->module == NULL, d->package == NULL);
		if (d->open != NULL)
			is_whole(d);
		else
			assert_true(d->module != NULL && d->ops == NULL && d->make == NULL);
	}
	assert_true(n > 0);
}

static enum dw_result named = DW_OK;

static enum dw_result
find(void *db, const char *name, struct account *out)
{

	assert_ptr_equal(db, &named);
	assert_string_equal(name, "alice");
	strcpy(out->id, "id-of-alice");
	return (named);
}

static enum dw_result
find_id(void *db, const char *id, struct account *out)
{

	(void)db, (void)out;
	assert_string_equal(id, "id-of-alice");
	return (DW_REFUSED); /* nothing that find() says */
}

static void
again(void **state)
{
	static const struct userdb_ops ops = { .find = find, .find_id = find_id };
	static const struct userdb_driver by_id = { .ops = &ops }, by_name = { .ops = &ops, .by_name = true };
	struct account a;

	(void)state;
	assert_int_equal(userdb_again(&by_id, &named, "id-of-alice", "alice", &a), DW_REFUSED);
	assert_int_equal(userdb_again(&by_name, &named, "id-of-alice", "alice", &a), DW_OK);
	assert_int_equal(userdb_again(&by_name, &named, "another", "alice", &a), DW_ABSENT); /* made anew under his name */
	named = DW_UNAVAILABLE;
	assert_int_equal(userdb_again(&by_name, &named, "another", "alice", &a), DW_UNAVAILABLE);
	named = DW_ABSENT;
	assert_int_equal(userdb_again(&by_name, &named, "id-of-alice", "alice", &a), DW_ABSENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_scheme),
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(again),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

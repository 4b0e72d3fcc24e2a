/* SPDX-License-Identifier: ISC */
/* Which sockets outlive a change: those of the present configuration, and those of the one that is being made ready. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "master/generation.h"

#include "../tempdir.h"

static struct listener *
open_socket(struct listeners *ls, const char *name, char path[LISTEN_ADDRESS_MAX + 1])
{
	struct listen_spec spec = { .kind = LISTEN_UNIX, .uid = (uid_t)-1, .gid = (gid_t)-1, .mode = 0600, .backlog = 1 };
	char err[MASTER_ERROR_MAX];
	struct listener *l;

	snprintf(path, LISTEN_ADDRESS_MAX + 1, "%s/%s", tempdir, name);
	spec.address = path;
	l = listen_open(ls, &spec, err, sizeof(err));
	assert_non_null(l);
	return (l);
}

/* While a reload is under way, the end of the master before us prunes too: what the next generation has opened stays. */
static void
test_both_generations_keep_theirs(void **state)
{
	struct generation *now = calloc(1, sizeof(*now)), *next = calloc(1, sizeof(*next));
	char a[LISTEN_ADDRESS_MAX + 1], b[LISTEN_ADDRESS_MAX + 1], c[LISTEN_ADDRESS_MAX + 1];
	struct listeners ls = { 0 };

	(void)state;
	assert_non_null(now);
	assert_non_null(next);
	now->sockets[0][0] = open_socket(&ls, "now", a);
	next->sockets[1][0] = open_socket(&ls, "next", b);
	(void)open_socket(&ls, "nobody's", c);
	generation_prune(now, next, &ls);
	assert_true(listen_is_alive(a));
	assert_true(listen_is_alive(b));
	assert_int_not_equal(access(c, F_OK), 0);
	generation_prune(now, NULL, &ls);
	assert_true(listen_is_alive(a));
	assert_int_not_equal(access(b, F_OK), 0);
	generation_prune(NULL, NULL, &ls);
	assert_int_not_equal(access(a, F_OK), 0);
	free(now);
	free(next);
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_both_generations_keep_theirs) };

	return (cmocka_run_group_tests(tests, tempdir_make, tempdir_remove_empty));
}

/* SPDX-License-Identifier: ISC */
/* Opening what a child needs: what passes is told apart from what only another configuration mends, and leaves nothing open. */
#include <sys/resource.h>
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "child/services.h"
#include "process.h"

static struct app app;

static size_t
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return (n);
}

/* Neither server is there: a store that is down is an answer, and no reason not to start. */
static void
open_without_servers(void **state)
{
	size_t before = descriptors();

	(void)state;
	assert_int_equal(services_open(&app, process.conf, &process.child), 0);
	assert_ptr_equal(app.board, process.child.board);
	assert_ptr_equal(app.slot, process.child.slot);
	assert_non_null(app.keys);
	assert_non_null(app.store_ctx);
	assert_int_equal(app.users->ping(app.users_ctx), DW_UNAVAILABLE);
	services_close(&app);
	assert_null(app.store_ctx);
	assert_int_equal(descriptors(), before);
}

static void
a_key_that_is_wrong(void **state)
{
	size_t before = descriptors();
	int fd = open("keys/token-001.key", O_WRONLY | O_TRUNC);

	(void)state;
	assert_true(fd >= 0 && write(fd, "nonsense\n", 9) == 9 && close(fd) == 0);
	assert_int_equal(services_open(&app, process.conf, &process.child), EXIT_CONFIG);
	assert_null(app.keys);
	assert_int_equal(descriptors(), before);
}

static void
keys_that_are_not_there(void **state)
{

	(void)state;
	assert_int_equal(rename("keys", "elsewhere"), 0);
	assert_int_equal(services_open(&app, process.conf, &process.child), EXIT_CONFIG);
	assert_int_equal(rename("elsewhere", "keys"), 0);
	assert_int_equal(services_open(&app, process.conf, &process.child), 0);
	services_close(&app);
}

/* The leak check at the end needs some again. */
static int
open_without_descriptors(struct child *c, const struct config *conf)
{
	struct rlimit rl, none;
	int rc;

	if (getrlimit(RLIMIT_NOFILE, &rl) != 0)
		return (EXIT_RUNTIME);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = rl.rlim_max };
	if (setrlimit(RLIMIT_NOFILE, &none) != 0)
		return (EXIT_RUNTIME);
	rc = services_open(&app, conf, c);
	return (setrlimit(RLIMIT_NOFILE, &rl) == 0 ? rc : EXIT_RUNTIME);
}

static void
a_lack_of_descriptors(void **state)
{

	(void)state;
	process_start(open_without_descriptors);
	assert_int_equal(process_end(0), EXIT_RESOURCE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(open_without_servers, process_setup, process_teardown),
		cmocka_unit_test_setup_teardown(a_key_that_is_wrong, process_setup, process_teardown),
		cmocka_unit_test_setup_teardown(keys_that_are_not_there, process_setup, process_teardown),
		cmocka_unit_test_setup_teardown(a_lack_of_descriptors, process_setup, process_teardown),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

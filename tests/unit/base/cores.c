/* SPDX-License-Identifier: ISC */
/* The quota of a control group, in both versions, of the group itself and of those above. */
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../tempdir.h"
#include "base/cores.h"

/* The file ${name} below the root, with the directories it needs. */
static void
put(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", tempdir, name);
	for (char *p = path + strlen(tempdir) + 1; *p != '\0'; p++)
		if (*p == '/') {
			*p = '\0';
			(void)mkdir(path, 0700);
			*p = '/';
		}
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
test_version_2(void **state)
{

	(void)state;
	assert_int_equal(cores_quota(tempdir, "0::/\n"), CORES_UNLIMITED);
	put("system.slice/doorward.service/cpu.max", "150000 100000\n");
	put("system.slice/cpu.max", "max 100000\n");
	assert_int_equal(cores_quota(tempdir, "0::/system.slice/doorward.service\n"), 2);
	put("system.slice/cpu.max", "100000 100000\n");
	assert_int_equal(cores_quota(tempdir, "0::/system.slice/doorward.service\n"), 1);
	assert_int_equal(cores_quota(tempdir, "0::/elsewhere\n"), CORES_UNLIMITED);
	put("cpu.max", "50000 100000\n"); /* a container's own root */
	assert_int_equal(cores_quota(tempdir, "0::/\n"), 1);
	put("cpu.max", "400000 100000\n");
	assert_int_equal(cores_quota(tempdir, "0::/../../escaped\n"), 4);
}

static void
test_version_1(void **state)
{

	(void)state;
	put("cpu/docker/abc/cpu.cfs_quota_us", "250000\n");
	put("cpu/docker/abc/cpu.cfs_period_us", "100000\n");
	put("cpu/cpu.cfs_quota_us", "-1\n");
	put("cpu/cpu.cfs_period_us", "100000\n");
	assert_int_equal(cores_quota(tempdir, "12:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n"), 3);
	assert_int_equal(cores_quota(tempdir, "4:cpu,cpuacct:/other\n"), CORES_UNLIMITED);
	assert_int_equal(cores_quota(tempdir, "4:cpuset:/docker/abc\n"), CORES_UNLIMITED);
}

static void
test_nonsense(void **state)
{
	static const char *const rows[] = { "", "\n", "0", "0:", "::", "0::", "cpu", "4:cpu\n4:cpu:" };

	(void)state;
	put("cpu.max", "nonsense\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(cores_quota(tempdir, rows[i]), CORES_UNLIMITED);
	assert_true(cores_count() >= 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version_2),
		cmocka_unit_test(test_version_1),
		cmocka_unit_test(test_nonsense),
	};

	return (cmocka_run_group_tests(tests, tempdir_make, tempdir_remove));
}

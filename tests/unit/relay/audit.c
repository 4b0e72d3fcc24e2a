/* SPDX-License-Identifier: ISC */
/* The audit file: its chain, what is left half-written, rotation, another writer, and a disk that is full. */
#include <sys/resource.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/mac.h"
#include "relay/audit.h"

static char dir[] = "auditXXXXXX", path[64], moved[64], why[256];
static struct audit *a;

static int
set_up(void **state)
{

	(void)state;
	a = audit_new(path, dir);
	return (a == NULL);
}

static int
tear_down(void **state)
{
	char last[64];

	(void)state;
	audit_free(a);
	snprintf(last, sizeof(last), "%s/audit.last", dir);
	(void)unlink(path);
	(void)unlink(moved);
	(void)unlink(last);
	return (0);
}

static bool
put(const char *json)
{
	struct str one = str_of(json);

	return (audit_append(a, &one, 1, why, sizeof(why)));
}

/* How many lines of ${file} fit, the first behind ${before}; the last hash is left in there. */
static int
chain(const char *file, char before[AUDIT_HASH_LEN + 1])
{
	FILE *f = fopen(file, "r");
	char line[1024];
	uint8_t md[MAC_LEN];
	int n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		struct str text = { line, strlen(line) - 1 };

		assert_int_equal(line[text.len], '\n');
		assert_true(str_is(audit_chain_prev(text), before));
		mac_sha256(text.p, text.len, md);
		for (size_t i = 0; i < MAC_LEN; i++)
			snprintf(before + 2 * i, 3, "%02x", md[i]);
		n++;
	}
	fclose(f);
	return (n);
}

static void
append_raw(const char *text)
{
	FILE *f = fopen(path, "a");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
test_chain(void **state)
{
	char hash[AUDIT_HASH_LEN + 1] = AUDIT_HASH_NONE;
	struct stat st;

	(void)state;
	assert_true(put("{\"id\":\"1\"}") && put("{\"id\":\"2\"}"));
	assert_int_equal(chain(path, hash), 2);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	audit_free(a);
	a = audit_new(path, dir);
	append_raw("{\"id\":\"torn");
	assert_true(put("{\"id\":\"3\"}"));
	memcpy(hash, AUDIT_HASH_NONE, sizeof(hash));
	assert_int_equal(chain(path, hash), 3);
	assert_true(audit_chain_prev(STR_LIT("{}")).p == NULL);
}

/* The new file goes on with the old one's hash, also after a restart in between. */
static void
test_rotation(void **state)
{
	char hash[AUDIT_HASH_LEN + 1] = AUDIT_HASH_NONE;

	(void)state;
	assert_true(put("{\"id\":\"1\"}"));
	assert_int_equal(rename(path, moved), 0);
	assert_true(put("{\"id\":\"2\"}"));
	assert_int_equal(chain(moved, hash), 1);
	assert_int_equal(chain(path, hash), 1);
	assert_int_equal(rename(path, moved), 0);
	audit_free(a);
	a = audit_new(path, dir);
	assert_true(put("{\"id\":\"3\"}"));
	assert_int_equal(chain(path, hash), 1);
}

/* The relay before this one may have written since: two files open, one chain. */
static void
test_two_writers(void **state)
{
	char hash[AUDIT_HASH_LEN + 1] = AUDIT_HASH_NONE;
	struct audit *other = audit_new(path, dir), *mine = a;

	(void)state;
	assert_true(put("{\"id\":\"1\"}"));
	a = other;
	assert_true(put("{\"id\":\"2\"}"));
	a = mine;
	assert_true(put("{\"id\":\"3\"}"));
	assert_int_equal(chain(path, hash), 3);
	audit_free(other);
}

/* Of a batch that does not fit nothing stays, and the chain goes on when there is room. */
static void
test_full(void **state)
{
	char hash[AUDIT_HASH_LEN + 1] = AUDIT_HASH_NONE;
	struct str batch[8];
	struct rlimit was, small;

	(void)state;
	for (size_t i = 0; i < 8; i++)
		batch[i] = STR_LIT("{\"id\":\"x\"}");
	assert_true(put("{\"id\":\"1\"}"));
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = 400;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_false(audit_append(a, batch, 8, why, sizeof(why)));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_non_null(strstr(why, path));
	assert_int_equal(chain(path, hash), 1);
	assert_true(audit_append(a, batch, 8, why, sizeof(why)));
	memcpy(hash, AUDIT_HASH_NONE, sizeof(hash));
	assert_int_equal(chain(path, hash), 9);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = { TEST(test_chain), TEST(test_rotation), TEST(test_two_writers), TEST(test_full) };
	int failed;

	if (mkdtemp(dir) == NULL)
		return (1);
	snprintf(path, sizeof(path), "%s/audit.log", dir);
	snprintf(moved, sizeof(moved), "%s/audit.log.1", dir);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)rmdir(dir);
	return (failed);
}

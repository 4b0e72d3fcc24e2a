/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>
#include <sys/wait.h>

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../tempdir.h"
#include "base/clock.h"
#include "crypto/keyring.h"

#include "crypto/keyring_change.h"

#define HOUR INT64_C(3600000)

static char state_dir[64], err[512];
static unsigned turn;
static struct keyring_entries now; /* as listed last */

/* A state directory with the keys of a new installation. */
static int
set_up(void **state)
{

	(void)state;
	snprintf(state_dir, sizeof(state_dir), "%s/%u", tempdir, turn++);
	return (keyring_create(state_dir, "EdDSA", (uid_t)-1, (gid_t)-1, err, sizeof(err)));
}

static int
tear_down(void **state)
{

	(void)state;
	free(now.all);
	now = (struct keyring_entries){ .n = 0 };
	return (0);
}

static const char *
generate(bool token, enum jws_alg alg, int64_t in)
{
	static char kids[16][KID_MAX + 1];
	static unsigned i;
	struct keyring_wish w = { token, alg, in };
	char *kid = kids[i++ % 16];

	assert_int_equal(keyring_generate(state_dir, &w, (uid_t)-1, (gid_t)-1, kid, err, sizeof(err)), 0);
	return (kid);
}

static int
retire(const char *kid)
{

	return (keyring_retire(state_dir, kid, (uid_t)-1, (gid_t)-1, err, sizeof(err)));
}

static void
list(void)
{

	free(now.all);
	assert_int_equal(keyring_list(state_dir, &now, err, sizeof(err)), 0);
}

static const struct keyring_entry *
entry(const char *kid)
{

	for (size_t i = 0; i < now.n; i++)
		if (strcmp(now.all[i].kid, kid) == 0)
			return (&now.all[i]);
	fail_msg("%s is not listed", kid);
	return (NULL);
}

static void
expect_state(const char *kid, enum keyring_state state)
{

	list();
	if (entry(kid)->state != state)
		fail_msg("%s is in state %d, not %d", kid, (int)entry(kid)->state, (int)state);
}

static const char *
signing(bool token)
{
	static char kid[KID_MAX + 1];

	list();
	for (size_t i = 0; i < now.n; i++)
		if (now.all[i].token == token && now.all[i].state == KEY_SIGNING)
			return (memcpy(kid, now.all[i].kid, sizeof(kid)));
	fail_msg("no key signs");
	return (NULL);
}

/* What the list says and what a process does are one thing. */
static void
expect_in_force(void)
{
	struct keyring *k = keyring_load(state_dir, err, sizeof(err));
	char version[16];

	if (k == NULL)
		fail_msg("%s", err);
	assert_string_equal(jwk_kid(keyring_signer(k)), signing(false));
	snprintf(version, sizeof(version), "token-%03u", keyring_token(k)->version);
	assert_string_equal(version, signing(true));
	for (size_t i = 0; i < now.n; i++) {
		const struct keyring_entry *x = &now.all[i];
		bool known = x->token ? keyring_token_version(k, (uint8_t)atoi(x->kid + 6)) != NULL
				      : keyring_verifier(k, str_of(x->kid)) != NULL;

		assert_int_equal(known, x->state != KEY_RETIRED);
	}
	keyring_free(k);
}

static void
test_life(void **state)
{
	char first[KID_MAX + 1];
	const char *second, *third;

	(void)state;
	snprintf(first, sizeof(first), "%s", signing(false));
	assert_string_equal(signing(true), "token-001");
	assert_int_equal(now.n, 2);
	assert_string_equal(entry(first)->dates.alg, "EdDSA");
	second = generate(false, JWS_ES256, 0);
	expect_state(second, KEY_SIGNING); /* whatever the algorithm of the first */
	expect_state(first, KEY_VERIFYING);
	assert_string_equal(entry(second)->dates.alg, "ES256");
	third = generate(false, JWS_HS256, HOUR);
	expect_state(third, KEY_NEXT);
	expect_state(second, KEY_SIGNING);
	expect_in_force();
	clock_turn(3601);
	expect_state(third, KEY_SIGNING);
	expect_state(second, KEY_VERIFYING);
	expect_in_force();
	clock_turn(-3601);

	assert_int_equal(retire(second), -1);
	assert_non_null(strstr(err, "signs"));
	assert_int_equal(retire(first), 0);
	expect_state(first, KEY_RETIRED);
	assert_string_equal(entry(first)->dates.alg, "EdDSA");
	assert_int_equal(retire(first), 0); /* again: nothing to do */
	assert_int_equal(retire(third), 0); /* one that has not signed yet */
	expect_in_force();
	assert_int_equal(retire("unknown"), -1);
	assert_int_equal(retire(""), -1);
	assert_int_equal(retire("../user"), -1);
	assert_int_equal(retire("user"), -1);
	expect_in_force();
}

static void
test_token_keys(void **state)
{

	(void)state;
	assert_string_equal(generate(true, JWS_EDDSA, 0), "token-002");
	assert_string_equal(generate(true, JWS_EDDSA, HOUR), "token-003");
	expect_state("token-001", KEY_VERIFYING);
	expect_state("token-002", KEY_SIGNING);
	expect_state("token-003", KEY_NEXT);
	expect_in_force();
	assert_int_equal(retire("token-002"), -1);
	assert_int_equal(retire("token-003"), 0);
	assert_int_equal(retire("token-001"), 0);
	expect_in_force();
	assert_string_equal(generate(true, JWS_EDDSA, 0), "token-004"); /* no number twice while there are others */
	expect_in_force();
}

/* Numbers come round: then the newest is not the highest, and what remains of an old one retires nothing new. */
static void
test_versions_come_round(void **state)
{
	char kid[16];

	(void)state;
	for (int i = 2; i <= 255; i++) {
		snprintf(kid, sizeof(kid), "token-%03d", i);
		assert_string_equal(generate(true, JWS_EDDSA, 0), kid);
		if (i > 3 && i != 250) {
			snprintf(kid, sizeof(kid), "token-%03d", i - 1);
			assert_int_equal(retire(kid), 0);
		}
	}
	assert_int_equal(retire("token-001"), 0);
	assert_string_equal(generate(true, JWS_EDDSA, 0), "token-001");
	expect_in_force();
	assert_string_equal(generate(true, JWS_EDDSA, 0), "token-003"); /* 2 is in use */
	expect_in_force();
	assert_int_equal(retire("token-001"), 0);
	expect_in_force();
}

/* Made within one millisecond, or by a host whose clock is ahead: the last one made is the newest. */
static void
test_order(void **state)
{
	const char *kids[6];

	(void)state;
	for (int i = 0; i < 5; i++)
		kids[i] = generate(false, JWS_HS256, 0);
	expect_state(kids[4], KEY_SIGNING);
	clock_turn(7200);
	kids[4] = generate(false, JWS_EDDSA, 0);
	clock_turn(-7200);
	kids[5] = generate(false, JWS_EDDSA, 0);
	expect_state(kids[5], KEY_SIGNING); /* due, and after all others */
	expect_state(kids[3], KEY_VERIFYING);
	expect_in_force();
	assert_int_equal(retire(kids[4]), 0); /* one whose time is to come, as this host sees it */
	expect_in_force();
}

/* The daemon was not reloaded yet: what is newer than its key is still to come. */
static void
test_signing_by_word_of_the_daemon(void **state)
{
	char first[KID_MAX + 1];
	const char *second;

	(void)state;
	snprintf(first, sizeof(first), "%s", signing(false));
	second = generate(false, JWS_EDDSA, 0);
	list();
	keyring_list_signing(&now, first);
	assert_int_equal(entry(first)->state, KEY_SIGNING);
	assert_int_equal(entry(second)->state, KEY_NEXT);
	assert_int_equal(entry("token-001")->state, KEY_SIGNING);
	keyring_list_signing(&now, "unknown");
	assert_int_equal(entry(first)->state, KEY_SIGNING);
}

/* Another host copied without deleting: the secret is back, and stays retired. */
static void
test_comes_back(void **state)
{
	char first[KID_MAX + 1], command[512];

	(void)state;
	snprintf(first, sizeof(first), "%s", signing(false));
	generate(false, JWS_EDDSA, 0);
	generate(true, JWS_EDDSA, 0);
	snprintf(command, sizeof(command), "cp -r %s/keys %s/copy", state_dir, state_dir);
	assert_int_equal(system(command), 0);
	assert_int_equal(retire(first), 0);
	assert_int_equal(retire("token-001"), 0);
	snprintf(command, sizeof(command), "test ! -e %s/keys/jwt-%s.pem && cp %s/copy/* %s/keys", state_dir, first, state_dir,
	    state_dir);
	assert_int_equal(system(command), 0);
	expect_state(first, KEY_RETIRED);
	expect_in_force();
	assert_int_equal(retire(first), 0); /* said again, the secret goes */
	snprintf(command, sizeof(command), "test ! -e %s/keys/jwt-%s.pem && test -e %s/keys/jwt-%s.retired", state_dir, first,
	    state_dir, first);
	assert_int_equal(system(command), 0);
}

static void
test_files(void **state)
{
	char command[512];
	const char *kid;

	(void)state;
	kid = generate(false, JWS_RS256, HOUR);
	generate(false, JWS_HS256, 0);
	generate(true, JWS_EDDSA, 0);
	assert_int_equal(retire(kid), 0);
	snprintf(command, sizeof(command), "test -z \"$(find %s/keys -type f ! -perm 0600)\"", state_dir);
	assert_int_equal(system(command), 0);
	/* nothing secret stays of a retired key, and nothing half written */
	snprintf(command, sizeof(command),
	    "! grep -L '^# retired' %s/keys/*.retired | grep . && ! grep -l 'PRIVATE' %s/keys/*.retired", state_dir, state_dir);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof(command), "! ls %s/keys | grep new", state_dir);
	assert_int_equal(system(command), 0);
}

static void
test_limits(void **state)
{
	struct keyring_wish w = { false, JWS_HS256, 0 };
	char kid[KID_MAX + 1];

	(void)state;
	for (int i = 0; i < 63; i++)
		generate(false, JWS_HS256, 0);
	assert_int_equal(keyring_generate(state_dir, &w, (uid_t)-1, (gid_t)-1, kid, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "retire"));
	expect_in_force();
	snprintf(state_dir, sizeof(state_dir), "%s/nothing", tempdir);
	assert_int_equal(keyring_generate(state_dir, &w, (uid_t)-1, (gid_t)-1, kid, err, sizeof(err)), -1);
	assert_int_equal(keyring_list(state_dir, &(struct keyring_entries){ .n = 0 }, err, sizeof(err)), -1);
}

/* Made by root for the user that the daemon runs as. */
static void
test_owner(void **state)
{
	struct keyring_wish w = { false, JWS_ES256, 0 };
	char kid[KID_MAX + 1], first[KID_MAX + 1], command[256];

	(void)state;
	if (geteuid() != 0)
		skip();
	snprintf(first, sizeof(first), "%s", signing(false));
	assert_int_equal(keyring_generate(state_dir, &w, 12345, 12346, kid, err, sizeof(err)), 0);
	assert_int_equal(keyring_retire(state_dir, first, 12345, 12346, err, sizeof(err)), 0);
	snprintf(command, sizeof(command), "test $(find %s/keys -uid 12345 -gid 12346 -perm 0600 | wc -l) = 2", state_dir);
	assert_int_equal(system(command), 0);
}

/* Several at a time: as many keys, no number twice. */
static void
test_concurrent(void **state)
{
	enum { CALLERS = 6 };
	struct keyring_wish w = { true, JWS_EDDSA, 0 };
	char kid[KID_MAX + 1];
	pid_t pids[CALLERS];
	int status;

	(void)state;
	for (int i = 0; i < CALLERS; i++)
		if ((pids[i] = fork()) == 0)
			_exit(keyring_generate(state_dir, &w, (uid_t)-1, (gid_t)-1, kid, err, sizeof(err)) == 0 ? 0 : 1);
	for (int i = 0; i < CALLERS; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_string_equal(signing(true), "token-007");
	expect_in_force();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_token_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_versions_come_round, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_signing_by_word_of_the_daemon, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_comes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_owner, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_concurrent, set_up, tear_down),
	};

	return (cmocka_run_group_tests(tests, tempdir_make, tempdir_remove));
}

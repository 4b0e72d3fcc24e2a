/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <fcntl.h>
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
#include "base/fd.h"
#include "crypto/jwk.h"
#include "crypto/keyring_dates.h"

#include "crypto/keyring.h"

#define ROOT_TEXT "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF\n"
#define NEWEST "# created: 2100-01-01T00:00:00.000Z\n"
#define FUTURE "# created: 2100-01-02T00:00:00.000Z\n# from: 2100-01-03T00:00:00.000Z\n"

static char state_dir[64], keys_dir[80], err[512];
static unsigned turn;

/* A state directory that does not exist yet. */
static int
set_up(void **state)
{

	(void)state;
	snprintf(state_dir, sizeof(state_dir), "%s/%u", tempdir, turn++);
	snprintf(keys_dir, sizeof(keys_dir), "%s/keys", state_dir);
	err[0] = '\0';
	return (0);
}

static const char *
path_of(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", keys_dir, name);
	return (path);
}

static void
put(const char *name, const char *text)
{

	assert_int_equal(fd_write_file(path_of(name), text, strlen(text), 0600), 0);
}

static int
create(const char *alg)
{

	return (keyring_create(state_dir, alg, (uid_t)-1, (gid_t)-1, err, sizeof(err)));
}

static struct keyring *
load(void)
{

	return (keyring_load(state_dir, err, sizeof(err)));
}

static unsigned
count_files(void)
{
	DIR *d = opendir(keys_dir);
	struct dirent *entry;
	unsigned n = 0;

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL)
		n += entry->d_name[0] != '.';
	closedir(d);
	return (n);
}

static void
test_create(void **state)
{
	static const char *const algs[] = { "EdDSA", "ES256", "RS256", "HS256" };
	struct stat st;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct keyring *k;

		set_up(NULL);
		assert_int_equal(create(algs[i]), 0);
		assert_int_equal(create(algs[i]), 0);           /* nothing is missing any more */
		assert_int_equal(create(algs[(i + 1) % 4]), 0); /* the algorithm is that of the first key */
		assert_int_equal(count_files(), 3);
		k = load();
		assert_non_null(k);
		assert_string_equal(jws_alg_name(jwk_alg(keyring_signer(k))), algs[i]);
		assert_ptr_equal(keyring_verifier(k, str_of(jwk_kid(keyring_signer(k)))), keyring_signer(k));
		keyring_free(k);
	}
	assert_int_equal(stat(keys_dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(path_of("user.key"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(create("none"), -1);
}

static void
assert_same_mac(struct mac_key *a, struct mac_key *b, bool same)
{
	uint8_t x[MAC_LEN], y[MAC_LEN];

	mac_compute(a, "x", 1, x);
	mac_compute(b, "x", 1, y);
	assert_int_equal(memcmp(x, y, MAC_LEN) == 0, same);
}

/* The working keys follow from the files alone, and no two are alike. */
static void
test_working_keys(void **state)
{
	struct mac_key *all[7];
	const struct token_keys *t;
	struct keyring *a, *b;

	(void)state;
	assert_int_equal(create("EdDSA"), 0);
	assert_non_null(a = load());
	assert_non_null(b = load());
	t = keyring_token(a);
	assert_int_equal(t->version, 1);
	memcpy(all,
	    (struct mac_key *[]){
		t->mac, t->loc, t->sid, t->rot, keyring_user(a)->user, keyring_user(a)->csrf, keyring_user(a)->cursor },
	    sizeof(all));
	for (int i = 0; i < 7; i++)
		for (int j = 0; j < 7; j++)
			assert_same_mac(all[i], all[j], i == j);
	assert_same_mac(t->mac, keyring_token(b)->mac, true);
	assert_same_mac(keyring_user(a)->user, keyring_user(b)->user, true);
	assert_memory_equal(keyring_user(a)->public_sid, keyring_user(b)->public_sid, 20);
	keyring_free(a);
	keyring_free(b);
	keyring_free(NULL);
}

/* Writes ${k} as the operator would who brings a key of his own: ${head} and then PEM. */
static void
put_jwk(const struct jwk *k, const char *head)
{
	char text[8192], name[KID_MAX + 16];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	buf_puts(&b, head);
	assert_true(jwk_private_text(k, &b));
	snprintf(name, sizeof(name), "jwt-%s.pem", jwk_kid(k));
	put(name, text);
}

/* Files without dates, as they were made before they had any: the time of the file counts, and "latest" is what a date makes
 * later. */
static void
test_undated(void **state)
{
	struct timespec past[2] = { { 1000, 0 }, { 1000, 0 } }, later[2] = { { 2000, 0 }, { 2000, 0 } };
	struct jwk *one = jwk_generate(JWS_EDDSA), *two = jwk_generate(JWS_ES256);
	char name[KID_MAX + 16];
	struct keyring *k;

	(void)state;
	assert_int_equal(mkdir(state_dir, 0700), 0);
	assert_int_equal(mkdir(keys_dir, 0700), 0);
	put("user.key", ROOT_TEXT);
	put("token-001.key", ROOT_TEXT);
	put("token-002.key", ROOT_TEXT);
	put_jwk(one, "");
	put_jwk(two, "");
	snprintf(name, sizeof(name), "jwt-%s.pem", jwk_kid(one));
	assert_int_equal(utimensat(AT_FDCWD, path_of(name), later, 0), 0);
	snprintf(name, sizeof(name), "jwt-%s.pem", jwk_kid(two));
	assert_int_equal(utimensat(AT_FDCWD, path_of(name), past, 0), 0);
	assert_int_equal(utimensat(AT_FDCWD, path_of("token-001.key"), past, 0), 0);
	assert_int_equal(utimensat(AT_FDCWD, path_of("token-002.key"), past, 0), 0);
	assert_non_null(k = load());
	assert_string_equal(jwk_kid(keyring_signer(k)), jwk_kid(one));
	assert_int_equal(keyring_token(k)->version, 2);
	keyring_free(k);
	jwk_free(one);
	jwk_free(two);
}

static void
test_rotation(void **state)
{
	char old[KID_MAX + 1];
	struct jwk *next = jwk_generate(JWS_ES256);
	struct keyring *k;

	(void)state;
	assert_int_equal(create("EdDSA"), 0);
	assert_non_null(k = load());
	snprintf(old, sizeof(old), "%s", jwk_kid(keyring_signer(k)));
	keyring_free(k);
	put("token-200.key", NEWEST ROOT_TEXT);
	put_jwk(next, NEWEST); /* whatever its algorithm */

	assert_non_null(k = load());
	assert_string_equal(jwk_kid(keyring_signer(k)), jwk_kid(next));
	assert_ptr_equal(keyring_public_signer(k), keyring_signer(k));
	assert_non_null(keyring_verifier(k, str_of(old)));
	assert_null(keyring_verifier(k, STR_LIT("unknown")));
	assert_null(keyring_verifier(k, STR_NONE));
	assert_int_equal(keyring_token(k)->version, 200);
	assert_int_equal(keyring_token_version(k, 1)->version, 1);
	assert_null(keyring_token_version(k, 0));
	assert_null(keyring_token_version(k, 2));
	assert_null(keyring_token_version(k, 255));
	keyring_free(k);

	assert_int_equal(unlink(path_of("token-001.key")), 0); /* creating must not bring it back */
	assert_int_equal(create("EdDSA"), 0);
	assert_non_null(k = load());
	assert_null(keyring_token_version(k, 1));
	keyring_free(k);
	jwk_free(next);
}

static void
test_jwks(void **state)
{
	char text[8192];
	struct jwk *rsa, *okp;
	struct keyring *k;
	struct buf b;

	(void)state;
	assert_int_equal(create("HS256"), 0);
	assert_non_null(k = load());
	buf_init(&b, text, sizeof(text));
	keyring_jwks(k, &b);
	assert_string_equal(text, "{\"keys\":[]}");
	keyring_free(k);
	rsa = jwk_generate(JWS_RS256);
	put_jwk(rsa, "");
	okp = jwk_generate(JWS_EDDSA);
	put_jwk(okp, FUTURE); /* published before it signs */
	assert_non_null(k = load());
	buf_init(&b, text, sizeof(text));
	keyring_jwks(k, &b);
	assert_false(b.overflow);
	assert_non_null(strstr(text, "\"kty\":\"RSA\""));
	assert_non_null(strstr(text, "\"kty\":\"OKP\""));
	assert_non_null(strstr(text, "},{"));
	assert_null(strstr(text, "\"d\":"));
	assert_null(strstr(text, "\"p\":"));
	assert_null(strstr(text, "\"k\":"));
	buf_init(&b, text, 64);
	keyring_jwks(k, &b);
	assert_true(b.overflow);
	keyring_free(k);
	jwk_free(rsa);
	jwk_free(okp);
}

static const struct {
	const char *name;
	const char *text;
	mode_t mode;
} refused[] = {
	{ "user.key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", 0640 },
	{ "user.key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", 0604 },
	{ "user.key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeef\n", 0600 },
	{ "user.key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeefg\n", 0600 },
	{ "user.key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n\n", 0600 },
	{ "user.key", "0000000000000000000000000000000000000000000000000000000000000000\n", 0600 },
	{ "user.key", "", 0600 },
	{ "token-001.key", "short\n", 0600 },
	{ "token-002.key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", 0660 },
	{ "token-000.key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", 0600 },
	{ "token-256.key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", 0600 },
	{ "token-2.key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", 0600 },
	{ "token-00x.key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", 0600 },
	{ "jwt-x.pem", "-----BEGIN PRIVATE KEY-----\n", 0600 },
	{ "jwt-x.pem", "your-secret-key", 0600 },
	{ "jwt-x.key", "your-secret-key", 0600 },
	{ "jwt-x.key", "c2hvcnQ\n", 0600 },
	{ "token-002.key", "# from: tomorrow\n" ROOT_TEXT, 0600 },
	{ "token-002.key", "# from: 2026-02-31T00:00:00.000Z\n" ROOT_TEXT, 0600 },
	{ "token-002.key", "# created: 2026-02-01T00:00:00Z\n" ROOT_TEXT, 0600 },
	{ "token-002.key", "# created: 2026-02-01T00:00:00.000Z", 0600 },
	{ "token-001.retired", "# alg: EdDSA\n", 0600 }, /* when? it may be back since */
	{ "token-001.retired", "", 0600 },
	{ "token-1.retired", "# retired: 2026-02-01T00:00:00.000Z\n", 0600 },
	{ "jwt-x.key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g\n", 0644 },
};

static void
test_refused(void **state)
{
	struct keyring *k;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		set_up(NULL);
		assert_int_equal(create("EdDSA"), 0);
		put(refused[i].name, refused[i].text);
		assert_int_equal(chmod(path_of(refused[i].name), refused[i].mode), 0);
		if ((k = load()) != NULL)
			fail_msg("row %zu: %s", i, refused[i].name);
		assert_non_null(strstr(err, refused[i].name));
		if (strlen(refused[i].text) > 8)
			assert_null(strstr(err, refused[i].text));
	}
}

static void
test_missing(void **state)
{

	(void)state;
	assert_null(load());
	assert_string_not_equal(err, "");
	assert_int_equal(create("EdDSA"), 0);
	assert_int_equal(unlink(path_of("user.key")), 0);
	assert_null(load());
	assert_int_equal(create("EdDSA"), -1); /* never a second root of the pseudonyms */
	assert_non_null(strstr(err, "user.key"));
	put("user.key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
	assert_int_equal(unlink(path_of("token-001.key")), 0);
	assert_null(load());
	assert_int_equal(create("EdDSA"), 0);
}

static void
test_strangers(void **state)
{
	struct keyring *k;

	(void)state;
	assert_int_equal(create("EdDSA"), 0);
	put("README", "x");
	put("user.key.new.123", "torn"); /* what an interrupted write leaves */
	put("token-001.key~", "x");
	assert_non_null(k = load());
	keyring_free(k);
	assert_int_equal(chmod(keys_dir, 0770), 0);
	assert_null(load()); /* others could add keys */
	assert_int_equal(chmod(keys_dir, 0700), 0);
	assert_int_equal(unlink(path_of("user.key")), 0);
	assert_int_equal(mkdir(path_of("user.key"), 0700), 0);
	assert_null(load());
}

/* Several at a time make one set of keys. */
static void
test_concurrent(void **state)
{
	enum { CALLERS = 6 };
	pid_t pids[CALLERS];
	struct keyring *k;
	int status;

	(void)state;
	for (int i = 0; i < CALLERS; i++)
		if ((pids[i] = fork()) == 0)
			_exit(create("EdDSA") == 0 ? 0 : 1);
	for (int i = 0; i < CALLERS; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(count_files(), 3);
	assert_non_null(k = load());
	keyring_free(k);
}

static void
test_owner(void **state)
{
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(keyring_create(state_dir, "EdDSA", 12345, 12346, err, sizeof(err)), 0);
	assert_int_equal(stat(state_dir, &st), 0);
	assert_int_equal(st.st_uid, 12345);
	assert_int_equal(stat(path_of("token-001.key"), &st), 0);
	assert_int_equal(st.st_uid, 12345);
	assert_int_equal(st.st_gid, 12346);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static unsigned
published(const struct keyring *k)
{
	char text[8192];
	unsigned n = 0;
	struct buf b;

	buf_init(&b, text, sizeof(text));
	keyring_jwks(k, &b);
	for (const char *at = text; (at = strstr(at, "\"kid\"")) != NULL; at++)
		n++;
	return (n);
}

/* A process that started before a key was made believes it, publishes it when asked to look, and does not sign with it. */
static void
test_learning(void **state)
{
	struct jwk *next = jwk_generate(JWS_EDDSA), *third = jwk_generate(JWS_ES256);
	struct keyring *k;
	char signer[64];

	(void)state;
	assert_int_equal(create("EdDSA"), 0);
	assert_non_null(k = load());
	snprintf(signer, sizeof(signer), "%s", jwk_kid(keyring_signer(k)));
	assert_null(keyring_verifier(k, str_of(jwk_kid(next))));
	assert_null(keyring_token_version(k, 2));
	put("token-002.key", NEWEST ROOT_TEXT);
	put_jwk(next, NEWEST);
	assert_int_equal(published(k), 1);
	usleep(60000); /* the last look was just now: where times are coarse nobody looks again at once */
	assert_non_null(keyring_verifier(k, str_of(jwk_kid(next))));
	assert_int_equal(published(k), 2);
	assert_int_equal(keyring_token_version(k, 2)->version, 2);
	assert_string_equal(jwk_kid(keyring_signer(k)), signer);
	assert_int_equal(keyring_token(k)->version, 1);
	put_jwk(third, NEWEST);
	usleep(60000);
	keyring_look_again(k);
	assert_int_equal(published(k), 3);
	keyring_free(k);
	assert_non_null(k = load());
	assert_string_not_equal(jwk_kid(keyring_signer(k)), signer);
	assert_int_equal(keyring_token(k)->version, 2);
	keyring_free(k);
	jwk_free(next);
	jwk_free(third);
}

/* A copy that is not finished is looked at again, though the directory does not change any more; and it disturbs nothing else.
 */
static void
test_learning_from_a_copy_under_way(void **state)
{
	struct keyring *k;
	FILE *f;

	(void)state;
	assert_int_equal(create("EdDSA"), 0);
	assert_non_null(k = load());
	put("token-002.key", "001122");
	put("token-003.key", ROOT_TEXT);
	assert_null(keyring_token_version(k, 2));
	assert_non_null(keyring_token_version(k, 3));
	assert_non_null(f = fopen(path_of("token-002.key"), "w"));
	assert_true(fputs(ROOT_TEXT, f) >= 0);
	assert_int_equal(fclose(f), 0);
	usleep(60000);
	assert_non_null(keyring_token_version(k, 2));
	keyring_free(k);
}

/* A key that is due later signs from then on, with nobody's help. */
static void
test_due(void **state)
{
	char head[256];
	struct jwk *next = jwk_generate(JWS_EDDSA);
	struct keyring *k;
	struct buf b;

	(void)state;
	assert_int_equal(create("EdDSA"), 0);
	buf_init(&b, head, sizeof(head));
	keyring_dates_write(&(struct keyring_dates){ .created = clock_wall_ms() + 10, .from = clock_wall_ms() + 3600000 }, &b);
	put_jwk(next, head);
	buf_puts(&b, ROOT_TEXT);
	put("token-007.key", head);
	assert_non_null(k = load());
	assert_string_not_equal(jwk_kid(keyring_signer(k)), jwk_kid(next));
	assert_int_equal(keyring_token(k)->version, 1);
	clock_turn(3601);
	assert_string_equal(jwk_kid(keyring_signer(k)), jwk_kid(next));
	assert_int_equal(keyring_token(k)->version, 7);
	clock_turn(-3601);
	assert_int_equal(keyring_token(k)->version, 1);
	keyring_free(k);
	jwk_free(next);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_create, set_up),
		cmocka_unit_test_setup(test_working_keys, set_up),
		cmocka_unit_test_setup(test_undated, set_up),
		cmocka_unit_test_setup(test_rotation, set_up),
		cmocka_unit_test_setup(test_learning, set_up),
		cmocka_unit_test_setup(test_learning_from_a_copy_under_way, set_up),
		cmocka_unit_test_setup(test_due, set_up),
		cmocka_unit_test_setup(test_jwks, set_up),
		cmocka_unit_test_setup(test_refused, set_up),
		cmocka_unit_test_setup(test_missing, set_up),
		cmocka_unit_test_setup(test_strangers, set_up),
		cmocka_unit_test_setup(test_concurrent, set_up),
		cmocka_unit_test_setup(test_owner, set_up),
	};

	return (cmocka_run_group_tests(tests, tempdir_make, tempdir_remove));
}

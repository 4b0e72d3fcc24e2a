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

#include "base/fd.h"
#include "crypto/jwk.h"

#include "crypto/keyring.h"

static char root[] = "/tmp/keyring.XXXXXX"; /* of this run */
static char state_dir[64], keys_dir[80], err[512];
static unsigned turn;

/* A state directory that does not exist yet. */
static int
set_up(void **state)
{

	(void)state;
	snprintf(state_dir, sizeof(state_dir), "%s/%u", root, turn++);
	snprintf(keys_dir, sizeof(keys_dir), "%s/keys", state_dir);
	err[0] = '\0';
	return (0);
}

static int
make_root(void **state)
{

	(void)state;
	return (mkdtemp(root) == NULL ? -1 : 0);
}

static int
remove_root(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", root);
	return (system(command));
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
load(const char *alg)
{

	return (keyring_load(state_dir, alg, err, sizeof(err)));
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

		assert_int_equal(create(algs[i]), 0);
		assert_int_equal(create(algs[i]), 0); /* nothing is missing any more */
		assert_int_equal(count_files(), 3 + i);
		k = load(algs[i]);
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
	assert_null(load("none"));
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
	assert_non_null(a = load("EdDSA"));
	assert_non_null(b = load("EdDSA"));
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

static void
test_rotation(void **state)
{
	char text[8192], old[KID_MAX + 1], name[KID_MAX + 16];
	struct timespec past[2] = { { 1000, 0 }, { 1000, 0 } };
	struct jwk *next = jwk_generate(JWS_EDDSA);
	struct keyring *k;
	struct buf b;

	(void)state;
	assert_int_equal(create("EdDSA"), 0);
	assert_non_null(k = load("EdDSA"));
	snprintf(old, sizeof(old), "%s", jwk_kid(keyring_signer(k)));
	keyring_free(k);
	put("token-200.key", "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF\n");
	buf_init(&b, text, sizeof(text));
	assert_true(jwk_private_text(next, &b));
	snprintf(name, sizeof(name), "jwt-%s.pem", jwk_kid(next));
	put(name, text);
	snprintf(name, sizeof(name), "jwt-%s.pem", old);
	assert_int_equal(utimensat(AT_FDCWD, path_of(name), past, 0), 0);

	assert_non_null(k = load("EdDSA"));
	assert_string_equal(jwk_kid(keyring_signer(k)), jwk_kid(next));
	assert_non_null(keyring_verifier(k, str_of(old)));
	assert_null(keyring_verifier(k, STR_LIT("unknown")));
	assert_null(keyring_verifier(k, STR_NONE));
	assert_int_equal(keyring_token(k)->version, 200);
	assert_int_equal(keyring_token_version(k, 1)->version, 1);
	assert_null(keyring_token_version(k, 0));
	assert_null(keyring_token_version(k, 2));
	assert_null(keyring_token_version(k, 255));
	keyring_free(k);

	assert_int_equal(unlink(path_of("token-001.key")), 0); /* retired; creating must not bring it back */
	assert_int_equal(create("EdDSA"), 0);
	assert_non_null(k = load("EdDSA"));
	assert_null(keyring_token_version(k, 1));
	keyring_free(k);
	jwk_free(next);
}

static void
test_jwks(void **state)
{
	char text[8192];
	struct keyring *k;
	struct buf b;

	(void)state;
	assert_int_equal(create("HS256"), 0);
	assert_non_null(k = load("HS256"));
	buf_init(&b, text, sizeof(text));
	keyring_jwks(k, &b);
	assert_string_equal(text, "{\"keys\":[]}");
	keyring_free(k);
	assert_int_equal(create("EdDSA"), 0);
	assert_int_equal(create("RS256"), 0);
	assert_non_null(k = load("RS256"));
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
		if ((k = load("EdDSA")) != NULL)
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
	assert_null(load("EdDSA"));
	assert_string_not_equal(err, "");
	assert_int_equal(create("EdDSA"), 0);
	assert_null(load("ES256")); /* no key to sign with */
	assert_int_equal(unlink(path_of("user.key")), 0);
	assert_null(load("EdDSA"));
	assert_int_equal(create("EdDSA"), -1); /* never a second root of the pseudonyms */
	assert_non_null(strstr(err, "user.key"));
	put("user.key", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
	assert_int_equal(unlink(path_of("token-001.key")), 0);
	assert_null(load("EdDSA"));
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
	assert_non_null(k = load("EdDSA"));
	keyring_free(k);
	assert_int_equal(chmod(keys_dir, 0770), 0);
	assert_null(load("EdDSA")); /* others could add keys */
	assert_int_equal(chmod(keys_dir, 0700), 0);
	assert_int_equal(unlink(path_of("user.key")), 0);
	assert_int_equal(mkdir(path_of("user.key"), 0700), 0);
	assert_null(load("EdDSA"));
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
	assert_non_null(k = load("EdDSA"));
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_create, set_up),
		cmocka_unit_test_setup(test_working_keys, set_up),
		cmocka_unit_test_setup(test_rotation, set_up),
		cmocka_unit_test_setup(test_jwks, set_up),
		cmocka_unit_test_setup(test_refused, set_up),
		cmocka_unit_test_setup(test_missing, set_up),
		cmocka_unit_test_setup(test_strangers, set_up),
		cmocka_unit_test_setup(test_concurrent, set_up),
		cmocka_unit_test_setup(test_owner, set_up),
	};

	return (cmocka_run_group_tests(tests, make_root, remove_root));
}

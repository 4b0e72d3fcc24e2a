/* SPDX-License-Identifier: ISC */
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "hex.h"

#include "crypto/mac.h"

/* RFC 4231, and the empty digest of FIPS 180-4. */
static const struct {
	const char *key;
	const char *text;
	const char *mac;
} vectors[] = {
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
	    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
};

static void
test_vectors(void **state)
{
	uint8_t key[64], text[64], want[MAC_LEN], got[MAC_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		size_t n = hex_decode(vectors[i].text, text);
		struct mac_key *k = mac_key_new(key, hex_decode(vectors[i].key, key));

		memset(key, 0, sizeof(key)); /* the bytes may be wiped */
		hex_decode(vectors[i].mac, want);
		for (size_t cut = 0; cut <= n; cut++) {
			mac_compute2(k, text, cut, text + cut, n - cut, got);
			assert_memory_equal(got, want, MAC_LEN);
		}
		mac_compute(k, text, n, got);
		assert_memory_equal(got, want, MAC_LEN);
		mac_key_free(k);
	}
	mac_key_free(NULL);
	assert_null(mac_key_new("", 0));
}

static void
test_sha256(void **state)
{
	uint8_t want[MAC_LEN], got[MAC_LEN];

	(void)state;
	mac_sha256("abc", 3, got);
	hex_decode("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", want);
	assert_memory_equal(got, want, MAC_LEN);
	mac_sha256("", 0, got);
	hex_decode("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", want);
	assert_memory_equal(got, want, MAC_LEN);
}

/* A key made by the master serves in a worker. */
static void
test_fork(void **state)
{
	struct mac_key *k = mac_key_new("0123456789abcdef", 16);
	uint8_t here[MAC_LEN], there[MAC_LEN];
	int fds[2], status;
	pid_t pid;

	(void)state;
	mac_compute(k, "x", 1, here);
	assert_int_equal(pipe(fds), 0);
	if ((pid = fork()) == 0) {
		mac_compute(k, "x", 1, there);
		_exit(write(fds[1], there, sizeof(there)) == sizeof(there) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(read(fds[0], there, sizeof(there)), sizeof(there));
	assert_memory_equal(here, there, MAC_LEN);
	mac_compute(k, "x", 1, there);
	assert_memory_equal(here, there, MAC_LEN);
	close(fds[0]);
	close(fds[1]);
	mac_key_free(k);
}

static void
test_equal(void **state)
{

	(void)state;
	assert_true(mac_equal("abc", "abd", 2));
	assert_false(mac_equal("abc", "abd", 3));
	assert_true(mac_equal("a", "b", 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_equal),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

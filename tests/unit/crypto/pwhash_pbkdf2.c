/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <openssl/evp.h>

#include <cmocka.h>

#include "hex.h"

#include "crypto/pwhash.h"

#define BYTES(s) (s), sizeof(s) - 1

static const struct {
	const char *password;
	size_t n;
	const char *salt;
	size_t saltlen;
	unsigned iterations;
	const char *key;
} vectors[] = {
	/* RFC 7914 section 11 */
	{ BYTES("passwd"), BYTES("salt"), 1,
	    "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
	    "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783" },
	{ BYTES("Password"), BYTES("NaCl"), 80000,
	    "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
	    "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d" },
	/* the inputs of RFC 6070 */
	{ BYTES("password"), BYTES("salt"), 1, "120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b" },
	{ BYTES("password"), BYTES("salt"), 2, "ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43" },
	{ BYTES("password"), BYTES("salt"), 4096, "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a" },
	{ BYTES("passwordPASSWORDpassword"), BYTES("saltSALTsaltSALTsaltSALTsaltSALTsalt"), 4096,
	    "348c89dbcbd32b2f32d814b8116e84cf2b17347ebc1800181c4e2a1fb8dd53e1c635518c7dac47e9" },
	{ BYTES("pass\0word"), BYTES("sa\0lt"), 4096, "89b69d0516f829893c696226650a8687" },
};

static void
test_vectors(void **state)
{
	uint8_t want[64], got[64];

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		size_t n = hex_decode(vectors[i].key, want);

		assert_int_equal(pwhash_pbkdf2_sha256(vectors[i].password, vectors[i].n, vectors[i].salt, vectors[i].saltlen,
				     vectors[i].iterations, got, n),
		    0);
		assert_memory_equal(got, want, n);
	}
	assert_int_equal(pwhash_pbkdf2_sha256("", 0, "salt", 4, 0, got, 32), -1);
}

/* Another implementation's result for every length around the edges of a block. */
static void
test_lengths(void **state)
{
	uint8_t password[200], salt[200], want[100], got[100];

	(void)state;
	for (size_t i = 0; i < sizeof(password); i++) {
		password[i] = (uint8_t)(i * 37 + 11);
		salt[i] = (uint8_t)(i * 101 + 3);
	}
	for (size_t n = 0; n < sizeof(password); n++) {
		size_t outlen = n % sizeof(got) + 1, saltlen = (n * 7) % sizeof(salt);

		assert_true(
		    PKCS5_PBKDF2_HMAC((const char *)password, (int)n, salt, (int)saltlen, 3, EVP_sha256(), (int)outlen, want));
		assert_int_equal(pwhash_pbkdf2_sha256(password, n, salt, saltlen, 3, got, outlen), 0);
		assert_memory_equal(got, want, outlen);
	}
}

/* HMAC hashes keys beyond 64 bytes: such a password and its digest are one. Known, and harmless. */
static void
test_long_password(void **state)
{
	static const char phrase[] = "plnlrtfpijpuhqylxbgqiiyipieyxvfsavzgxbbcfusqkozwpngsyejqlmjsytrmd";
	uint8_t digest[32], a[32], b[32];

	(void)state;
	assert_true(EVP_Digest(phrase, sizeof(phrase) - 1, digest, NULL, EVP_sha256(), NULL));
	assert_int_equal(pwhash_pbkdf2_sha256(phrase, sizeof(phrase) - 1, "salt", 4, 10, a, 32), 0);
	assert_int_equal(pwhash_pbkdf2_sha256(digest, 32, "salt", 4, 10, b, 32), 0);
	assert_memory_equal(a, b, 32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_long_password),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}

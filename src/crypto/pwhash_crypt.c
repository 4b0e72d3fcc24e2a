/* SPDX-License-Identifier: ISC */
/*
 * The library's state has 32 KiB and comes to hold what was computed from the password: it is one, static, since a process
 * hashes one password at a time, and wiped each time. crypt_rn() is the function that tells failure by NULL, not by a text that
 * is no hash.
 */
#include <string.h>

#include <crypt.h>

#include "base/str.h"
#include "crypto/random.h"

#include "crypto/pwhash_crypt.h"

#define SALT_LEN 16

static struct crypt_data state;

_Static_assert(PWHASH_CRYPT_LIMIT == CRYPT_MAX_PASSPHRASE_SIZE - 1, "the library's limit");

/* The hash, in ${state}, or NULL. The caller wipes. */
static const char *
compute(const char *setting, const char *password, size_t n)
{

	memset(&state, 0, sizeof(state));
	if (n > PWHASH_CRYPT_LIMIT)
		n = PWHASH_CRYPT_LIMIT;
	if (n > 0)
		memcpy(state.input, password, n);
	state.input[n] = '\0';
	return (crypt_rn(state.input, setting, &state, sizeof(state)));
}

int
pwhash_crypt(const char *setting, const char *password, size_t n, uint8_t *out, size_t len)
{
	const char *hash = compute(setting, password, n);
	size_t got = hash == NULL ? 0 : strlen(hash);

	if (got > len)
		memcpy(out, hash + got - len, len);
	explicit_bzero(&state, sizeof(state));
	return (got > len ? 0 : -1);
}

int
pwhash_crypt_make(const char *prefix, unsigned cost, const char *password, size_t n, char out[PWHASH_TEXT_MAX])
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE], salt[SALT_LEN];
	const char *hash;

	out[0] = '\0';
	if (random_bytes((uint8_t *)salt, sizeof(salt)) != 0 ||
	    crypt_gensalt_rn(prefix, cost, salt, sizeof(salt), setting, sizeof(setting)) == NULL)
		return (-1);
	if ((hash = compute(setting, password, n)) != NULL)
		str_copy(out, PWHASH_TEXT_MAX, str_of(hash));
	explicit_bzero(&state, sizeof(state));
	return (out[0] != '\0' ? 0 : -1);
}

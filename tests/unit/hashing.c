/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "hashing.h"

struct hashing hashing = { .fake = &fake };

/* The linker puts these in the place of the real ones. */
enum pwhash_verdict __wrap_pwhash_verify(const char *hash, const char *password, size_t n);
void __wrap_pwhash_spend(const char *like, const char *password, size_t n);
int __wrap_pwhash_make(const char *password, size_t n, char text[PWHASH_TEXT_MAX]);
bool __wrap_pwhash_outdated(const char *hash);

enum pwhash_verdict
__wrap_pwhash_verify(const char *hash, const char *password, size_t n)
{

	(void)hash;
	fake_note(hashing.fake, "verify");
	if (hashing.right == NULL)
		return (hashing.verdict);
	return (str_is((struct str){ password, n }, hashing.right) ? PWHASH_MATCH : PWHASH_NO_MATCH);
}

void
__wrap_pwhash_spend(const char *like, const char *password, size_t n)
{

	(void)like, (void)password, (void)n;
	fake_note(hashing.fake, "spend");
}

int
__wrap_pwhash_make(const char *password, size_t n, char text[PWHASH_TEXT_MAX])
{

	(void)password, (void)n;
	fake_note(hashing.fake, "make");
	snprintf(text, PWHASH_TEXT_MAX, "new hash");
	return (hashing.cannot_make ? -1 : 0);
}

bool
__wrap_pwhash_outdated(const char *hash)
{

	(void)hash;
	return (false);
}

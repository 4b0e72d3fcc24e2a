/* SPDX-License-Identifier: ISC */
/*
 * Ids of accounts that are kept elsewhere. An id is what sessions and applications know a user by: it must be the same on every
 * host and after every restart, so it is made of what is given and nothing else. The digest tells the same text of two kinds of
 * database apart; the driver's name stands for all schemes by which one database is reached.
 */
#include <stdio.h>
#include <string.h>

#include "base/base64url.h"
#include "crypto/mac.h"

#include "doorward/userdb.h"

#define DRIVER_MAX 32  /* bytes of a driver's name and its colon */
#define DIGEST_KEPT 16 /* bytes: no two of them meet by chance, and nobody finds two that do */

_Static_assert(BASE64URL_LEN(DIGEST_KEPT) == USER_ID_MAX, "a digest fits the place of an id");

static bool
fits(struct str given)
{

	if (given.p == NULL || given.len < 1 || given.len > USER_ID_MAX)
		return (false);
	for (size_t i = 0; i < given.len; i++)
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", given.p[i]) == NULL)
			return (false);
	return (memchr(given.p, '\0', given.len) == NULL);
}

void
userdb_id_of_name(const char *driver, struct str name, char id[USER_ID_MAX + 1])
{
	char prefix[DRIVER_MAX];
	uint8_t digest[MAC_LEN];

	snprintf(prefix, sizeof(prefix), "%s:", driver);
	mac_sha256_2(prefix, strlen(prefix), name.p, name.len, digest);
	base64url_encode(digest, DIGEST_KEPT, id);
}

void
userdb_id(const char *driver, struct str given, char id[USER_ID_MAX + 1])
{

	if (fits(given)) {
		memcpy(id, given.p, given.len);
		id[given.len] = '\0';
	} else {
		userdb_id_of_name(driver, given, id);
	}
}

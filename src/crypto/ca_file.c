/* SPDX-License-Identifier: ISC */
/*
 * The libraries that speak TLS say of such a file no more than that TLS failed, and only once they connect: a private key, a
 * directory or a file in DER in its place would let nobody sign in, or no event be delivered. So -t and the start look into it.
 * Among other things in PEM one certificate is enough.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "crypto/ca_file.h"

bool
ca_file_check(const char *path, char *why, size_t len)
{
	FILE *f = fopen(path, "re");
	X509 *one = f == NULL ? NULL : PEM_read_X509(f, NULL, NULL, NULL);

	if (f == NULL)
		snprintf(why, len, "%s: %s", path, strerror(errno));
	else if (one == NULL)
		snprintf(why, len, "%s holds no certificate in PEM", path);
	if (f != NULL)
		fclose(f);
	ERR_clear_error();
	X509_free(one);
	return (one != NULL);
}

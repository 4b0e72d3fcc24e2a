/* SPDX-License-Identifier: ISC */
/* What is wrong with a file that holds a secret: who can read it, how long it is, what is in it. The secret itself is never
 * kept. */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "doorward/config.h"

#include "config/secret.h"

#define SECRET_FILE_MAX 4096 /* bytes: more is not a password or a token but the wrong file */

/* EPERM is ours: the file was open to others or no regular file. */
static const char *
secret_reason(int error)
{

	return (error == EPERM   ? "must be a regular file that only its owner can read or write (mode 0600)"
		: error == EFBIG ? "is too large for a secret"
				 : strerror(error));
}

const char *
secret_fault(const char *secret, ssize_t *len, size_t least)
{

	if (*len < 0)
		return (secret_reason(errno));
	while (*len > 0 && (secret[*len - 1] == '\n' || secret[*len - 1] == '\r'))
		(*len)--;
	if (*len == 0)
		return ("is empty");
	if (memchr(secret, '\0', (size_t)*len) != NULL)
		return ("holds a byte 0");
	return ((size_t)*len < least ? "is too short: at least 16 characters" : NULL);
}

_Static_assert(ADMIN_TOKEN_MIN == 16, "the sentence above says so");

const char *
secret_file_fault(const char *file, size_t most, size_t least)
{
	char secret[SECRET_FILE_MAX];
	const char *fault;
	ssize_t len;

	if (file[0] == '\0')
		return (NULL);
	len = fd_read_secret(file, secret, most);
	fault = secret_fault(secret, &len, least);
	explicit_bzero(secret, sizeof(secret));
	return (fault);
}

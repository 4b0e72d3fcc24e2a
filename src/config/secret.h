/* SPDX-License-Identifier: ISC */
/* Files that hold one secret each. Inside src/config only. */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

#include <sys/types.h>

#include <stddef.h>

/*
 * Takes the end of the line off the secret of ${*len} bytes; its reader takes it as text. Returns what is wrong with it, or
 * NULL. ${*len} < 0: it could not be read, for the reason in errno. ${least}: characters it must have, 1 or ADMIN_TOKEN_MIN.
 */
const char *secret_fault(const char *secret, ssize_t *len, size_t least);

/*
 * Reads the secret in ${file} and forgets it. Returns what is wrong with it, or NULL; NULL also for "". A secret that others
 * can read is no secret: refuse to start rather than to pretend. ${most} bytes of a file and ${least} characters are what the
 * reader of this secret asks for.
 */
const char *secret_file_fault(const char *file, size_t most, size_t least);

#endif

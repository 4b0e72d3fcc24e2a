/* SPDX-License-Identifier: ISC */
/* Files with the certificates of authorities. */
#ifndef CRYPTO_CA_FILE_H
#define CRYPTO_CA_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether ${path} can be read and holds a certificate in PEM; else why not in ${why}, which begins with the path. */
bool ca_file_check(const char *path, char *why, size_t len);

#endif

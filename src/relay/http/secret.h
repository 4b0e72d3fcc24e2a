/* SPDX-License-Identifier: ISC */
/* The secret of a webhook, as the Standard Webhooks convention writes it, whsec_ and base64; and what is signed with it. */
#ifndef RELAY_HTTP_SECRET_H
#define RELAY_HTTP_SECRET_H

#include "base/str.h"

struct mac_key;

#define SECRET_BYTES_MIN 24 /* the convention's */
#define SECRET_BYTES_MAX 512
#define SECRET_ID_MAX 64
#define SECRET_SIGNATURE_LEN 47 /* "v1," and 32 bytes in base64 */

/*
 * The key in ${path}, a file that nobody else may read; NULL with a sentence in ${why}, which begins with the option's name and
 * says nothing of what is in the file. The caller frees it. No copy is left in memory.
 */
struct mac_key *secret_read(const char *path, char *why, size_t len);

/* Writes "v1,BASE64", of the HMAC-SHA-256 of "${id}.${time}.${body}". ${id} has at most SECRET_ID_MAX bytes. */
void secret_sign(struct mac_key *k, const char *id, int64_t time, struct str body, char out[SECRET_SIGNATURE_LEN + 1]);

#endif

/* SPDX-License-Identifier: ISC */
/* The token members of login and refresh answers. */
#ifndef HANDLE_TOKENS_H
#define HANDLE_TOKENS_H

#include "auth/login.h"
#include "base/buf.h"

/* Appends "token_type":"Bearer","access_token":…,"expires_in":…,"refresh_token":…,"refresh_expires_in":… (RFC 6749
 * section 5.1). */
void tokens_put(struct buf *b, const struct tokens *t);

#endif

/* SPDX-License-Identifier: ISC */
/* Tokens as members of a JSON answer (RFC 6749, 5.1). */
#include "handle/tokens.h"

void
tokens_put(struct buf *b, const struct tokens *t)
{

	buf_printf(
	    b, "\"token_type\":\"Bearer\",\"access_token\":\"%s\",\"expires_in\":%lld", t->access, (long long)t->access_in);
	buf_printf(b, ",\"refresh_token\":\"%s\",\"refresh_expires_in\":%lld", t->refresh, (long long)t->refresh_in);
}

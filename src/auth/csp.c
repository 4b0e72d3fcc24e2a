/* SPDX-License-Identifier: ISC */
/* The Content-Security-Policy of our pages: nothing may be loaded or run but the one style, which is allowed by its digest. */
#include <stdio.h>

#include "base/base64url.h"
#include "crypto/mac.h"

#include "auth/csp.h"

void
csp_of_style(struct str style, char out[CSP_MAX])
{
	uint8_t digest[MAC_LEN];
	char text[BASE64URL_LEN(MAC_LEN) + 1];

	mac_sha256(style.p, style.len, digest);
	base64url_encode(digest, sizeof(digest), text);
	for (char *p = text; *p != '\0'; p++)
		*p = *p == '-' ? '+' : *p == '_' ? '/' : *p; /* browsers agree on the older alphabet, with its padding */
	snprintf(out, CSP_MAX,
	    "default-src 'none'; style-src 'sha256-%s='; form-action 'self'; frame-ancestors 'none'; base-uri 'none'", text);
}

/* SPDX-License-Identifier: ISC */
/*
 * The Content-Security-Policy of our pages: nothing may be loaded or run but their styles, which are allowed by their digests.
 * With an operator's logo or style there may be images, of the page itself: data: never leaves it.
 */
#include "base/base64url.h"
#include "base/buf.h"
#include "crypto/mac.h"

#include "auth/csp.h"

static void
put_digest(struct buf *b, struct str style)
{
	uint8_t digest[MAC_LEN];
	char text[BASE64_LEN(MAC_LEN) + 1];

	mac_sha256(style.p, style.len, digest);
	base64_encode(digest, sizeof(digest), text);
	buf_printf(b, " 'sha256-%s'", text);
}

void
csp_of_styles(struct str own, struct str more, bool images, char out[CSP_MAX])
{
	struct buf b;

	buf_init(&b, out, CSP_MAX);
	buf_puts(&b, "default-src 'none'; style-src");
	put_digest(&b, own);
	if (more.p != NULL)
		put_digest(&b, more);
	if (images)
		buf_puts(&b, "; img-src data:");
	buf_puts(&b, "; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
}

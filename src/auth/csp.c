/* SPDX-License-Identifier: ISC */
/*
 * The Content-Security-Policy of our pages: nothing may be loaded or run but their styles, which are allowed by their digests.
 * With an operator's logo or style there may be images, of the page itself: data: never leaves it.
 */
#include "auth/origin.h"
#include "base/base64url.h"
#include "base/buf.h"
#include "crypto/mac.h"
#include "doorward/config.h"

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

/* Chromium holds form-action also against where the answer to a form leads. */
static void
put_form_targets(struct buf *b, const struct config *c)
{
	struct str issuer;

	buf_puts(b, "; form-action 'self'");
	if (c == NULL || c->origins == NULL || c->origins[0] == NULL)
		return;
	issuer = origin_of_issuer(c);
	buf_printf(b, " %.*s", (int)issuer.len, issuer.p);
	for (size_t i = 0; c->origins[i] != NULL; i++)
		buf_printf(b, " %s", c->origins[i]);
}

void
csp_of_styles(struct str own, struct str more, bool images, const struct config *forms, char out[CSP_MAX])
{
	struct buf b;

	buf_init(&b, out, CSP_MAX);
	buf_puts(&b, "default-src 'none'; style-src");
	put_digest(&b, own);
	if (more.p != NULL)
		put_digest(&b, more);
	if (images)
		buf_puts(&b, "; img-src data:");
	put_form_targets(&b, forms);
	buf_puts(&b, "; frame-ancestors 'none'; base-uri 'none'");
}

/* SPDX-License-Identifier: ISC */
/*
 * Basic credentials: base64 of "id:secret". Strict, so that one pair has one spelling: padding as RFC 4648 wants it, no blanks,
 * no spare bits; two headers that a server joined by a comma are no base64. What stands before the first colon is the id; a
 * colon in it is sent as %3A, since OAuth has both parts form-url-encoded first. A client that leaves that out is understood as
 * long as its secret has neither '%' nor '+'.
 */
#include "base/base64url.h"
#include "http/form.h"

#include "http/basic.h"

static bool
decode(struct arena *a, struct str text, struct str *out)
{
	uint8_t *raw = arena_alloc(a, BASE64URL_BYTES(text.len) + 1);
	size_t n;

	if (raw == NULL || !base64_decode(text, raw, BASE64URL_BYTES(text.len), &n))
		return (false);
	*out = (struct str){ (const char *)raw, n };
	return (true);
}

enum dw_result
basic_password(struct arena *a, struct str header, struct str *password)
{
	struct str rest = header, pair;

	*password = STR_NONE;
	if (header.p == NULL)
		return (DW_ABSENT);
	if (!str_is_nocase(str_cut(&rest, ' '), "Basic") || rest.p == NULL || !decode(a, str_trim(rest), &pair))
		return (DW_INVALID);
	(void)str_cut(&pair, ':');
	*password = pair;
	return (pair.p != NULL ? DW_OK : DW_INVALID);
}

enum dw_result
basic_read(struct arena *a, struct str header, struct str *id, struct str *secret)
{
	struct str rest = header, pair, first;

	*id = *secret = STR_NONE;
	if (header.p == NULL)
		return (DW_ABSENT);
	if (!str_is_nocase(str_cut(&rest, ' '), "Basic") || rest.p == NULL || !decode(a, str_trim(rest), &pair))
		return (DW_INVALID);
	first = str_cut(&pair, ':');
	if (pair.p == NULL || !form_decode(a, first, id) || !form_decode(a, pair, secret))
		return (DW_INVALID);
	return (DW_OK);
}

/* SPDX-License-Identifier: ISC */
/*
 * Which requests are believed to come from our own pages. Browsers say it in Sec-Fetch-Site and Origin; both are set by the
 * browser and cannot be set by a page. Where neither is sent, a form proves it by a token: a MAC of the value of a cookie that
 * only our own host can have set (__Host-). A page of another site can neither read nor set that cookie.
 */
#include <string.h>

#include "base/base64url.h"
#include "crypto/keyring.h"
#include "crypto/mac.h"
#include "crypto/random.h"
#include "auth/origin.h"

#include "auth/csrf.h"

int
csrf_random(char out[CSRF_COOKIE_TEXT + 1])
{
	uint8_t bytes[16];

	if (random_bytes(bytes, sizeof(bytes)) != 0)
		return (-1);
	base64url_encode(bytes, sizeof(bytes), out);
	return (0);
}

void
csrf_token(const struct keyring *keys, struct str cookie, char out[CSRF_TOKEN_TEXT + 1])
{
	uint8_t mac[MAC_LEN];

	mac_compute(keyring_user(keys)->csrf, cookie.p, cookie.len, mac);
	base64url_encode(mac, sizeof(mac), out);
}

/* Lengths are fixed and public; only the content is compared in constant time. */
bool
csrf_token_valid(const struct keyring *keys, struct str cookie, struct str token)
{
	char want[CSRF_TOKEN_TEXT + 1];

	if (cookie.len != CSRF_COOKIE_TEXT || token.len != CSRF_TOKEN_TEXT)
		return (false);
	csrf_token(keys, cookie, want);
	return (mac_equal(want, token.p, CSRF_TOKEN_TEXT));
}

bool
csrf_same(const char one[CSRF_TOKEN_TEXT], const char other[CSRF_TOKEN_TEXT])
{

	return (mac_equal(one, other, CSRF_TOKEN_TEXT));
}

enum csrf_origin
csrf_origin_of(const struct config *c, struct str sec_fetch_site, struct str origin)
{

	if (sec_fetch_site.p != NULL) {
		if (str_is(sec_fetch_site, "same-origin") || str_is(sec_fetch_site, "none"))
			return (CSRF_OWN);
		/* "same-site" is no friend: a sibling subdomain may be anybody's (R161). Our own other origin is. */
		return (origin_is_own(c, origin) ? CSRF_OWN : CSRF_FOREIGN);
	}
	/* "null" is an origin that the browser keeps to itself: nothing said, nothing proved. The form's token decides. */
	if (origin.p != NULL && !str_is(origin, "null"))
		return (origin_is_own(c, origin) ? CSRF_OWN : CSRF_FOREIGN);
	return (CSRF_UNSAID);
}

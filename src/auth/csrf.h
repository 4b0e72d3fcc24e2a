/* SPDX-License-Identifier: ISC */
/*
 * Cross-site request forgery: which cookie-authenticated writes are believed to come from our own pages (R160 to R164 of
 * tests/requirements). The form token is HMAC(key, value of a __Host- cookie): a page of another site can neither read nor
 * make it.
 */
#ifndef AUTH_CSRF_H
#define AUTH_CSRF_H

#include <stdbool.h>

#include "base/str.h"

struct config;
struct keyring;

#define CSRF_COOKIE_TEXT 22 /* base64url of 16 random bytes */
#define CSRF_TOKEN_TEXT 43  /* base64url of 32 bytes */

/* Makes a random text of CSRF_COOKIE_TEXT characters, for the cookie or a style nonce. Returns 0, or -1 without randomness. */
int csrf_random(char out[CSRF_COOKIE_TEXT + 1]);

/* Writes the form token that belongs to ${cookie}. */
void csrf_token(const struct keyring *keys, struct str cookie, char out[CSRF_TOKEN_TEXT + 1]);

/* True if ${token} belongs to ${cookie} (constant time). False if either is absent. */
bool csrf_token_valid(const struct keyring *keys, struct str cookie, struct str token);

/* True if two such tokens are the same (constant time). */
bool csrf_same(const char one[CSRF_TOKEN_TEXT], const char other[CSRF_TOKEN_TEXT]);

enum csrf_origin { CSRF_OWN, CSRF_FOREIGN, CSRF_UNSAID };

/* What the browser says of where the request comes from: Sec-Fetch-Site, else Origin against our own (auth/origin.h). */
enum csrf_origin csrf_origin_of(const struct config *c, struct str sec_fetch_site, struct str origin);

#endif

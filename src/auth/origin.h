/* SPDX-License-Identifier: ISC */
/* Which origins ("https://host[:port]") are our own: the issuer's always, and those of the option "origins". */
#ifndef AUTH_ORIGIN_H
#define AUTH_ORIGIN_H

#include <stdbool.h>

#include "base/str.h"

struct config;

#define ORIGIN_TEXT_MAX 320 /* bytes: a name has 253 */

/* True if ${origin} is one of ours, byte by byte; false if it is absent or empty. */
bool origin_is_own(const struct config *c, struct str origin);

/* The origin of the configured issuer, without its path: where the login page is. */
struct str origin_of_issuer(const struct config *c);

/* Takes an own origin off the start of ${*uri} and returns it; STR_NONE, and nothing is taken, if it does not begin with one.
 */
struct str origin_cut(const struct config *c, struct str *uri);

/*
 * The origin of a request to ${host} (its Host header), in ${room}, if that is listed, is another one than the issuer's and
 * there are several hosts at all (cookie_domain); else STR_NONE. A client may send any Host, but chooses no more than one of
 * the origins that are configured.
 */
struct str origin_of_host(const struct config *c, bool tls, struct str host, char room[ORIGIN_TEXT_MAX]);

#endif

/* SPDX-License-Identifier: ISC */
/* Content-Security-Policy of our pages. */
#ifndef AUTH_CSP_H
#define AUTH_CSP_H

#include <stdbool.h>

#include "base/str.h"
#include "doorward/config.h"

#define CSP_MAX (ORIGINS_BYTES_MAX + 768)

/*
 * Writes the policy of a page whose style elements hold ${own} and ${more} (p NULL = there is one only): they are allowed by
 * their digests, ${images} within the page too, forms may be sent to ourselves, and nothing else can be loaded, run or framed.
 * ${forms}, if it is not NULL: what a form leads to may be at another of our own origins. The same bytes for every page of a
 * kind, so that a server that joins two answers' headers can tell.
 */
void csp_of_styles(struct str own, struct str more, bool images, const struct config *forms, char out[CSP_MAX]);

#endif

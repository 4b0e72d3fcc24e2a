/* SPDX-License-Identifier: ISC */
/* Content-Security-Policy of our pages. */
#ifndef AUTH_CSP_H
#define AUTH_CSP_H

#include "base/str.h"

#define CSP_MAX 256

/*
 * Writes the policy of a page whose one style element holds ${style}: that style is allowed by its digest, forms may be sent to
 * ourselves, and nothing else can be loaded, run or framed. The same bytes for every page, so that a server that joins two
 * answers' headers can tell.
 */
void csp_of_style(struct str style, char out[CSP_MAX]);

#endif

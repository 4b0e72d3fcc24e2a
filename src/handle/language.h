/* SPDX-License-Identifier: ISC */
/* Which of our languages a browser is answered in (RFC 9110 section 12.5.4). */
#ifndef HANDLE_LANGUAGE_H
#define HANDLE_LANGUAGE_H

#include <stddef.h>

#include "base/str.h"

/* The index of the one of ${tags}, ${n} of them, that ${accept} (Accept-Language; p NULL = none) likes best; 0 where none is
 * wanted. */
unsigned language_choose(struct str accept, const char *const *tags, size_t n);

#endif

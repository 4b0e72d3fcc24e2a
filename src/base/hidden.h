/* SPDX-License-Identifier: ISC */
/* Characters that do not show: controls, and what turns the direction of writing. A terminal or a page would say something else
 * than it holds. */
#ifndef BASE_HIDDEN_H
#define BASE_HIDDEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* Takes one character off ${s}, which is not empty: its code, or -1 and one byte if that is no UTF-8. */
int32_t hidden_next(struct str *s);

/* Is ${c} one of Unicode's Cc, Cf, Zl and Zp, but for the two joiners, which words of some languages need? */
bool hidden_is(int32_t c);

#endif

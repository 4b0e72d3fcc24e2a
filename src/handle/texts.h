/* SPDX-License-Identifier: ISC */
/* Everything the pages say, in one table. */
#ifndef HANDLE_TEXTS_H
#define HANDLE_TEXTS_H

#include "base/str.h"

/* The text called ${name}, or STR_NONE. */
struct str texts_find(struct str name);

/* The same for the text called ${prefix}${word}: "title." and the code of an error, for one. */
struct str texts_of(const char *prefix, const char *word);

#endif

/* SPDX-License-Identifier: ISC */
/* The events that were given away last, so that those that are read again are not given away again. */
#ifndef STORE_TOLD_H
#define STORE_TOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define TOLD_MAX 8192 /* events; what is further back comes again, if it is read again */

struct told {
	uint64_t hash[TOLD_MAX];
	size_t n; /* so many were added */
};

/* Adds the event ${json}. False: it was there already. */
bool told_add(struct told *t, struct str json);

#endif

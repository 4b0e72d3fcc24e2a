/* SPDX-License-Identifier: ISC */
/* What the processes of this host have learned of host names, each for all: for who starts while the resolver is silent. */
#ifndef BASE_SHARED_NAMES_H
#define BASE_SHARED_NAMES_H

#include "base/resolve.h"

/* Makes the memory for it, which is the caller's and that of all that are forked from him. False: there is none; errno says
 * why. */
bool shared_names_make(void);

/* What ${name} stood for when somebody found out last. False: nobody has, or it cannot be looked at just now. */
bool shared_names_find(const char *name, struct resolved *out);

/* It stands for ${found}. Where that cannot be written just now it is not. */
void shared_names_keep(const char *name, const struct resolved *found);

#endif

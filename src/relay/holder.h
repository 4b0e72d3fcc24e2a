/* SPDX-License-Identifier: ISC */
/* What a relay calls itself in leases: "host/machine/process". */
#ifndef RELAY_HOLDER_H
#define RELAY_HOLDER_H

#include <stdbool.h>

#include "store/lease.h"

/* The name of this process. */
void holder_name(char out[LEASE_HOLDER_MAX + 1]);

/* Is ${holder} a process of this machine, dead or alive? */
bool holder_is_near(const char *holder);

/* Was ${holder} a process of this machine that is not there any more? Only a sure yes is a yes. */
bool holder_is_dead(const char *holder);

#endif

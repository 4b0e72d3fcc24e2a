/* SPDX-License-Identifier: ISC */
/* What the service manager and the status page are told of the master. */
#ifndef MASTER_REPORT_H
#define MASTER_REPORT_H

#include <stdint.h>

struct master;

/* Looks at the queues, tells the service manager how things are and, if they are in order, that we live. */
void report_all(struct master *m, int64_t now);

#endif

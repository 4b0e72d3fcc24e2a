/* SPDX-License-Identifier: ISC */
/* An outage must not fill the log: of each kind of message one line in LOG_PERIOD_MS. */
#ifndef STORE_WARN_H
#define STORE_WARN_H

#include <stdbool.h>

enum warn_kind {
	WARN_CONNECTION,
	WARN_PASSWORD,
	WARN_GREETING,
	WARN_REFUSED,
	WARN_FAULT,
	WARN_OUTBOX,
	WARN_ANOTHER,
	WARN_KINDS
};

/* Returns true if a message of ${kind} may be logged now; the period then starts again. */
bool warn_due(enum warn_kind kind);

#endif

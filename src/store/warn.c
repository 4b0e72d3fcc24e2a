/* SPDX-License-Identifier: ISC */
/* Lines about Redis, each kind at most once a period: an outage is one event and must not be a line for every request. */
#include <stdint.h>

#include "base/log.h"

#include "store/warn.h"

bool
warn_due(enum warn_kind kind)
{
	static int64_t next[WARN_KINDS];

	return (log_due(&next[kind]));
}

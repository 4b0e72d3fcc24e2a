/* SPDX-License-Identifier: ISC */
#include <stdint.h>

#include "base/log.h"

#include "store/warn.h"

bool
warn_due(enum warn_kind kind)
{
	static int64_t next[WARN_KINDS];

	return (log_due(&next[kind]));
}

#include <stdint.h>

#include "base/clock.h"

#include "store/warn.h"

bool
warn_due(enum warn_kind kind)
{
	static int64_t next[WARN_KINDS];
	int64_t now = clock_mono_ms();

	if (now < next[kind])
		return (false);
	next[kind] = now + WARN_PERIOD_MS;
	return (true);
}

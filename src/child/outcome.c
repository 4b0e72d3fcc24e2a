/* SPDX-License-Identifier: ISC */
/*
 * A failure to get ready as an exit code, by its errno. What a machine lacks for a moment (memory, descriptors, a disk) is
 * EXIT_RESOURCE, and the master tries again with backoff; everything else, 0 included, is EXIT_CONFIG, which only a reload can
 * mend.
 */
#include <errno.h>

#include "doorward/board.h"

#include "child/outcome.h"

int
outcome_code(int why)
{

	switch (why) {
	case ENOMEM:
	case ENOBUFS:
	case EMFILE:
	case ENFILE:
	case EAGAIN:
	case EINTR:
	case EIO:
	case ENOSPC:
	case EDQUOT:
	case ETIMEDOUT:
		return (EXIT_RESOURCE);
	default:
		return (EXIT_CONFIG);
	}
}

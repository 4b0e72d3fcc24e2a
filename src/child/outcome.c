/* SPDX-License-Identifier: ISC */
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

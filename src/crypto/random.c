/* SPDX-License-Identifier: ISC */
/*
 * Random bytes from the kernel, each time. There is no generator in the process whose state a fork could copy: no two workers
 * can draw the same (R051).
 */
#include <sys/random.h>

#include <errno.h>
#include <stdint.h>

#include "crypto/random.h"

int
random_bytes(void *p, size_t n)
{
	uint8_t *at = p;

	while (n > 0) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return (-1);
		at += got;
		n -= (size_t)got;
	}
	return (0);
}

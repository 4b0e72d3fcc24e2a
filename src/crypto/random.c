/* SPDX-License-Identifier: ISC */
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

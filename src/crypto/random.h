/* SPDX-License-Identifier: ISC */
/* Random bytes from the kernel. No state of our own, so nothing is duplicated by fork. */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include <stddef.h>

/* Fills ${n} bytes at ${p} from getrandom(2). Returns 0, or -1 if the kernel gave none (callers fail closed). */
int random_bytes(void *p, size_t n);

#endif

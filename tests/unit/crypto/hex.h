/* SPDX-License-Identifier: ISC */
/* Published vectors are in hex. */
#ifndef TESTS_UNIT_CRYPTO_HEX_H
#define TESTS_UNIT_CRYPTO_HEX_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Decodes ${text} into ${out}. Returns the number of bytes. */
static inline size_t
hex_decode(const char *text, uint8_t *out)
{
	size_t n = strlen(text) / 2;
	unsigned v;

	for (size_t i = 0; i < n && sscanf(text + 2 * i, "%2x", &v) == 1; i++)
		out[i] = (uint8_t)v;
	return (n);
}

#endif

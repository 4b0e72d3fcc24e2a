/* SPDX-License-Identifier: ISC */
/* Addresses and prefixes of either family. "::ffff:a.b.c.d", as a socket that takes both shows its IPv4 peers, is a.b.c.d
 * everywhere. */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "doorward/session.h"

#define ADDRESS_BITS_V4 32
#define ADDRESS_BITS_V6 128

struct address {
	size_t bits; /* ADDRESS_BITS_V4 or ADDRESS_BITS_V6 */
	uint8_t bytes[ADDRESS_BITS_V6 / 8];
};

/* Reads ${text} ("192.0.2.1", "2001:db8::1"), no port and no brackets. False: it is no address. */
bool address_parse(struct str text, struct address *out);

/* Writes ${a} in its one spelling. */
void address_write(const struct address *a, char out[ADDRESS_MAX + 1]);

/* True if ${a} is, or lies in, one of the NULL-terminated ${list} ("10.0.0.0/8", "fd00::/8", "::1"); what is no prefix holds
 * nothing. */
bool address_is_listed(char *const *list, const struct address *a);

#endif

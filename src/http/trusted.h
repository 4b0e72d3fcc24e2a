/* SPDX-License-Identifier: ISC */
/* Which peers' forwarding headers are believed: none, unless the configuration names them. And what those headers then say. */
#ifndef HTTP_TRUSTED_H
#define HTTP_TRUSTED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "doorward/session.h"

#define TRUSTED_UNIX "unix:" /* the word for whoever comes over a unix socket, as nginx calls such a peer */

/*
 * True if ${address} is one of, or lies in a prefix of, the NULL-terminated ${list} ("10.0.0.0/8", "fd00::/8", "::1", "unix:").
 * "::ffff:a.b.c.d" is a.b.c.d, in the list and in the address.
 */
bool trusted_peer(char *const *list, struct str address);

/* Writes ${address} in its one spelling, "::ffff:a.b.c.d" as a.b.c.d. False, with ${out} empty: it cannot be read. */
bool trusted_address(struct str address, char out[ADDRESS_MAX + 1]);

/* What a trusted peer's X-Forwarded-For says. */
struct forwarded {
	char client[ADDRESS_MAX + 1]; /* the last address that is not itself a trusted peer; "" = there is none */
	size_t hop;                   /* where the walk ended, counted from the right: 0 is what the peer itself saw */
	bool unreadable;              /* it ended at something that is no address */
};

/*
 * Reads ${list}'s view of ${forwarded_for} ("client, proxy, proxy"), from the right, as far as trusted peers have written it;
 * what is left of that is the client's own claim. Ports, brackets and quotes around an address are dropped.
 */
void trusted_forwarded(char *const *list, struct str forwarded_for, struct forwarded *out);

/*
 * The element of ${forwarded_proto} ("https, http") that was written together with element ${hop} of X-Forwarded-For: both
 * lists are aligned from the right. One element alone is that of every hop. STR_NONE: that hop said nothing.
 */
struct str trusted_proto(struct str forwarded_proto, size_t hop);

#endif

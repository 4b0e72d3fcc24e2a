/* SPDX-License-Identifier: ISC */
/* How far away an address is: what may be asked for by a URL somebody configured, and what would reach into our own network. */
#ifndef BASE_ADDRESS_REACH_H
#define BASE_ADDRESS_REACH_H

#include <sys/socket.h>

#include "base/address.h"

enum address_reach {
	REACH_PUBLIC,   /* anywhere in the Internet */
	REACH_LOOPBACK, /* this machine */
	REACH_INNER,    /* private, link-local, shared (CGNAT), of a provider's metadata service, or a tunnel to one of these */
	REACH_NOBODY    /* no peer has it: unspecified, multicast, broadcast, reserved. 0.0.0.0 would be this machine */
};

/* Of ${a}. An IPv4 address inside an IPv6 one (6to4, NAT64) counts as itself, but is never taken for this machine. */
enum address_reach address_reach(const struct address *a);

/*
 * What speaks against an address that is so far away, for ${of}: the end of a sentence that begins with the address; NULL =
 * nothing.
 */
typedef const char *address_objection(const void *of, enum address_reach reach);

/* May ${sa} be connected to? False with a sentence in ${why}, which names the address. */
bool address_admits(const struct sockaddr *sa, address_objection *objection, const void *of, char *why, size_t len);

/*
 * May all addresses that ${host} has now? A name that cannot be resolved by ${deadline} (clock_mono_ms()) is no reason to
 * refuse it: the address is to be judged again at every connect, since it may be another one then.
 */
bool address_admits_host(
    const char *host, int64_t deadline, address_objection *objection, const void *of, char *why, size_t len);

/* Takes the address out of ${sa}, whose zone says nothing of it. False: it is neither IPv4 nor IPv6. */
bool address_of_socket(const struct sockaddr *sa, struct address *out);

#endif

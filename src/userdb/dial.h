/* SPDX-License-Identifier: ISC */
/* Stream sockets that are connected by a point in time, or not at all. */
#ifndef USERDB_DIAL_H
#define USERDB_DIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIAL_HOST_MAX 253 /* characters of a name */
#define DIAL_PORT_MAX 5

/*
 * Connects to ${port} of ${host}, a name or an address, by ${deadline} (clock_mono_ms()); with ${loopback} only to addresses of
 * this machine. Returns a socket that blocks, or -1 with a sentence in ${why}.
 */
int dial_tcp(const char *host, const char *port, bool loopback, int64_t deadline, char *why, size_t whylen);

/* Likewise to the unix socket ${path}. */
int dial_unix(const char *path, int64_t deadline, char *why, size_t whylen);

#endif

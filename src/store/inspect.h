/* SPDX-License-Identifier: ISC */
/* A look at the server of a configuration, for who tests it before it is put in force. */
#ifndef STORE_INSPECT_H
#define STORE_INSPECT_H

#include <stddef.h>
#include <stdio.h>

struct config;

/*
 * Connects to the Redis of ${c} and writes to ${out} one line for each thing it lacks, "${file}: redis.url: what lacks and
 * what mends it". Returns how many there were. A server that cannot be asked is one, but for a private one: that comes with
 * the daemon. Changes nothing; it leaves the probe in the server's script cache.
 */
size_t inspect_server(const struct config *c, const char *file, FILE *out);

#endif

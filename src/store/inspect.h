/* SPDX-License-Identifier: ISC */
/* A look at the server of a configuration, for who tests it before it is put in force. */
#ifndef STORE_INSPECT_H
#define STORE_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct config;

/*
 * Connects to the Redis of ${c} and writes to ${out} one line for each thing it lacks, "${file}: redis.url: what lacks and
 * what mends it". Returns how many there were. A server that cannot be asked is one, but for a private one: that comes with
 * the daemon. Changes nothing; it leaves the probe in the server's script cache.
 */
size_t inspect_server(const struct config *c, const char *file, FILE *out);

/*
 * Does the Redis of ${c} contradict redis.durability = "disk"? True, with what mends it in ${err}, only if it was asked and
 * said so. With any other durability, and for a private Redis, nothing is asked.
 */
bool inspect_contradicts(const struct config *c, char *err, size_t errlen);

#endif

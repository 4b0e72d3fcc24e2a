/* SPDX-License-Identifier: ISC */
/* Where addresses are, by databases in the format of MaxMind: risk.geoip has countries or cities, risk.asn autonomous systems.
 */
#ifndef GEO_GEO_H
#define GEO_GEO_H

#include <stdbool.h>
#include <stddef.h>

#include "doorward/risk.h"

struct config;
struct geo;

/*
 * Opens what ${conf} names. What is not there, or broken, is logged and tried again when the file changes; until then nothing
 * is known. ${copies}: of each file a copy is kept in state_dir, so that a broken one that takes its place leaves what there
 * was. NULL: no memory.
 */
struct geo *geo_open(const struct config *conf, bool copies);

/* Where ${ip} is, into ${out}; false if nothing is known of it. One lookup in each database, which is looked at first. */
bool geo_place(void *geo, const char *ip, struct location *out);

/* Looks at the files. True: one that is configured is not in use, and ${why} says which, and what is used instead. */
bool geo_fault(void *geo, char *why, size_t len);

void geo_close(struct geo *g);

/* Is ${file} a database that can be used? Else ${why} says why not. */
bool geo_check(const char *file, char *why, size_t len);

#endif

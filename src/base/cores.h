/* SPDX-License-Identifier: ISC */
/* How many processors this process may use: the one notion of it, for pools and for hashing. */
#ifndef BASE_CORES_H
#define BASE_CORES_H

#include <stddef.h>

#define CORES_UNLIMITED ((size_t)-1)

/* The processors of our affinity, but not more than the CPU quota of our control group, rounded up. At least 1. */
size_t cores_count(void);

/*
 * The least quota, in processors rounded up, of the groups that ${membership} (the text of /proc/self/cgroup) names below
 * ${root} (/sys/fs/cgroup) and of those above them; version 2 and version 1. CORES_UNLIMITED if there is none.
 */
size_t cores_quota(const char *root, const char *membership);

#endif

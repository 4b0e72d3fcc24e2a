/* SPDX-License-Identifier: ISC */
/*
 * sysconf(3) counts the machine's processors, of which a container may have two: the affinity says on which we may run, the
 * control group's quota for how much of the time. A quota of any group on the way up binds as well, so all are read; in a
 * container with a name space of its own the way is one step.
 */
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#include "base/cores.h"

#define MEMBERSHIP_MAX 4096 /* bytes: a line a hierarchy, of which there are about a dozen */
#define NUMBERS_MAX 64      /* bytes of "200000 100000" */

/* Files of /proc and /sys have no size: one read. */
static bool
read_text(const char *path, char *out, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return (false);
	n = read(fd, out, cap - 1);
	close(fd);
	out[n > 0 ? n : 0] = '\0';
	return (n > 0);
}

/* ${text} holds ${quota} and ${period}; "max" and -1, which are no numbers here, mean that there is no limit. */
static size_t
processors(const char *text)
{
	long long quota, period;

	if (sscanf(text, "%lld %lld", &quota, &period) != 2 || quota <= 0 || period <= 0)
		return (CORES_UNLIMITED);
	return ((size_t)((quota + period - 1) / period));
}

/* A quota that does not fit or cannot be read is no quota: it is one of several, and the affinity bounds them all. */
static size_t
quota_of(const char *dir, bool unified)
{
	char path[PATH_MAX], text[2 * NUMBERS_MAX] = "", period[NUMBERS_MAX] = "";

	if (snprintf(path, sizeof(path), "%s/%s", dir, unified ? "cpu.max" : "cpu.cfs_quota_us") >= (int)sizeof(path) ||
	    !read_text(path, text, NUMBERS_MAX))
		return (CORES_UNLIMITED);
	if (!unified) {
		if (snprintf(path, sizeof(path), "%s/cpu.cfs_period_us", dir) >= (int)sizeof(path) ||
		    !read_text(path, period, sizeof(period)))
			return (CORES_UNLIMITED);
		strcat(text, period); /* the first ends with a newline, which is a blank to sscanf(3) */
	}
	return (processors(text));
}

/* The least of ${root}${group} and all above it. */
static size_t
least_above(const char *root, struct str group, bool unified)
{
	size_t least = CORES_UNLIMITED, n;
	char dir[PATH_MAX];

	for (;;) {
		if (snprintf(dir, sizeof(dir), "%s%.*s", root, (int)group.len, group.p) < (int)sizeof(dir) &&
		    (n = quota_of(dir, unified)) < least)
			least = n;
		if (group.len == 0)
			return (least);
		while (group.len > 0 && group.p[--group.len] != '/')
			continue;
	}
}

/* "cpu" among the controllers of one hierarchy, not "cpuset" or "cpuacct". */
static bool
lists(struct str controllers, const char *name)
{

	while (controllers.p != NULL)
		if (str_is(str_cut(&controllers, ','), name))
			return (true);
	return (false);
}

size_t
cores_quota(const char *root, const char *membership)
{
	struct str rest = str_of(membership);
	size_t least = CORES_UNLIMITED, n;
	char below[PATH_MAX];

	while (rest.p != NULL && rest.len > 0) {
		struct str group = str_cut(&rest, '\n'); /* "0::/path", or "4:cpu,cpuacct:/path" */
		struct str number = str_cut(&group, ':'), controllers = group.p == NULL ? STR_NONE : str_cut(&group, ':');
		bool unified = str_is(number, "0") && controllers.len == 0;

		if (group.p == NULL || (!unified && !lists(controllers, "cpu")))
			continue;
		if (snprintf(below, sizeof(below), "%s%s", root, unified ? "" : "/cpu") >= (int)sizeof(below))
			continue;
		if ((n = least_above(below, group, unified)) < least)
			least = n;
	}
	return (least);
}

/* More processors than the set has room for are as many as the machine has. */
static size_t
by_affinity(void)
{
	cpu_set_t set;
	long n;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return ((size_t)CPU_COUNT(&set));
	n = sysconf(_SC_NPROCESSORS_ONLN);
	return (n < 1 ? 1 : (size_t)n);
}

/* The quota is rounded up: half a processor is one worker. */
size_t
cores_count(void)
{
	char membership[MEMBERSHIP_MAX];
	size_t n = by_affinity(), quota = CORES_UNLIMITED;

	if (read_text("/proc/self/cgroup", membership, sizeof(membership)))
		quota = cores_quota("/sys/fs/cgroup", membership);
	return (quota < n ? quota : n);
}

/* SPDX-License-Identifier: ISC */
/*
 * The host's name is for people (outbox status). The machine is the boot id of the kernel and the namespace of process ids,
 * which together say whether a process id means the same to two relays; so a relay that was killed is followed at once by the
 * next one of its host, and not when its lease has run out. A process id that was given to another process only means waiting.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#include "relay/holder.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define NAMESPACE "/proc/self/ns/pid"
#define HOST_MAX 64
#define BOOT_LEN 8 /* characters of the boot id: enough to tell two boots of hosts of one name */

/* "1a2b3c4d.pid:[4026531836]"; "" if that cannot be known. */
static void
machine(char out[64])
{
	char boot[BOOT_LEN + 1] = "", space[40];
	int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, boot, BOOT_LEN), m = readlink(NAMESPACE, space, sizeof(space) - 1);

	if (fd >= 0)
		close(fd);
	out[0] = '\0';
	if (n == BOOT_LEN && m > 0) {
		space[m] = '\0';
		snprintf(out, 64, "%s.%s", boot, space);
	}
}

static void
prefix(char *out, size_t cap)
{
	char host[HOST_MAX + 1] = "localhost", id[64];

	if (gethostname(host, sizeof(host)) != 0)
		strcpy(host, "localhost");
	host[HOST_MAX] = '\0';
	machine(id);
	snprintf(out, cap, "%.*s/%s/", (int)strcspn(host, "/"), host, id);
}

void
holder_name(char out[LEASE_HOLDER_MAX + 1])
{
	char first[LEASE_HOLDER_MAX - 16];

	prefix(first, sizeof(first));
	snprintf(out, LEASE_HOLDER_MAX + 1, "%s%ld", first, (long)getpid());
}

/* One that its parent has not waited for yet is still there, and does nothing any more. */
static bool
is_zombie(pid_t pid)
{
	char path[32], text[512];
	const char *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return (false);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	end = strrchr(text, ')'); /* its name may hold any character */
	return (end != NULL && (strncmp(end, ") Z", 3) == 0 || strncmp(end, ") X", 3) == 0));
}

/* The process id in ${holder}; 0: it is none of this machine's. */
static pid_t
near_pid(const char *holder)
{
	char first[LEASE_HOLDER_MAX - 16];
	uint64_t pid;

	prefix(first, sizeof(first));
	if (strstr(first, "//") != NULL || !str_starts(str_of(holder), first) ||
	    !str_to_u64(str_of(holder + strlen(first)), INT_MAX, &pid))
		return (0);
	return ((pid_t)pid);
}

bool
holder_is_near(const char *holder)
{

	return (near_pid(holder) != 0);
}

bool
holder_is_dead(const char *holder)
{
	pid_t pid = near_pid(holder);

	return (pid != 0 && ((kill(pid, 0) != 0 && errno == ESRCH) || is_zombie(pid)));
}

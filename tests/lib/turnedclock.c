/* SPDX-License-Identifier: ISC */
/*
 * Preloaded into Redis by tests/system/340-clock: gettimeofday(), which is all Redis asks for the wall clock, is off by the
 * seconds in the file $TURNED_CLOCK, at once whenever the test writes there. (libfaketime does not start under jemalloc.)
 */
#include <sys/mman.h>
#include <sys/time.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset;

__attribute__((constructor)) static void
begin(void)
{
	const char *name = getenv("TURNED_CLOCK");
	int fd = name == NULL ? -1 : open(name, O_RDONLY | O_CLOEXEC);
	void *p = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(*offset), PROT_READ, MAP_SHARED, fd, 0);

	if (p != MAP_FAILED)
		offset = p;
	if (fd >= 0)
		close(fd);
}

int
gettimeofday(struct timeval *tv, void *zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	tv->tv_sec = now.tv_sec + (offset == NULL ? 0 : (time_t)*offset);
	tv->tv_usec = now.tv_nsec / 1000;
	return (0);
}

/* SPDX-License-Identifier: ISC */
/*
 * The library that keeps such a file looks at the index's length when it maps it, and never again. Whoever looks at what is
 * mapped beyond the end of a file dies of SIGBUS, so an index that an operator's tool truncated would kill one process after
 * the other. Looked at before each use it costs one system call; who dies in the moment between look and use is started anew,
 * and what was committed is in the journal.
 *
 * Only its name is used, or a descriptor that cannot read (O_PATH): to close another one would give up the locks that the
 * library holds on it in this process.
 *
 * The directory is the daemon's, and root too looks here (doorwardctl, a master's start): who holds the directory must not have
 * it lengthen another file by a link in the index's place.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/wal_index.h"

/* Bytes, mapped as soon as the file is used: "The WAL-Index File Format" of the library. */
#define REGION 32768

/* By the descriptor of a file that has no other name: what lies under this one may be exchanged at any moment. */
static bool
lengthen(const char *name, const struct stat *seen, off_t size)
{
	int fd = open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char path[sizeof("/proc/self/fd/") + 16];
	struct stat st;
	bool good;

	if (fd < 0)
		return (false);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_dev == seen->st_dev &&
	       st.st_ino == seen->st_ino && truncate(path, size) == 0;
	close(fd);
	return (good);
}

/* Of one that was used before anybody looked at it nothing is known, but that no index that is in use is shorter than this. */
static bool
first_look(const char *name, struct stat *st)
{

	if (st->st_size < REGION && !lengthen(name, st, REGION))
		return (false);
	if (st->st_size < REGION)
		st->st_size = REGION;
	return (true);
}

bool
wal_index_is_whole(const char *path, struct wal_index *seen)
{
	char name[PATH_MAX];
	struct stat st;
	int n = snprintf(name, sizeof(name), "%s-shm", path);

	if (n < 0 || n >= (int)sizeof(name))
		return (true);
	if (lstat(name, &st) != 0)
		return (seen->ino == 0);
	if (!S_ISREG(st.st_mode))
		return (false);
	if (seen->ino == 0 && !first_look(name, &st))
		return (false);
	if (seen->ino == 0 || (st.st_dev == seen->dev && st.st_ino == seen->ino && st.st_size >= seen->size)) {
		*seen = (struct wal_index){ .dev = st.st_dev, .ino = st.st_ino, .size = st.st_size };
		return (true);
	}
	return (st.st_dev == seen->dev && st.st_ino == seen->ino && lengthen(name, &st, seen->size));
}

/* SPDX-License-Identifier: ISC */
/*
 * A copy is written under a name of its own, judged, and renamed: so a file with the name of a version is whole and good,
 * whoever made it. The next version removes it. One process copies at a time, under a lock on the directory, and the others go
 * on with what they have; what a process that was killed has left, the next one writes over. If the original is written to
 * while it is copied, the copy may be a mixture: then it is another version afterwards, and the copy is thrown away.
 *
 * The name of the original is the operator's, but what lies there may be a mistake: a pipe would hold up every login, and what
 * has no end would fill the disk.
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

#include "geo/copy.h"

#define CHUNK 65536
#define SUFFIX ".mmdb"
#define SIZE_MOST (UINT64_C(1) << 30) /* bytes; the largest that MaxMind sells has less than half of it */

bool
version_changed(const char *file, const struct version *seen, struct version *now)
{
	struct stat st;

	*now = (struct version){ .inode = 0 };
	if (stat(file, &st) == 0)
		*now = (struct version){ .device = st.st_dev,
			.inode = st.st_ino,
			.size = (uint64_t)st.st_size,
			.seconds = st.st_mtim.tv_sec,
			.ns = st.st_mtim.tv_nsec,
			.regular = S_ISREG(st.st_mode) };
	return (now->device != seen->device || now->inode != seen->inode || now->size != seen->size ||
		now->seconds != seen->seconds || now->ns != seen->ns);
}

const char *
version_fault(const struct version *v)
{

	if (v->inode == 0)
		return (strerror(ENOENT));
	if (!v->regular)
		return ("it is no regular file");
	return (v->size > SIZE_MOST ? "it is larger than 1 GiB" : NULL);
}

/* Not more than ${left} bytes: what has grown is another version. */
static bool
pour(int from, int to, uint64_t left)
{
	char piece[CHUNK];
	ssize_t n = 1;

	while (left > 0 && (n = read(from, piece, left < sizeof(piece) ? left : sizeof(piece))) > 0) {
		if (fd_write_full(to, piece, (size_t)n) != 0)
			return (false);
		left -= (uint64_t)n;
	}
	return (n >= 0);
}

static bool
copy(const char *file, const char *to, uint64_t size)
{
	int in = open(file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), out = -1;
	bool good;

	good = in >= 0 && (out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600)) >= 0 &&
	       pour(in, out, size);
	if (out >= 0 && close(out) != 0)
		good = false;
	if (in >= 0)
		close(in);
	return (good);
}

static bool
is_copy(const char *entry, const char *name)
{
	size_t n = strlen(name), len = strlen(entry);

	return (strncmp(entry, name, n) == 0 && entry[n] == '-' && len > n + sizeof(SUFFIX) &&
		strcmp(entry + len - (sizeof(SUFFIX) - 1), SUFFIX) == 0);
}

/* Removes all but ${keep}. */
static void
sweep(const char *dir, const char *name, const char *keep)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (is_copy(e->d_name, name) && strcmp(e->d_name, strrchr(keep, '/') + 1) != 0)
			(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d != NULL)
		closedir(d);
}

/* Whoever has the lock. */
static enum copy_result
make(const char *dir, const char *name, const char *file, const struct version *v,
    bool (*is_good)(const char *path, const char **why), const char **why, const char *path)
{
	enum copy_result result = COPY_BAD;
	char temporary[PATH_MAX];
	struct version now;

	if (access(path, R_OK) == 0)
		return (COPY_MADE);
	snprintf(temporary, sizeof(temporary), "%s/%s.new", dir, name);
	if (!copy(file, temporary, v->size)) {
		*why = strerror(errno);
		result = access(file, R_OK) == 0 ? COPY_IMPOSSIBLE : COPY_BAD;
	} else if (version_changed(file, v, &now)) {
		*why = "it is being written to";
	} else if (is_good(temporary, why)) {
		if (rename(temporary, path) == 0) {
			sweep(dir, name, path);
			return (COPY_MADE);
		}
		*why = strerror(errno);
	}
	(void)unlink(temporary);
	return (result);
}

enum copy_result
copy_make(const char *dir, const char *name, const char *file, const struct version *v,
    bool (*is_good)(const char *path, const char **why), const char **why, char path[PATH_MAX])
{
	enum copy_result result = COPY_IMPOSSIBLE;
	int lock;

	if (snprintf(path, PATH_MAX, "%s/%s-%" PRIx64 "-%" PRIx64 "-%" PRIx64 "-%" PRIx64 ".%09" PRId64 SUFFIX, dir, name,
		v->device, v->inode, v->size, (uint64_t)v->seconds, v->ns) >= PATH_MAX) {
		*why = strerror(ENAMETOOLONG);
		return (COPY_IMPOSSIBLE);
	}
	if (access(path, R_OK) == 0)
		return (COPY_MADE);
	if ((lock = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0)
		result = make(dir, name, file, v, is_good, why, path);
	else if (lock >= 0 && errno == EWOULDBLOCK)
		result = COPY_BUSY;
	else
		*why = strerror(errno);
	if (lock >= 0)
		close(lock);
	return (result);
}

bool
copy_last(const char *dir, const char *name, char path[PATH_MAX])
{
	DIR *d = opendir(dir);
	struct timespec last = { 0 };
	struct dirent *e;
	struct stat st;
	bool found = false;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (!is_copy(e->d_name, name) || fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    (found && (st.st_mtim.tv_sec < last.tv_sec ||
				  (st.st_mtim.tv_sec == last.tv_sec && st.st_mtim.tv_nsec < last.tv_nsec))))
			continue;
		last = st.st_mtim;
		found = snprintf(path, PATH_MAX, "%s/%s", dir, e->d_name) < PATH_MAX;
	}
	if (d != NULL)
		closedir(d);
	return (found);
}

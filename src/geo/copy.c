/* SPDX-License-Identifier: ISC */
/*
 * A copy is written under a name that ends in our process id, judged, and renamed: so a file with the name of a version is
 * whole and good, whoever made it, and of two processes at once the second takes the place of what is the same. The next
 * version removes it. If the original is written to while it is copied, the copy may be a mixture: then it is another version
 * afterwards, and the copy is thrown away.
 */
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
			.ns = st.st_mtim.tv_nsec };
	return (now->device != seen->device || now->inode != seen->inode || now->size != seen->size ||
		now->seconds != seen->seconds || now->ns != seen->ns);
}

static bool
pour(int from, int to)
{
	char piece[CHUNK];
	ssize_t n;

	while ((n = read(from, piece, sizeof(piece))) > 0)
		if (write(to, piece, (size_t)n) != n)
			return (false);
	return (n == 0);
}

/* ${to} is ours alone. */
static bool
copy(const char *file, const char *to)
{
	int in = open(file, O_RDONLY | O_CLOEXEC), out = -1;
	bool good;

	good = in >= 0 && (out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600)) >= 0 && pour(in, out);
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

enum copy_result
copy_make(const char *dir, const char *name, const char *file, const struct version *v,
    bool (*is_good)(const char *path, const char **why), const char **why, char path[PATH_MAX])
{
	enum copy_result result = COPY_BAD;
	char temporary[PATH_MAX];
	struct version now;

	if (snprintf(path, PATH_MAX, "%s/%s-%" PRIx64 "-%" PRIx64 "-%" PRIx64 "-%" PRIx64 ".%09" PRId64 SUFFIX, dir, name,
		v->device, v->inode, v->size, (uint64_t)v->seconds, v->ns) >= PATH_MAX ||
	    snprintf(temporary, PATH_MAX, "%s/%s.%ld", dir, name, (long)getpid()) >= PATH_MAX) {
		*why = strerror(ENAMETOOLONG);
		return (COPY_IMPOSSIBLE);
	}
	if (access(path, R_OK) == 0)
		return (COPY_MADE);
	if (!copy(file, temporary)) {
		*why = strerror(errno);
		result = access(file, R_OK) == 0 ? COPY_IMPOSSIBLE : COPY_BAD;
	} else if (version_changed(file, v, &now)) {
		*why = "it is being written to";
	} else if (is_good(temporary, why) && rename(temporary, path) == 0) {
		sweep(dir, name, path);
		return (COPY_MADE);
	}
	(void)unlink(temporary);
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

/* SPDX-License-Identifier: ISC */
/*
 * What the baseline asks of files: modes, the directories they are in, the length of a secret. There are three answers: fine,
 * open to others, and cannot tell, in which case errno says why. A file that is not there yet is fine: it will be made with the
 * right mode.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"

#include "config/baseline_files.h"

#define SECRET_FILE_MAX 4096 /* as the loader's */

enum look
baseline_files_mode(const char *path, mode_t mask)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return (errno == ENOENT ? LOOK_FINE : LOOK_UNKNOWN);
	return ((st.st_mode & mask) != 0 ? LOOK_OPEN : LOOK_FINE);
}

enum look
baseline_files_parent(const char *path, mode_t mask)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];

	if (slash == NULL)
		return (baseline_files_mode(".", mask));
	if (snprintf(dir, sizeof(dir), "%.*s", slash == path ? 1 : (int)(slash - path), path) >= (int)sizeof(dir)) {
		errno = ENAMETOOLONG;
		return (LOOK_UNKNOWN);
	}
	return (baseline_files_mode(dir, mask));
}

/* A symbolic link has a mode that says nothing; what it leads to is asked. What goes away meanwhile was in use. */
static enum look
look_inside(DIR *d, const char *path, mode_t mask, char *worst, size_t cap)
{
	enum look found = LOOK_FINE;
	const struct dirent *e;
	struct stat st;

	while (found == LOOK_FINE && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (fstatat(dirfd(d), e->d_name, &st, 0) != 0)
			found = errno == ENOENT ? LOOK_FINE : LOOK_UNKNOWN;
		else if ((st.st_mode & mask) != 0)
			found = LOOK_OPEN;
		snprintf(worst, cap, "%s/%s", path, e->d_name);
	}
	return (found);
}

enum look
baseline_files_all(const char *dir, mode_t mask, char *worst, size_t cap)
{
	enum look found = baseline_files_mode(dir, mask);
	DIR *d;

	snprintf(worst, cap, "%s", dir);
	if (found != LOOK_FINE)
		return (found);
	if ((d = opendir(dir)) == NULL)
		return (errno == ENOENT ? LOOK_FINE : LOOK_UNKNOWN);
	found = look_inside(d, dir, mask, worst, cap);
	closedir(d);
	return (found);
}

enum look
baseline_files_secret(const char *path, size_t min)
{
	char secret[SECRET_FILE_MAX];
	ssize_t len = fd_read_secret(path, secret, sizeof(secret));

	while (len > 0 && secret[len - 1] == '\n')
		len--; /* what an editor put there */
	explicit_bzero(secret, sizeof(secret));
	return (len < 0 ? LOOK_UNKNOWN : (size_t)len < min ? LOOK_OPEN : LOOK_FINE);
}

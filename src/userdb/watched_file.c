/* SPDX-License-Identifier: ISC */
/*
 * Looking is a stat(2) a time. Device, inode, size and the times of the last write and change tell whether the file is another
 * one; a file that was written a moment before it was read is read once more at the next look, since the clock of a file system
 * ticks slowly and the second of two writes may bear the time of the first. Whoever changes while it is read is not read.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#include "userdb/watched_file.h"

#define NS INT64_C(1000000000)
#define FRESH_MS 100 /* longer than a tick of any file system's clock but the oldest */

static struct watched_state
state_of(const struct stat *st)
{

	return ((struct watched_state){ .dev = st->st_dev,
	    .ino = st->st_ino,
	    .size = st->st_size,
	    .written = st->st_mtim.tv_sec * NS + st->st_mtim.tv_nsec,
	    .changed = st->st_ctim.tv_sec * NS + st->st_ctim.tv_nsec });
}

static bool
is_same(const struct watched_state *a, const struct watched_state *b)
{

	return (
	    a->dev == b->dev && a->ino == b->ino && a->size == b->size && a->written == b->written && a->changed == b->changed);
}

static bool
is_fresh(const struct watched_state *s)
{
	int64_t age = clock_wall_ms() - s->changed / 1000000;

	return (age > -FRESH_MS && age < FRESH_MS);
}

static enum watched
failed(const struct watched_file *f, const char *what, char *why, enum watched rc)
{

	snprintf(why, WATCHED_WHY, "%.160s %s", f->path, what);
	return (rc);
}

/* Reads the open file. It must be the same before and after. */
static enum watched
read_text(struct watched_file *f, int fd, const struct stat *before, char **text, size_t *len, char *why)
{
	struct watched_state was = state_of(before), is;
	struct stat after;

	if (!S_ISREG(before->st_mode) || before->st_size > (off_t)WATCHED_BYTES_MAX)
		return (failed(f, S_ISREG(before->st_mode) ? "is too large" : "is no regular file", why, WATCHED_WRITING));
	*len = (size_t)before->st_size;
	if ((*text = malloc(*len + 1)) == NULL)
		return (failed(f, "cannot be read: out of memory", why, WATCHED_WRITING));
	if (fd_read_full(fd, *text, *len) == 0 && fstat(fd, &after) == 0 && (is = state_of(&after), is_same(&was, &is))) {
		(*text)[*len] = '\0';
		f->again = f->read && is_same(&was, &f->seen);
		f->fresh = is_fresh(&was);
		f->seen = was;
		f->read = true;
		return (WATCHED_NEW);
	}
	explicit_bzero(*text, *len);
	free(*text);
	return (failed(f, "changed while it was read", why, WATCHED_WRITING));
}

/* O_NONBLOCK: a pipe under that name must not hold us up. */
static enum watched
read_file(struct watched_file *f, char **text, size_t *len, char *why)
{
	int fd = open(f->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	enum watched rc;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		rc = failed(f, strerror(errno), why, WATCHED_GONE);
	else
		rc = read_text(f, fd, &st, text, len, why);
	if (fd >= 0)
		close(fd);
	return (rc);
}

enum watched
watched_look(struct watched_file *f, char **text, size_t *len, char *why)
{
	struct watched_state now;
	struct stat st;

	if (stat(f->path, &st) != 0)
		return (failed(f, strerror(errno), why, WATCHED_GONE));
	now = state_of(&st);
	if (f->read && !f->fresh && is_same(&now, &f->seen))
		return (WATCHED_SAME);
	return (read_file(f, text, len, why));
}

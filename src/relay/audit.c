/* SPDX-License-Identifier: ISC */
/*
 * Before each write it is looked whether the file is still the one that is open, and as long as it was left: a file that was
 * moved away by a rotation is followed by a new one, which begins with the last hash of the old; one that others wrote to, such
 * as the relay before this one, is read from its end. What was written in part, because the disk was full or the machine
 * stopped, was never reported as written, and is taken off again.
 *
 * The last hash is also kept beside the keys: a rotation just before a restart leaves an empty file.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/mac.h"

#include "relay/audit.h"

#define MODE 0640
#define LAST "audit.last" /* in the state directory */
#define LINE_MAX_BYTES (1 << 17)

struct audit {
	char *path, *last;
	int fd; /* -1: not open */
	dev_t dev;
	ino_t ino;
	off_t size;                    /* of what is known to be whole */
	char hash[AUDIT_HASH_LEN + 1]; /* of the last line */
	bool known;                    /* that hash is the end of a chain: a new file goes on with it */
	char *buf;                     /* of LINE_MAX_BYTES */
};

struct audit *
audit_new(const char *path, const char *state_dir)
{
	struct audit *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return (NULL);
	a->fd = -1;
	a->path = strdup(path);
	a->buf = malloc(LINE_MAX_BYTES);
	if (asprintf(&a->last, "%s/" LAST, state_dir) < 0)
		a->last = NULL;
	if (a->path != NULL && a->last != NULL && a->buf != NULL)
		return (a);
	audit_free(a);
	return (NULL);
}

static void
close_file(struct audit *a)
{

	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

void
audit_free(struct audit *a)
{

	if (a == NULL)
		return;
	close_file(a);
	free(a->path);
	free(a->last);
	free(a->buf);
	free(a);
}

static void
hash_line(const char *line, size_t n, char out[AUDIT_HASH_LEN + 1])
{
	uint8_t md[MAC_LEN];

	mac_sha256(line, n, md);
	for (size_t i = 0; i < MAC_LEN; i++)
		snprintf(out + 2 * i, 3, "%02x", md[i]);
}

static bool
fail(const struct audit *a, char *why, size_t len)
{

	snprintf(why, len, "the audit file %s cannot be written: %s", a->path, strerror(errno));
	return (false);
}

/* The file that the name names is the one that is open, and nobody else has written to it. */
static bool
is_current(const struct audit *a)
{
	struct stat named, open_one;

	return (a->fd >= 0 && stat(a->path, &named) == 0 && fstat(a->fd, &open_one) == 0 && named.st_dev == a->dev &&
		named.st_ino == a->ino && open_one.st_size == a->size);
}

/* A new file goes on where the last one ended; where that is not known any more, as it was kept. */
static void
begin_file(struct audit *a)
{
	char kept[AUDIT_HASH_LEN + 1] = "";
	int fd;

	if (a->known)
		return;
	memcpy(a->hash, AUDIT_HASH_NONE, sizeof(a->hash));
	a->known = true;
	if ((fd = open(a->last, O_RDONLY | O_CLOEXEC)) < 0)
		return;
	if (read(fd, kept, AUDIT_HASH_LEN) == AUDIT_HASH_LEN && strspn(kept, "0123456789abcdef") == AUDIT_HASH_LEN)
		memcpy(a->hash, kept, sizeof(kept));
	close(fd);
}

/* Finds the last whole line, takes off what follows it, and hashes it. False with errno. */
static bool
read_end(struct audit *a)
{
	size_t want = a->size < LINE_MAX_BYTES ? (size_t)a->size : LINE_MAX_BYTES;
	ssize_t n = pread(a->fd, a->buf, want, a->size - (off_t)want);
	char *end, *line;

	if (n < 0)
		return (false);
	end = memrchr(a->buf, '\n', (size_t)n);
	if (end == NULL || end != a->buf + n - 1) {
		off_t whole = a->size - n + (end == NULL ? 0 : end + 1 - a->buf);

		log_warn(
		    "the audit file ends in the middle of a line, which is taken off bytes=%lld", (long long)(a->size - whole));
		if (ftruncate(a->fd, whole) != 0)
			return (false);
		a->size = whole;
	}
	if (end == NULL) {
		begin_file(a);
		return (true);
	}
	line = memrchr(a->buf, '\n', (size_t)(end - a->buf));
	line = line == NULL ? a->buf : line + 1;
	hash_line(line, (size_t)(end - line), a->hash);
	a->known = true;
	return (true);
}

/* A new one is for the group, too, whatever umask this process has. */
static int
open_or_make(const char *path)
{
	int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, MODE);

	if (fd >= 0)
		(void)fchmod(fd, MODE);
	else if (errno == EEXIST)
		fd = open(path, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	return (fd);
}

static bool
open_file(struct audit *a, char *why, size_t len)
{
	struct stat st;

	close_file(a);
	a->fd = open_or_make(a->path);
	if (a->fd < 0 || fstat(a->fd, &st) != 0)
		return (fail(a, why, len));
	a->dev = st.st_dev;
	a->ino = st.st_ino;
	a->size = st.st_size;
	if (st.st_size == 0)
		begin_file(a);
	else if (!read_end(a)) {
		(void)fail(a, why, len);
		close_file(a);
		return (false);
	}
	return (true);
}

bool
audit_look(struct audit *a, char *why, size_t len)
{

	return (is_current(a) || open_file(a, why, len));
}

/* The whole of it, or as it was before. */
static bool
write_line(struct audit *a, size_t n)
{
	ssize_t done = write(a->fd, a->buf, n);

	if (done == (ssize_t)n)
		return (true);
	if (done >= 0)
		errno = ENOSPC;
	return (false);
}

/* Makes the line of ${event} in the buffer; returns its length without the newline, 0 if it has no room. */
static size_t
make_line(struct audit *a, struct str event)
{
	size_t n = event.len - 1; /* without its brace */

	if (event.len < 2 || event.p[n] != '}' || n + AUDIT_TAIL_LEN + 2 > LINE_MAX_BYTES)
		return (0);
	memcpy(a->buf, event.p, n);
	return (n + (size_t)snprintf(a->buf + n, LINE_MAX_BYTES - n, AUDIT_BEFORE "%s" AUDIT_AFTER "\n", a->hash) - 1);
}

/* What cannot be kept here costs a hash after a rotation and a restart, and nothing else. */
static void
keep_hash(const struct audit *a)
{
	int fd = open(a->last, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	(void)!write(fd, a->hash, AUDIT_HASH_LEN);
	close(fd);
}

static bool
append_all(struct audit *a, const struct str *events, size_t n, off_t *added)
{

	for (size_t i = 0; i < n; i++) {
		size_t len = make_line(a, events[i]);

		if (len == 0)
			continue; /* none of ours: it was never published */
		if (!write_line(a, len + 1))
			return (false);
		hash_line(a->buf, len, a->hash);
		*added += (off_t)len + 1;
	}
	return (fdatasync(a->fd) == 0);
}

bool
audit_append(struct audit *a, const struct str *events, size_t n, char *why, size_t len)
{
	char before[AUDIT_HASH_LEN + 1];
	off_t added = 0;

	if (!audit_look(a, why, len))
		return (false);
	memcpy(before, a->hash, sizeof(before));
	if (append_all(a, events, n, &added)) {
		a->size += added;
		keep_hash(a);
		return (true);
	}
	(void)fail(a, why, len);
	memcpy(a->hash, before, sizeof(before));
	if (ftruncate(a->fd, a->size) != 0)
		close_file(a); /* read anew the next time */
	return (false);
}

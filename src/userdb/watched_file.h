/* SPDX-License-Identifier: ISC */
/* A text file that others write, read whole whenever it is another one than before. */
#ifndef USERDB_WATCHED_FILE_H
#define USERDB_WATCHED_FILE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WATCHED_BYTES_MAX ((size_t)64 << 20)
#define WATCHED_WHY 256 /* bytes of a sentence */

/* By what a change is seen. */
struct watched_state {
	dev_t dev;
	ino_t ino;
	off_t size;
	int64_t written, changed; /* ns */
};

struct watched_file {
	char *path;
	struct watched_state seen; /* what was read last */
	bool fresh;                /* it had only just been written then: a further write may bear the same time */
	bool read;                 /* ${seen} says something */
	bool again;                /* the last WATCHED_NEW was only in case: it looks as what was read before did */
};

enum watched {
	WATCHED_SAME,
	WATCHED_NEW,     /* its text is there */
	WATCHED_WRITING, /* somebody is writing it just now, or it is not fit to be read: look again the next time */
	WATCHED_GONE     /* it is not there, or may not be read */
};

/*
 * Looks at the file. WATCHED_NEW: ${*text} is malloc()ed, ${*len} bytes and a terminating NUL, and the caller's to wipe and
 * free. WATCHED_WRITING, WATCHED_GONE: ${why}, of WATCHED_WHY bytes, says why.
 */
enum watched watched_look(struct watched_file *f, char **text, size_t *len, char *why);

#endif

/* SPDX-License-Identifier: ISC */
/* The index of a write-ahead log beside the file it belongs to (NAME-shm), which all who have that open map. */
#ifndef BASE_WAL_INDEX_H
#define BASE_WAL_INDEX_H

#include <sys/types.h>

#include <stdbool.h>

/* As it was seen last; all zero = not yet. */
struct wal_index {
	dev_t dev;
	ino_t ino;
	off_t size;
};

/*
 * Looks at the index of the open file ${path}, before it is used. One that somebody has made shorter is lengthened again:
 * its zeroes mean that it is to be made anew from the journal. False: it is gone or another one; then the file must be closed
 * and opened anew, since others lock another file by now.
 */
bool wal_index_is_whole(const char *path, struct wal_index *seen);

#endif

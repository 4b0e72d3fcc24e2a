/* SPDX-License-Identifier: ISC */
/* File descriptors and small files. Every descriptor made here is close-on-exec. */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

/* Sets O_NONBLOCK on ${fd}. Returns 0, or -1 with errno set. */
int fd_nonblocking(int fd);

/* Reads or writes exactly ${n} bytes, going on after EINTR and short counts. Returns 0; -1 with errno set, or with errno 0 at
 * end of file. */
int fd_read_full(int fd, void *p, size_t n);
int fd_write_full(int fd, const void *p, size_t n);

/*
 * Sends the descriptor ${fd} with the byte ${what} over the unix socket ${channel}, never waiting. Returns 0, or -1 with errno
 * set.
 */
int fd_send(int channel, char what, int fd);

/* Takes one that was sent, never waiting; it is the caller's, close-on-exec. Returns -1 if there is none, or -1 with errno set.
 */
int fd_receive(int channel, char *what);

/* Returns true if ${fd} is a socket that listens. */
bool fd_is_listening(int fd);

/*
 * Reads the whole of the regular file ${path}, at most ${cap} - 1 bytes, and terminates it. Returns the length, or -1 with
 * errno set (EFBIG: larger than that).
 */
ssize_t fd_read_file(const char *path, char *out, size_t cap);

/*
 * The same for a file that holds a secret: refused with errno EPERM if group or others may read or write it, or if it
 * is not a regular file.
 */
ssize_t fd_read_secret(const char *path, char *out, size_t cap);

/*
 * Writes ${n} bytes to a new file and renames it to ${path}, synced, with ${mode}: a reader sees the old content or the new
 * one, never a part. Returns 0, or -1 with errno set: then ${path} is what it was, and nothing is left behind. A directory that
 * cannot be synced after the rename is a warning in the log: the file is there, but a power cut may take it back.
 */
int fd_write_file(const char *path, const void *p, size_t n, mode_t mode);

#endif

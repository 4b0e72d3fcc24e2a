/* SPDX-License-Identifier: ISC */
/* Into the background, with an honest exit code; and the file that says where to find us. */
#ifndef MASTER_DAEMON_H
#define MASTER_DAEMON_H

#include <stddef.h>

/*
 * Forks the daemon off. Returns in the daemon only, with a descriptor for daemon_report(), or -1 with errno set if
 * there could be none. The calling process waits for the report and exits with its code, after printing its sentence.
 */
int daemon_launch(void);

/*
 * Tells the waiting process how it went, ${why} being the reason when ${code} is not 0, and lets go of the terminal.
 * ${*fd} becomes -1.
 */
void daemon_report(int *fd, int code, const char *why);

/*
 * Reads such a report from ${fd}, never waiting. Returns 1 and fills ${code} and ${why}; 0 if it has not come yet; -1 if
 * it never will.
 */
int daemon_hear(int fd, int *code, char *why, size_t whylen);

/*
 * Points standard input and output at /dev/null, and standard error at ${log_file}, if there is one: what libraries and
 * sanitizers print belongs there. Again after the log was rotated.
 */
void daemon_stdio(const char *log_file);

/*
 * Locks ${path} and writes our process id into it; "" does nothing. Returns the descriptor that holds the lock, -1 for
 * "", or -2 if it cannot be had, with a sentence in ${err}.
 */
int daemon_pid_file(const char *path, char *err, size_t errlen);

/* Removes ${path}, if we hold it. */
void daemon_pid_file_remove(int fd, const char *path);

#endif

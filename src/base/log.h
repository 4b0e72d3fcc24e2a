/* SPDX-License-Identifier: ISC */
/*
 * One event, one line: time, level, process, trace id, then "message key=value …". Values that came from outside go
 * through log_text() first; secrets never come here at all. Lines end without a period. The pairs at the end are what
 * machines read (log_line.h).
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

enum log_target { LOG_TARGET_AUTO, LOG_TARGET_STDERR, LOG_TARGET_FILE, LOG_TARGET_SYSLOG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

struct log_options {
	enum log_target target; /* AUTO: the file if one is named, else standard error */
	enum log_format format;
	enum log_level level; /* what is less important is dropped */
	const char *file;     /* opened for append, 0640 */
	const char *socket;   /* of the syslog daemon; NULL = /dev/log */
};

/*
 * From now on the log goes where ${o} says. Returns 0, or -1 with errno set, in which case it stays where it was. A
 * syslog daemon that is slow is not waited for: lines are lost then, and counted in the next one; what neither file nor
 * syslog takes goes to standard error.
 */
int log_setup(const struct log_options *o);

/* The same, for text in ${file}, or on standard error if it is NULL or empty. */
int log_open(const char *file, enum log_level level);

/* Opens the file again under its name (after logrotate), or the socket. Returns 0, or -1 with errno set and the old one
 * kept.
 */
int log_reopen(void);

/* The descriptor of the log's file, for a process that may not open it; -1 if the log is no file of its own. */
int log_descriptor(void);

/* Goes on in ${fd}, which another process opened under the file's name and which is taken over. */
void log_take(int fd);

/* Counts in ${counter}, from now on, every line that could not be written where the log should be. */
void log_count_lost(_Atomic uint64_t *counter);

/* Names this process in every line, such as "master" or "check/2". ${name} is copied. */
void log_name(const char *name);

/* Sets the trace id that goes into every line until the next call; NULL for none. ${id} is copied. */
void log_trace(const char *id);

/*
 * True if a message that may come with every request is due: at most once in LOG_PERIOD_MS for each ${next}, a static of the
 * caller's that starts as 0. An outage must not fill the log.
 */
#define LOG_PERIOD_MS 10000
bool log_due(int64_t *next);

#define LOG_PACE_BURST 6
#define LOG_PACE_PERIOD_MS 10000

/* For a state that may change to and fro: LOG_PACE_BURST lines at once, then one in LOG_PACE_PERIOD_MS. Zeroed at first. */
struct log_pace {
	int64_t since; /* mono, ms: when the lines that were said would have been due, one after the other */
};

/* Returns true if a line may be logged now; it is then counted. */
bool log_paced(struct log_pace *p);

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Returns ${s} quoted for a log line, at most 128 bytes of it, with everything but printable ASCII escaped (log
 * injection). The result lives in a rotating set of four static buffers.
 */
const char *log_text(struct str s);

#endif

/*
 * One event, one line: time, level, process, trace id, then "message key=value …". Values that came from outside go
 * through log_text() first; secrets never come here at all. Lines end without a period.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/str.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/*
 * Sends the log to ${file} (opened for append, 0640) or, if it is NULL or empty, to standard error, and drops what is
 * above ${level}. Returns 0, or -1 with errno set, in which case the log stays where it was.
 */
int log_open(const char *file, enum log_level level);

/* Opens the file again under its name (after logrotate). Returns 0, or -1 with errno set and the old file kept. */
int log_reopen(void);

/* Names this process in every line, such as "master" or "check/2". ${name} is copied. */
void log_name(const char *name);

/* Sets the trace id that goes into every line until the next call; NULL for none. ${id} is copied. */
void log_trace(const char *id);

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Returns ${s} quoted for a log line, at most 128 bytes of it, with everything but printable ASCII escaped (log
 * injection). The result lives in a rotating set of four static buffers.
 */
const char *log_text(struct str s);

/* Parses "error", "warn", "info" or "debug". Returns -1 on another word. */
int log_level_of(const char *word);

#endif

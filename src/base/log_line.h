/* SPDX-License-Identifier: ISC */
/* How one event becomes one line: for people, for machines, for syslog. Pure, so that it can be tested byte by byte. */
#ifndef BASE_LOG_LINE_H
#define BASE_LOG_LINE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/log.h"

/* Of the text of one event; what is longer is cut. Escaped as JSON it still fits a line. */
#define LOG_TEXT_MAX 1536
#define LOG_LINE_MAX 4096 /* PIPE_BUF: one write(2) of no more is never mixed with another process's */

struct log_record {
	int64_t ms; /* wall */
	enum log_level level;
	const char *process; /* "check/2" */
	int pid;
	const char *trace_id; /* "" = none */
	const char *text;     /* "message key=value …" */
};

/* "TIME LEVEL [PROCESS PID] trace=ID TEXT\n"; whatever is no printable ASCII in the text is escaped (log injection,
 * R182). */
void log_line_text(struct buf *b, const struct log_record *r);

/*
 * {"time","level","process","pid","trace_id","message"} and the key=value pairs that end the text as members of their
 * own, numbers as numbers; a name that is taken gets a "_" in front. Ends with a newline.
 */
void log_line_json(struct buf *b, const struct log_record *r);

/* A datagram for /dev/log (RFC 3164, facility daemon): "<PRI>Mmm dd hh:mm:ss doorward[PID]: " and the rest of a line,
 * or JSON.
 */
void log_line_syslog(struct buf *b, const struct log_record *r, bool json);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * The log of a process: level, destination, and the line in hand, built in log_line.c.
 *
 * A line goes to a file, to standard error or, as one datagram, to the syslog daemon. It must neither block a request nor be
 * lost in silence: the socket is non-blocking, a daemon that was restarted is connected to again, and a line that cannot be
 * delivered goes to standard error and is counted on the board. The syslog daemon is told later how many lines it missed.
 *
 * Workers may not be able to open the file any more (other user, sandbox); at a rotation the master opens it and hands them the
 * new descriptor, for log_take().
 *
 * Threads beside a loop may write lines: a lock covers the destination while one is written or the descriptor is replaced.
 */
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log_line.h"

#include "base/log.h"

#define QUOTED_MAX_BYTES 128 /* of one value from outside */
#define SYSLOG_SOCKET "/dev/log"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = STDERR_FILENO;
static char *log_path; /* of the file or the socket; NULL = standard error */
static bool to_syslog;
static enum log_format log_format = LOG_FORMAT_TEXT;
static enum log_level log_max = LOG_LEVEL_INFO;
static unsigned long lost;             /* lines the syslog daemon did not take */
static _Atomic uint64_t *lost_counter; /* NULL = nobody wants to know */
static char process_name[32] = "doorward";
static char trace_id[33];

static int
open_file(const char *file)
{

	return (open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
}

static int
open_socket(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd, saved;

	if (!str_copy(sun.sun_path, sizeof(sun.sun_path), str_of(path))) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		return (-1);
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0)
		return (fd);
	saved = errno;
	close(fd);
	errno = saved;
	return (-1);
}

/* Standard error is not ours to close. */
static void
replace_fd(int fd)
{

	if (log_fd != STDERR_FILENO)
		close(log_fd);
	log_fd = fd;
}

/* Opens the new destination before it closes the old one: a failure leaves the log as it was. */
int
log_setup(const struct log_options *o)
{
	bool has_file = o->file != NULL && o->file[0] != '\0', syslog = o->target == LOG_TARGET_SYSLOG;
	const char *path = NULL;
	char *name = NULL;
	int fd = STDERR_FILENO;

	if (syslog)
		path = o->socket != NULL && o->socket[0] != '\0' ? o->socket : SYSLOG_SOCKET;
	else if (has_file && o->target != LOG_TARGET_STDERR)
		path = o->file;
	if (path != NULL) {
		if ((name = strdup(path)) == NULL || (fd = syslog ? open_socket(name) : open_file(name)) < 0) {
			free(name);
			return (-1);
		}
	}
	tzset(); /* syslog is told local time; a worker may not be able to read the zone any more */
	replace_fd(fd);
	free(log_path);
	log_path = name;
	to_syslog = syslog;
	log_format = o->format;
	log_max = o->level;
	return (0);
}

int
log_open(const char *file, enum log_level level)
{
	struct log_options o = { .file = file, .level = level };

	return (log_setup(&o));
}

/* Under the lock. */
static int
reopen(void)
{
	int fd;

	if (log_path == NULL)
		return (0);
	if ((fd = to_syslog ? open_socket(log_path) : open_file(log_path)) < 0)
		return (-1);
	replace_fd(fd);
	return (0);
}

int
log_reopen(void)
{
	int rc;

	pthread_mutex_lock(&lock);
	rc = reopen();
	pthread_mutex_unlock(&lock);
	return (rc);
}

int
log_descriptor(void)
{

	return (to_syslog || log_fd == STDERR_FILENO ? -1 : log_fd);
}

/* Where the log goes to syslog or standard error, a descriptor that is handed down is of no use. */
void
log_take(int fd)
{

	pthread_mutex_lock(&lock);
	if (log_descriptor() >= 0)
		replace_fd(fd);
	else
		close(fd);
	pthread_mutex_unlock(&lock);
}

void
log_count_lost(_Atomic uint64_t *counter)
{

	lost_counter = counter;
}

void
log_name(const char *name)
{

	snprintf(process_name, sizeof(process_name), "%s", name);
}

void
log_trace(const char *id)
{

	(void)str_copy(trace_id, sizeof(trace_id), str_of(id)); /* twice a request: no printf */
}

/* MSG_NOSIGNAL and a non-blocking socket: neither a signal nor a wait comes from a daemon that has gone or hangs. */
static bool
send_datagram(const struct buf *b)
{

	if (send(log_fd, b->p, b->len, MSG_NOSIGNAL) >= 0)
		return (true);
	/* The daemon was started again: its new socket has the old name. */
	if (errno != ECONNREFUSED && errno != ENOTCONN && errno != ECONNRESET)
		return (false);
	return (reopen() == 0 && send(log_fd, b->p, b->len, MSG_NOSIGNAL) >= 0);
}

/* False: the syslog daemon did not take it. */
static bool
deliver_syslog(const struct log_record *r)
{
	struct log_record note = *r;
	char line[LOG_LINE_MAX], text[64];
	struct buf b;

	if (lost > 0) {
		snprintf(text, sizeof(text), "log lines were lost lines=%lu", lost);
		note.text = text;
		note.level = LOG_LEVEL_WARN;
		buf_init(&b, line, sizeof(line));
		log_line_syslog(&b, &note, log_format == LOG_FORMAT_JSON);
		if (send_datagram(&b))
			lost = 0;
	}
	buf_init(&b, line, sizeof(line));
	log_line_syslog(&b, r, log_format == LOG_FORMAT_JSON);
	if (send_datagram(&b))
		return (true);
	lost++;
	return (false);
}

static void
count_lost(void)
{

	if (lost_counter != NULL)
		atomic_fetch_add_explicit(lost_counter, 1, memory_order_relaxed);
}

/* One write(2) a line: lines of several processes in one file do not mix. */
static void
deliver(const struct log_record *r)
{
	char line[LOG_LINE_MAX];
	struct buf b;

	if (to_syslog && deliver_syslog(r))
		return;
	buf_init(&b, line, sizeof(line));
	if (log_format == LOG_FORMAT_JSON)
		log_line_json(&b, r);
	else
		log_line_text(&b, r);
	if (!to_syslog && write(log_fd, b.p, b.len) == (ssize_t)b.len)
		return;
	count_lost();
	/* A full disk or a syslog daemon that is gone must not silence the log altogether. */
	if (to_syslog || log_fd != STDERR_FILENO)
		(void)!write(STDERR_FILENO, b.p, b.len);
}

static void write_line(enum log_level level, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/* errno is kept: callers log in the middle of handling an error. */
static void
write_line(enum log_level level, const char *fmt, va_list ap)
{
	char text[LOG_TEXT_MAX];
	struct log_record r = { .ms = clock_wall_ms(),
		.level = level,
		.process = process_name,
		.pid = (int)getpid(),
		.trace_id = trace_id,
		.text = text };
	int saved = errno;

	vsnprintf(text, sizeof(text), fmt, ap);
	pthread_mutex_lock(&lock);
	deliver(&r);
	pthread_mutex_unlock(&lock);
	errno = saved;
}

#define LOG_FUNCTION(name, level)                                                                                              \
	void name(const char *fmt, ...)                                                                                        \
	{                                                                                                                      \
		va_list ap;                                                                                                    \
                                                                                                                               \
		if ((level) > log_max)                                                                                         \
			return;                                                                                                \
		va_start(ap, fmt);                                                                                             \
		write_line((level), fmt, ap);                                                                                  \
		va_end(ap);                                                                                                    \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)

/* Four buffers in turn, so that one line can quote four values. */
const char *
log_text(struct str s)
{
	static _Thread_local char texts[4][QUOTED_MAX_BYTES * 4 + 3];
	static _Thread_local unsigned turn;
	struct buf b;

	buf_init(&b, texts[turn], sizeof(texts[turn]));
	turn = (turn + 1) % 4;
	buf_putc(&b, '"');
	for (size_t i = 0; i < s.len && i < QUOTED_MAX_BYTES; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			buf_printf(&b, "\\x%02x", c);
		else
			buf_putc(&b, (char)c);
	}
	buf_putc(&b, '"');
	return (b.p);
}

/* A budget of LOG_PACE_BURST lines that refills with one line a period: ${since} is the time up to which it has been spent. */
bool
log_paced(struct log_pace *p)
{
	int64_t now = clock_mono_ms(), earliest = now - (int64_t)(LOG_PACE_BURST - 1) * LOG_PACE_PERIOD_MS;

	if (p->since > now)
		return (false);
	p->since = (p->since > earliest ? p->since : earliest) + LOG_PACE_PERIOD_MS;
	return (true);
}

/* For messages of one kind that would come with every request. */
bool
log_due(int64_t *next)
{
	int64_t now = clock_mono_ms();

	if (now < *next)
		return (false);
	*next = now + LOG_PERIOD_MS;
	return (true);
}

#include <sys/types.h>

#include <fcntl.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

#include "base/log.h"

/* Lines longer than this are cut: one write(2) below PIPE_BUF is never mixed with another process's. */
#define LINE_MAX_BYTES 2048
#define TEXT_MAX_BYTES 128

static int log_fd = STDERR_FILENO;
static char *log_file;
static enum log_level log_max = LOG_LEVEL_INFO;
static char process_name[32] = "doorward";
static char trace_id[33];

static int
open_file(const char *file)
{

	return (open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
}

int
log_open(const char *file, enum log_level level)
{
	char *name = NULL;
	int fd = STDERR_FILENO;

	if (file != NULL && file[0] != '\0') {
		if ((name = strdup(file)) == NULL || (fd = open_file(file)) < 0) {
			free(name);
			return (-1);
		}
	}
	if (log_fd != STDERR_FILENO)
		close(log_fd);
	free(log_file);
	log_fd = fd;
	log_file = name;
	log_max = level;
	return (0);
}

int
log_reopen(void)
{
	int fd;

	if (log_file == NULL)
		return (0);
	if ((fd = open_file(log_file)) < 0)
		return (-1);
	close(log_fd);
	log_fd = fd;
	return (0);
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

static void
write_line(enum log_level level, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static void
write_line(enum log_level level, const char *fmt, va_list ap)
{
	static const char *const words[] = { "error", "warn", "info", "debug" };
	int64_t now = clock_wall_ms();
	char line[LINE_MAX_BYTES], text[LINE_MAX_BYTES - 256];
	int saved = errno;
	struct buf b;

	vsnprintf(text, sizeof(text), fmt, ap);
	buf_init(&b, line, sizeof(line));
	buf_time(&b, now / 1000);
	b.len--; /* put the milliseconds before the Z */
	buf_printf(&b, ".%03dZ %s [%s %d]", (int)(now % 1000), words[level], process_name, (int)getpid());
	if (trace_id[0] != '\0')
		buf_printf(&b, " trace=%s", trace_id);
	buf_printf(&b, " %s\n", text);
	if (write(log_fd, b.p, b.len) < 0 && log_fd != STDERR_FILENO)
		(void)!write(STDERR_FILENO, b.p, b.len); /* a full disk must not silence the log altogether */
	errno = saved;
}

#define LOG_FUNCTION(name, level)                                                                                      \
	void name(const char *fmt, ...)                                                                                \
	{                                                                                                              \
		va_list ap;                                                                                            \
                                                                                                                       \
		if ((level) > log_max)                                                                                 \
			return;                                                                                        \
		va_start(ap, fmt);                                                                                     \
		write_line((level), fmt, ap);                                                                          \
		va_end(ap);                                                                                            \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)

const char *
log_text(struct str s)
{
	static char texts[4][TEXT_MAX_BYTES * 4 + 3];
	static unsigned turn;
	struct buf b;

	buf_init(&b, texts[turn], sizeof(texts[turn]));
	turn = (turn + 1) % 4;
	buf_putc(&b, '"');
	for (size_t i = 0; i < s.len && i < TEXT_MAX_BYTES; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			buf_printf(&b, "\\x%02x", c);
		else
			buf_putc(&b, (char)c);
	}
	buf_putc(&b, '"');
	return (b.p);
}

int
log_level_of(const char *word)
{
	static const char *const words[] = { "error", "warn", "info", "debug" };

	for (int i = 0; i < 4; i++)
		if (strcmp(words[i], word) == 0)
			return (i);
	return (-1);
}

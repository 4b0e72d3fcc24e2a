/* SPDX-License-Identifier: ISC */
/*
 * One log record as a line: plain text, JSON, or what the syslog socket takes (RFC 3164). All three escape everything but
 * printable ASCII, so that nobody can begin a line of his own by what he sends.
 *
 * A message ends with pairs such as "user=alice tries=3". Plain text shows them as they are; JSON takes them apart into members
 * of the object. They are recognised from the text, so that callers write one sentence for both.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log_line.h"

#define PAIRS_MAX 24
#define FACILITY 3    /* daemon */
#define NUMBER_MAX 15 /* digits a JSON reader keeps exactly */

/* What a pair must not be called: the members every line has. */
static const char *const taken[] = { "time", "level", "process", "pid", "trace_id", "message" };

#define TAKEN (sizeof(taken) / sizeof(taken[0]))

struct pair {
	struct str name, value;
};

static const char *
level_word(enum log_level level)
{
	static const char *const words[] = { "error", "warn", "info", "debug" };

	return (words[level]);
}

/* Copies ${text} so that it can neither begin a new line nor move a terminal's cursor. */
static struct str
clean(const char *text, char out[LOG_TEXT_MAX])
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (const unsigned char *p = (const unsigned char *)text; *p != '\0' && n + 4 <= LOG_TEXT_MAX; p++) {
		if (*p >= 0x20 && *p < 0x7f) {
			out[n++] = (char)*p;
			continue;
		}
		memcpy(out + n, "\\x", 2);
		out[n + 2] = digits[*p >> 4];
		out[n + 3] = digits[*p & 15];
		n += 4;
	}
	return ((struct str){ out, n });
}

static void
put_time(struct buf *b, int64_t ms)
{

	buf_time(b, ms / 1000);
	b->len--; /* put the milliseconds before the Z */
	buf_printf(b, ".%03dZ", (int)(ms % 1000));
}

static void
put_rest(struct buf *b, const struct log_record *r)
{
	char text[LOG_TEXT_MAX];

	if (r->trace_id[0] != '\0')
		buf_printf(b, " trace=%s", r->trace_id);
	buf_putc(b, ' ');
	buf_putstr(b, clean(r->text, text));
}

void
log_line_text(struct buf *b, const struct log_record *r)
{

	put_time(b, r->ms);
	buf_printf(b, " %s [%s %d]", level_word(r->level), r->process, r->pid);
	put_rest(b, r);
	buf_putc(b, '\n');
}

static size_t
name_length(struct str s)
{
	size_t n = 0;

	while (n < s.len && ((s.p[n] >= 'a' && s.p[n] <= 'z') || s.p[n] == '_' || (n > 0 && s.p[n] >= '0' && s.p[n] <= '9')))
		n++;
	return (n);
}

/*
 * Takes the next word off ${s}, blanks in quotes included. True if it is name=value. A value in quotes may hold blanks. A quote
 * that does not end at a blank or at the end makes the word no pair at all.
 */
static bool
next_word(struct str *s, struct pair *out)
{
	size_t name = name_length(*s), at = name + 1, end;
	bool is_pair = name > 0 && name < s->len && s->p[name] == '=', quoted = is_pair && at < s->len && s->p[at] == '"';

	for (end = quoted ? at + 1 : 0; end < s->len && s->p[end] != (quoted ? '"' : ' '); end++)
		continue;
	if (is_pair) {
		out->name = (struct str){ s->p, name };
		out->value = quoted ? (struct str){ s->p + at + 1, end - at - 1 } : (struct str){ s->p + at, end - at };
	}
	if (quoted) {
		is_pair = end < s->len && (end + 1 == s->len || s->p[end + 1] == ' ');
		while (end < s->len && s->p[end] != ' ')
			end++;
	}
	*s = (struct str){ s->p + end, s->len - end };
	return (is_pair);
}

/*
 * Finds the pairs that end ${text}; ${*message} is what is before them. A word that is no pair starts over: only an unbroken
 * row of pairs at the end counts.
 */
static size_t
split(struct str text, struct pair pairs[PAIRS_MAX], struct str *message)
{
	struct str left = text;
	size_t n = 0;

	*message = (struct str){ text.p, 0 };
	while (left.len > 0) {
		if (left.p[0] == ' ') {
			left = (struct str){ left.p + 1, left.len - 1 };
		} else if (n < PAIRS_MAX && next_word(&left, &pairs[n])) {
			n++;
		} else {
			struct pair none;

			if (n == PAIRS_MAX)
				(void)next_word(&left, &none);
			message->len = (size_t)(left.p - text.p);
			n = 0;
		}
	}
	while (message->len > 0 && message->p[message->len - 1] == ':')
		message->len--;
	return (n);
}

/* Only what every JSON reader keeps exactly is written as a number; the rest stays a string. */
static bool
is_number(struct str s)
{
	size_t sign = s.len > 0 && s.p[0] == '-', digits = s.len - sign;

	if (digits == 0 || digits > NUMBER_MAX || (digits > 1 && s.p[sign] == '0'))
		return (false);
	for (size_t i = sign; i < s.len; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return (false);
	return (true);
}

/* A pair called like a fixed member, or like a pair before it, would make a member twice. */
static bool
is_taken(const struct pair *pairs, size_t i)
{

	for (size_t k = 0; k < TAKEN; k++)
		if (str_is(pairs[i].name, taken[k]))
			return (true);
	for (size_t k = 0; k < i; k++)
		if (pairs[k].name.len == pairs[i].name.len && memcmp(pairs[k].name.p, pairs[i].name.p, pairs[i].name.len) == 0)
			return (true);
	return (false);
}

static void
put_pair(struct buf *b, const struct pair *pairs, size_t i)
{

	buf_puts(b, is_taken(pairs, i) ? ",\"_" : ",\"");
	buf_putstr(b, pairs[i].name);
	buf_puts(b, "\":");
	if (is_number(pairs[i].value))
		buf_putstr(b, pairs[i].value);
	else
		buf_json(b, pairs[i].value);
}

/* Without its newline. */
static void
put_json(struct buf *b, const struct log_record *r)
{
	struct pair pairs[PAIRS_MAX];
	char mem[LOG_TEXT_MAX];
	struct str message;
	size_t n = split(clean(r->text, mem), pairs, &message);

	buf_puts(b, "{\"time\":\"");
	put_time(b, r->ms);
	buf_printf(b, "\",\"level\":\"%s\",\"process\":", level_word(r->level));
	buf_json(b, str_of(r->process));
	buf_printf(b, ",\"pid\":%d,\"trace_id\":", r->pid);
	buf_json(b, r->trace_id[0] == '\0' ? STR_NONE : str_of(r->trace_id));
	buf_puts(b, ",\"message\":");
	buf_json(b, message);
	for (size_t i = 0; i < n; i++)
		put_pair(b, pairs, i);
	buf_putc(b, '}');
}

void
log_line_json(struct buf *b, const struct log_record *r)
{

	put_json(b, r);
	buf_putc(b, '\n');
}

void
log_line_syslog(struct buf *b, const struct log_record *r, bool json)
{
	static const int severities[] = { 3, 4, 6, 7 };
	time_t t = (time_t)(r->ms / 1000);
	char when[32];
	struct tm tm;

	localtime_r(&t, &tm); /* the format's own choice */
	strftime(when, sizeof(when), "%b %e %H:%M:%S", &tm);
	buf_printf(b, "<%d>%s doorward[%d]: ", FACILITY * 8 + severities[r->level], when, r->pid);
	if (json) {
		put_json(b, r);
		return;
	}
	buf_printf(b, "%s [%s]", level_word(r->level), r->process);
	put_rest(b, r);
}

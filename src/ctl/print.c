/* SPDX-License-Identifier: ISC */
/* Output: everything that came from users or clients is escaped where a terminal would act on it. */
#include <stdarg.h>
#include <stdio.h>

#include "auth/view.h"
#include "ctl/ctl.h"

#include "ctl/print.h"

#define PIECE 1024 /* bytes escaped at a time */

const char *
print_time(int64_t at, char out[TIME_LEN])
{
	struct buf b;

	buf_init(&b, out, TIME_LEN);
	if (at == 0)
		buf_putc(&b, '-');
	else
		buf_time(&b, at);
	return (out);
}

const char *
print_groups(const struct account *a, const char *none)
{

	if (a->groups_len > GROUPS_MAX)
		return ("too many groups");
	return (a->groups[0] != '\0' ? a->groups : none);
}

void
print_account_json(struct buf *b, const struct account *a)
{

	buf_puts(b, "{\"user_id\":");
	buf_json(b, str_of(a->id));
	buf_puts(b, ",\"username\":");
	buf_json(b, str_of(a->name));
	buf_puts(b, ",\"groups\":");
	if (a->groups_len > GROUPS_MAX)
		buf_puts(b, "null");
	else
		buf_json_list(b, a->groups);
	buf_printf(b, ",\"disabled\":%s,\"conflict\":%s,\"created_at\":", a->disabled ? "true" : "false",
	    a->conflict ? "true" : "false");
	if (a->created == 0)
		buf_puts(b, "null}");
	else {
		buf_putc(b, '"');
		buf_time(b, a->created);
		buf_puts(b, "\"}");
	}
}

void
print_session_json(const struct ctl *c, struct buf *b, const uint8_t user_key[USER_KEY_LEN], const struct session *s,
    const char *user_id, const char *username, const struct device *device)
{

	view_session(b, ctl_keys(c), user_key, s, user_id, username, view_client_id(c->conf, s->client_hash), device, false);
}

void
print_logout_record_json(const struct ctl *c, struct buf *b, const uint8_t user_key[USER_KEY_LEN], const char *user_id,
    const struct logout_record *e)
{

	view_logout_record(b, ctl_keys(c), user_key, user_id, e);
}

void
print_shown(FILE *to, struct str text)
{
	char mem[PIECE * 6 + 1]; /* an escape is six times what it stands for, at most */
	struct buf b;

	while (text.len > 0) {
		size_t n = text.len < PIECE ? text.len : PIECE;

		while (n < text.len && n > PIECE - 4 && ((unsigned char)text.p[n] & 0xc0) == 0x80)
			n--; /* not in the middle of a character */
		buf_init(&b, mem, sizeof(mem));
		buf_shown(&b, (struct str){ text.p, n });
		fwrite(b.p, 1, b.len, to);
		text.p += n;
		text.len -= n;
	}
}

void
print_line(const char *fmt, ...)
{
	char text[OBJECT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	print_shown(stdout, str_of(text));
	putchar('\n');
}

/* A text that overflowed is not printed at all: a half of it could be taken for the whole. */
int
print_buf(const struct buf *b)
{

	if (b->overflow) {
		ctl_say("an answer is too long to be shown");
		return (-1);
	}
	print_shown(stdout, buf_str(b));
	return (0);
}

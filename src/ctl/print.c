#include <stdio.h>

#include "auth/view.h"
#include "ctl/ctl.h"

#include "ctl/print.h"

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

static void
put_groups(struct buf *b, const char *groups)
{
	struct str rest = groups[0] == '\0' ? STR_NONE : str_of(groups);

	buf_puts(b, ",\"groups\":[");
	for (bool first = true; rest.p != NULL; first = false) {
		if (!first)
			buf_putc(b, ',');
		buf_json(b, str_cut(&rest, ','));
	}
	buf_putc(b, ']');
}

void
print_account_json(struct buf *b, const struct account *a)
{

	buf_puts(b, "{\"user_id\":");
	buf_json(b, str_of(a->id));
	buf_puts(b, ",\"username\":");
	buf_json(b, str_of(a->name));
	put_groups(b, a->groups);
	buf_printf(b, ",\"disabled\":%s,\"conflict\":%s,\"created_at\":\"", a->disabled ? "true" : "false", a->conflict ? "true" : "false");
	buf_time(b, a->created);
	buf_puts(b, "\"}");
}

void
print_session_json(const struct ctl *c, struct buf *b, const uint8_t up[UP_LEN], const struct session *s, const char *user_id,
    const char *username, const struct device *device)
{

	view_session(b, ctl_keys(c), up, s, user_id, username, view_client_id(c->conf, s->client4), device, false);
}

void
print_ending_json(const struct ctl *c, struct buf *b, const uint8_t up[UP_LEN], const char *user_id, const struct ending *e)
{

	view_ending(b, ctl_keys(c), up, user_id, e);
}

int
print_buf(const struct buf *b)
{

	if (b->overflow) {
		ctl_say("an answer is too long to be shown");
		return (-1);
	}
	fwrite(b->p, 1, b->len, stdout);
	return (0);
}

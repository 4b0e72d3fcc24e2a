/* SPDX-License-Identifier: ISC */
/* "ledger list": the sessions that have ended, newest first, as the database of records keeps them for good. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "config/table.h"
#include "config/value.h"
#include "ctl/ctl.h"
#include "ctl/options.h"
#include "ctl/print.h"

#include "ctl/commands.h"

#define ARENA_BYTES (LEDGER_LIST_MAX * sizeof(struct ledger_row) + 65536)
#define SINCE_MAX_MS (INT64_C(100) * 365 * 86400 * 1000)
#define MS 1000

static void
put_member(struct buf *b, const char *name, const char *text)
{

	buf_printf(b, ",\"%s\":", name);
	buf_json(b, text[0] == '\0' ? STR_NONE : str_of(text));
}

static int
print_row_json(const struct ledger_row *r, bool first)
{
	char text[OBJECT_MAX];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	buf_printf(&b, "%s{\"id\":\"lo_%s\"", first ? "" : ",", r->session_id);
	put_member(&b, "session_id", r->session_id);
	put_member(&b, "user_id", r->user_id);
	put_member(&b, "device_id", r->device_id);
	put_member(&b, "scope", r->scope);
	put_member(&b, "reason", r->reason);
	buf_puts(&b, ",\"at\":\"");
	buf_time(&b, r->at);
	buf_putc(&b, '"');
	put_member(&b, "event_id", r->event_id);
	buf_putc(&b, '}');
	return (print_buf(&b));
}

static int
print_row(const struct ledger_row *r, bool first)
{
	char at[TIME_LEN];

	if (first)
		printf("%-20s  %-20s  %-*s  %-13s  %-8s  %-22s  %s\n", "AT", "USER", PUBLIC_SID_LEN, "SESSION", "EVENT",
		    "SCOPE", "REASON", "DEVICE");
	print_line("%-20s  %-20s  %s  %-13s  %-8s  %-22s  %s", print_time(r->at, at),
	    r->username[0] != '\0' ? r->username : r->user_id, r->session_id, r->type, r->scope, r->reason, r->device_id);
	return (0);
}

/* Page after page, since a ledger may be long. */
static int
print_all(struct ctl *c, struct ledger_query *q, uint64_t limit, bool json, uint64_t *shown)
{
	struct ledger_row *rows;
	size_t n = 1;

	while (*shown < limit && n > 0) {
		arena_reset(&c->arena);
		q->limit = limit - *shown < LEDGER_LIST_MAX ? (size_t)(limit - *shown) : LEDGER_LIST_MAX;
		if (c->records->list_logouts(c->records_ctx, q, &c->arena, &rows, &n) != DW_OK) {
			ctl_say("the database of records could not be asked");
			return (-1);
		}
		for (size_t i = 0; i < n; i++, (*shown)++) {
			if ((json ? print_row_json(&rows[i], *shown == 0) : print_row(&rows[i], *shown == 0)) != 0)
				return (-1);
			q->before = rows[i].seq;
		}
	}
	return (0);
}

/* Of an account that is gone the id is still there. */
static int
find_user(struct ctl *c, const char *name, struct account *a, struct ledger_query *q)
{
	struct ledger_row *rows;
	enum dw_result rc;
	size_t n = 0; /* where they cannot be asked */

	if (name == NULL)
		return (0);
	if (ctl_users(c) != 0)
		return (-1);
	q->user_id = a->id;
	if ((rc = ctl_find_account(c, name, a)) == DW_OK)
		return (0);
	q->user_id = name;
	q->limit = 1;
	if (rc == DW_ABSENT && c->records->list_logouts(c->records_ctx, q, &c->arena, &rows, &n) == DW_OK && n == 0)
		ctl_say("there is no user %s", name);
	else if (rc == DW_ABSENT && n > 0)
		return (0);
	else
		ctl_say("the user database could not be asked");
	return (-1);
}

/* Returns 0, or -1 after saying what is wrong. */
static int
read_options(const struct options *o, struct ledger_query *q, uint64_t *limit)
{
	static const struct option duration = { .name = "--since", .type = OPTION_DURATION, .min = 0, .max = SINCE_MAX_MS };
	int64_t ago = 0;
	char why[256];

	*limit = UINT64_MAX;
	if (o->limit != NULL && (!str_to_u64(str_of(o->limit), INT64_MAX, limit) || *limit == 0)) {
		ctl_say("--limit: \"%s\" is not a number from 1 on", o->limit);
		return (-1);
	}
	if (o->since == NULL)
		return (0);
	if (!value_from_text(&duration, o->since, &ago, why, sizeof(why))) {
		ctl_say("--since: %s", why);
		return (-1);
	}
	q->since = clock_wall() - ago / MS;
	return (0);
}

int
ledger_list(struct ctl *c, const struct options *o)
{
	struct ledger_query q = { .since = 0 };
	struct account a;
	uint64_t limit, shown = 0;
	int rc;

	if (read_options(o, &q, &limit) != 0)
		return (CTL_USAGE);
	if (ctl_records(c) != 0 || ctl_arena(c, ARENA_BYTES) != 0 || find_user(c, o->user, &a, &q) != 0)
		return (CTL_FAILED);
	if (o->json)
		fputs("{\"logouts\":[", stdout);
	rc = print_all(c, &q, limit, o->json, &shown);
	if (o->json)
		puts("]}");
	else if (rc == 0 && shown == 0)
		ctl_say("nothing is in the ledger");
	return (rc == 0 ? CTL_DONE : CTL_FAILED);
}

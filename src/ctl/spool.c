/* SPDX-License-Identifier: ISC */
/*
 * "spool": the endings that were promised while Redis could not be asked. The file is read and written as the daemon does it,
 * so that this also works where no daemon runs: under mod_fcgid and plain CGI somebody has to replay.
 */
#include <stdio.h>
#include <unistd.h>

#include "crypto/sid.h"
#include "ctl/ctl.h"
#include "ctl/options.h"
#include "ctl/print.h"
#include "doorward/config.h"
#include "spool/replay.h"

#include "ctl/commands.h"

#define PIECE 128
#define STUCK_MAX 3           /* turns without progress until it is given up */
#define PAUSE_US (200 * 1000) /* between them */

struct listing {
	struct ctl *c;
	bool json;
	uint64_t n;
	int rc;
};

/* Opens it. Returns 0, or -1 after saying why. */
static int
open_spool(struct ctl *c)
{

	if (!c->conf->spool_enabled) {
		ctl_say("there is no spool: spool.enabled is false");
		return (-1);
	}
	return (ctl_store(c));
}

static int
cannot(void)
{

	ctl_say("the spool (spool.file) cannot be read");
	return (CTL_FAILED);
}

int
spool_status_command(struct ctl *c, const struct options *o)
{
	struct spool_numbers n;
	char path[PATH_MAX];

	if (open_spool(c) != 0)
		return (CTL_FAILED);
	if (spool_numbers(c->spool, &n) != DW_OK || !file_path(c->conf, path))
		return (cannot());
	if (o->json)
		printf("{\"pending\":%llu,\"oldest_seconds\":%lld,\"replayed\":%llu,\"damaged_files\":%llu}\n",
		    (unsigned long long)n.pending, (long long)n.oldest_seconds, (unsigned long long)n.replayed,
		    (unsigned long long)n.damaged);
	else
		print_line("pending %llu, the oldest for %lld s; replayed lately %llu; damaged files set aside %llu; %s",
		    (unsigned long long)n.pending, (long long)n.oldest_seconds, (unsigned long long)n.replayed,
		    (unsigned long long)n.damaged, path);
	return (CTL_DONE);
}

/* Whose it is nobody can tell without Redis: entries have the pseudonym of the user. */
static void
put_entry(const struct ctl *c, struct buf *b, const struct entry *e, bool json)
{
	static const char *const scopes[] = { "session", "device", "others", "all" };
	const uint8_t *session = entry_session(e);
	char sid[PUBLIC_SID_LEN + 1] = "", at[TIME_LEN];
	const char *scope = e->what == ENTRY_NOTICE       ? "event"
			    : e->what == ENTRY_REVOCATION ? (e->revocation.family ? "family" : "token")
							  : scopes[e->end.scope];

	if (session != NULL)
		sid_public(ctl_keys(c), entry_user(e), session, sid);
	print_time(entry_act(e)->at, at);
	if (!json) {
		buf_printf(b, "%s  %-16s  %-8s  %-23s  %s\n", at, entry_word(e), scope, session != NULL ? sid : "-",
		    e->done_at == 0 ? "pending" : "replayed");
		return;
	}
	buf_printf(b, "{\"event_id\":\"%s\",\"at\":\"%s\",\"what\":\"%s\",\"scope\":\"%s\",\"session_id\":", entry_act(e)->id,
	    at, entry_word(e), scope);
	buf_json(b, session != NULL ? str_of(sid) : STR_NONE);
	buf_puts(b, ",\"reason\":");
	buf_json(b, e->reason[0] != '\0' ? str_of(e->reason) : STR_NONE);
	buf_printf(b, ",\"pending\":%s}", e->done_at == 0 ? "true" : "false");
}

static bool
list_entry(void *arg, const struct entry *e)
{
	char text[OBJECT_MAX];
	struct listing *l = arg;
	struct buf b;

	buf_init(&b, text, sizeof(text));
	if (l->json && l->n > 0)
		buf_putc(&b, ',');
	put_entry(l->c, &b, e, l->json);
	l->n++;
	l->rc = print_buf(&b);
	return (l->rc == 0);
}

int
spool_list_command(struct ctl *c, const struct options *o)
{
	struct listing l = { .c = c, .json = o->json };

	if (open_spool(c) != 0)
		return (CTL_FAILED);
	if (o->json)
		fputs("{\"entries\":[", stdout);
	if (spool_each(c->spool, list_entry, &l) != DW_OK)
		return (cannot());
	if (o->json)
		fputs("]}\n", stdout);
	return (l.rc == 0 ? CTL_DONE : CTL_FAILED);
}

/* Until nothing waits, or nothing goes on. */
static enum dw_result
replay(struct ctl *c, uint64_t *left)
{
	uint64_t before = UINT64_MAX;
	enum dw_result rc;

	for (int stuck = 0;;) {
		rc = spool_replay(c->spool, NULL, PIECE, left);
		if (rc == DW_OK && *left == 0)
			return (DW_OK);
		if (*left >= before && ++stuck == STUCK_MAX)
			return (DW_UNAVAILABLE);
		if (*left >= before)
			usleep(PAUSE_US);
		before = *left;
	}
}

int
spool_replay_command(struct ctl *c, const struct options *o)
{
	struct spool_numbers n = { .pending = 0 };
	uint64_t left;
	enum dw_result rc;

	if (open_spool(c) != 0)
		return (CTL_FAILED);
	if (spool_numbers(c->spool, &n) != DW_OK)
		return (cannot());
	left = n.pending;
	rc = replay(c, &left);
	ctl_flush(c);
	if (o->json)
		printf("{\"replayed\":%llu,\"pending\":%llu}\n", (unsigned long long)(n.pending > left ? n.pending - left : 0),
		    (unsigned long long)left);
	else
		print_line("%llu replayed, %llu pending", (unsigned long long)(n.pending > left ? n.pending - left : 0),
		    (unsigned long long)left);
	if (rc != DW_OK)
		ctl_say("Redis does not have all of them yet: repeat the command");
	return (rc == DW_OK ? CTL_DONE : CTL_FAILED);
}

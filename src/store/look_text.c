/* SPDX-License-Identifier: ISC */
/* What each fault of a server is called, how much it weighs, and in which words it and its mending are told. */
#include <string.h>

#include "base/buf.h"
#include "base/redis_url.h"
#include "base/str.h"
#include "doorward/config.h"

#include "store/look.h"

static const struct {
	const char *name;
	enum look_weight weight;
	const char *says;  /* % is what was seen */
	const char *mends; /* NULL: the rights that lack */
} faults[LOOK_FAULTS] = {
	[LOOK_REPLICA] = { "replica", LOOK_BROKEN, "Redis is not a master (its role is %): it is neither read nor written.",
	    "let redis.url name the master, or: REPLICAOF NO ONE" },
	[LOOK_OLD] = { "version", LOOK_BROKEN, "Redis % is older than 7.0.", "install Redis 7.0 or later" },
	[LOOK_DENIED] = { "acl", LOOK_BROKEN, "Our user may not do in Redis all that logins and logouts need.", NULL },
	[LOOK_UNCOUNTED] = { "acl_throttle", LOOK_BROKEN, "Our user may not count failed logins in Redis: nobody can log in.",
	    NULL },
	[LOOK_UNSAVED] = { "disk", LOOK_BROKEN, "Redis cannot write its append-only file and takes no writes.",
	    "make room on Redis' disk, see its log" },
	[LOOK_FULL] = { "memory", LOOK_BROKEN, "Redis' memory is full (maxmemory): nobody can log in.",
	    "CONFIG SET maxmemory with more than it has" },
	[LOOK_EVICTS] = { "maxmemory-policy", LOOK_DEGRADED,
	    "Redis' maxmemory-policy is %: sessions, and the records of their end, can vanish.",
	    "CONFIG SET maxmemory-policy noeviction" },
	[LOOK_VOLATILE] = { "appendonly", LOOK_DEGRADED, "Redis' appendonly is off: a restart brings back what was logged out.",
	    "CONFIG SET appendonly yes" },
	[LOOK_UNSYNCED] = { "appendfsync", LOOK_DEGRADED,
	    "Redis answers before its disk has what it answers, and redis.durability is \"disk\": what is ended is "
	    "acknowledged by "
	    "the spool only.",
	    "CONFIG SET appendonly yes appendfsync always" },
	[LOOK_UNPROVEN] = { "acl_durability", LOOK_DEGRADED,
	    "Our user may not ask Redis whether an ending is as durable as redis.durability says: it is acknowledged by the "
	    "spool "
	    "only.",
	    NULL },
	[LOOK_UNTOLD] = { "acl_cache", LOOK_DEGRADED,
	    "Our user may not be told of changes in Redis, so the session cache stays off.", NULL },
	[LOOK_UNRELAYED] = { "acl_relay", LOOK_DEGRADED,
	    "Our user may not do in Redis all that the relay needs: events are not delivered.", NULL },
	[LOOK_UNTRIMMED] = { "acl_outbox", LOOK_WARNING, "Our user may not trim outboxes: without a relay they grow for ever.",
	    NULL },
	[LOOK_UNSWEPT] = { "acl_sweep", LOOK_WARNING,
	    "Our user may not walk over all records: a session that expires is reported at its user's next login.", NULL },
	[LOOK_UNSEEN] = { "unseen", LOOK_WARNING,
	    "Our user may not look at Redis' role, version, maxmemory-policy and appendonly.", NULL },
};

enum look_fault
look_first(uint32_t bits)
{
	enum look_fault f = 0;

	while (f < LOOK_FAULTS && (bits & LOOK_BIT(f)) == 0)
		f++;
	return (f);
}

enum look_weight
look_weight(enum look_fault f)
{

	return (faults[f].weight);
}

const char *
look_name(enum look_fault f)
{

	return (faults[f].name);
}

static const char *
seen(const struct look *l, enum look_fault f)
{

	return (f == LOOK_REPLICA ? l->role : f == LOOK_OLD ? l->version : l->policy);
}

/* What is wrong, for a log line, the status page and doorward -t. */
void
look_say(struct buf *b, const struct look *l, enum look_fault f)
{
	const char *says = faults[f].says, *gap = strchr(says, '%');

	if (gap == NULL)
		buf_puts(b, says);
	else
		buf_printf(b, "%.*s%s%s", (int)(gap - says), says, seen(l, f), gap + 1);
}

static void
mend_rights(struct buf *b, const struct config *c, const char *rules)
{
	bool plain = str_is_word(str_of(c->redis_user), "-_.@", LOOK_WORD_MAX);

	buf_printf(b, "ACL SETUSER %s %s", c->redis_user[0] == '\0' ? "default" : plain ? c->redis_user : "USER", rules);
}

/* What to type to mend it, as far as a command can. */
void
look_mend(struct buf *b, const struct look *l, const struct config *c, enum look_fault f)
{
	struct redis_url url; /* where sentinels choose the master, they would undo what is done by hand */

	if (f == LOOK_REPLICA && redis_url_read(c->redis_url, &url) && url.kind == REDIS_SENTINEL)
		buf_printf(b, "the sentinels make one within their failover-timeout, else: SENTINEL FAILOVER %s", url.master);
	else if (faults[f].mends != NULL)
		buf_puts(b, faults[f].mends);
	else
		mend_rights(b, c, f == LOOK_UNSEEN ? "+info +role" : l->rules);
}

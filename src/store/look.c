/* SPDX-License-Identifier: ISC */
/*
 * One look at a server: four questions in one piece, ROLE, INFO, and the probe twice (loaded, then run). ROLE and INFO
 * overlap so that a user who may not give one of them is still seen through the other.
 *
 * The probe is given the table below: one command of each kind that we use, on a key or channel as we name them. Redis only
 * says yes or no, not whether it is the command or the key; so what is missing is told as both, which is never more than we
 * need. What the scripts need stands in themselves ("--@ needs"); embed.sh makes it the rows of rights.inc, and fails where
 * a script calls what no line speaks of.
 */
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "doorward/config.h"
#include "store/args.h"
#include "store/keys.h"
#include "store/script.h"

#include "store/look.h"

#define MAJOR_MIN 7 /* EXPIREAT with GT, flags of scripts, redis.acl_check_cmd */
#define CLUSTER_SCHEME "cluster:"
#define CHANNEL "__redis__:invalidate"

static const struct right {
	const char *on;       /* rule for the key or channel; NULL = none */
	const char *rule;     /* for the command */
	const char *command;  /* the command as the probe reads it */
	enum look_fault lack; /* what it means to be without it */
} rights[] = {
	/* what is read without a script (store/reading.c), and what loads and runs scripts */
	{ KEYS_RULE_RECORD, "+hmget", "HMGET " KEYS_LIKE_RECORD " u", LOOK_DENIED },
	{ KEYS_RULE_RECORD, "+hgetall", "HGETALL " KEYS_LIKE_RECORD, LOOK_DENIED },
	{ NULL, "+ping", "PING", LOOK_DENIED },
	{ NULL, "+evalsha", "EVALSHA x 0", LOOK_DENIED },
	{ NULL, "+script|load", "SCRIPT LOAD x", LOOK_DENIED },
#include "store/rights.inc"
	/* what the cache's keeper needs */
	{ "&" CHANNEL, "+subscribe", "SUBSCRIBE " CHANNEL, LOOK_UNTOLD },
	{ NULL, "+client|id", "CLIENT ID", LOOK_UNTOLD },
	{ NULL, "+client|tracking", "CLIENT TRACKING ON", LOOK_UNTOLD },
	/* what redis.durability needs: is_used() tells which */
	{ NULL, "+wait", "WAIT 1 1", LOOK_UNPROVEN },
	{ NULL, "+config|get", "CONFIG GET appendfsync", LOOK_UNPROVEN },
	/* what a cluster needs */
	{ NULL, "+cluster|slots", "CLUSTER SLOTS", LOOK_DENIED },
	{ NULL, "+asking", "ASKING", LOOK_DENIED },
	/* what the relay's sweep needs */
	{ NULL, "+scan", "SCAN 0", LOOK_UNSWEPT },
	/* what the relay needs, besides its scripts: src/store/group.c, dead.c, sink_numbers.c */
	{ KEYS_RULE_EVENTS, "+subscribe", "SUBSCRIBE " KEYS_LIKE_EVENTS, LOOK_UNRELAYED },
	{ KEYS_RULE_OUTBOX, "+xgroup|create", "XGROUP CREATE " KEYS_LIKE_OUTBOX " g 0 MKSTREAM", LOOK_UNRELAYED },
	{ KEYS_RULE_OUTBOX, "+xreadgroup", "XREADGROUP GROUP g c STREAMS " KEYS_LIKE_OUTBOX " >", LOOK_UNRELAYED },
	{ KEYS_RULE_OUTBOX, "+xack", "XACK " KEYS_LIKE_OUTBOX " g 0-1", LOOK_UNRELAYED },
	{ KEYS_RULE_SINK, "+xreadgroup", "XREADGROUP GROUP g c STREAMS " KEYS_LIKE_SINK " >", LOOK_UNRELAYED },
	{ KEYS_RULE_SINK, "+xadd", "XADD " KEYS_LIKE_SINK " * e v", LOOK_UNRELAYED },
	{ KEYS_RULE_SINK, "+xdel", "XDEL " KEYS_LIKE_SINK " 0-1", LOOK_UNRELAYED },
	{ KEYS_RULE_SINK, "+xlen", "XLEN " KEYS_LIKE_SINK, LOOK_UNRELAYED },
	{ KEYS_RULE_SINK, "+hset", "HSET " KEYS_LIKE_SINK " a b", LOOK_UNRELAYED },
	{ KEYS_RULE_SINK, "+hgetall", "HGETALL " KEYS_LIKE_SINK, LOOK_UNRELAYED },
};

#define RIGHTS (sizeof(rights) / sizeof(rights[0]))

_Static_assert(RIGHTS + 3 <= ARGS_MAX, "the probe's arguments");

static bool
is_of_cluster(const struct right *r)
{

	return (strncmp(r->command, "CLUSTER", 7) == 0 || strcmp(r->command, "ASKING") == 0);
}

/* What is switched off needs no rights. */
static bool
is_used(const struct config *c, const struct right *r)
{

	switch (r->lack) {
	case LOOK_UNTOLD:
		return (c->cache_enabled);
	case LOOK_UNCOUNTED:
		return (c->throttle_enabled);
	case LOOK_UNSWEPT:
	case LOOK_UNRELAYED:
		return (c->relay_enabled);
	case LOOK_UNPROVEN:
		return (c->redis_durability == (r->command[0] == 'W' ? DURABILITY_REPLICA : DURABILITY_DISK));
	default:
		return (!is_of_cluster(r) || strncmp(c->redis_url, CLUSTER_SCHEME, strlen(CLUSTER_SCHEME)) == 0);
	}
}

/* The last one only with redis.durability "disk". */
enum { ASK_ROLE, ASK_INFO, ASK_LOAD, ASK_PROBE, ASK_SYNC };

size_t
look_questions(const struct config *c)
{

	return (c->redis_durability == DURABILITY_DISK ? ASK_SYNC + 1 : ASK_SYNC);
}

void
look_question(const struct config *c, size_t i, struct args *a)
{

	switch (i) {
	case ASK_ROLE:
		args_init(a, "ROLE");
		return;
	case ASK_INFO:
		args_init(a, "INFO");
		return;
	case ASK_LOAD:
		args_init(a, "SCRIPT");
		args_text(a, "LOAD");
		args_text(a, script_text(SCRIPT_PROBE));
		return;
	case ASK_SYNC:
		args_init(a, "CONFIG");
		args_text(a, "GET");
		args_text(a, "append*");
		return;
	}
	script_begin(SCRIPT_PROBE, a);
	for (size_t k = 0; k < RIGHTS; k++)
		if (is_used(c, &rights[k]))
			args_text(a, rights[k].command);
}

static struct str
text_of(const redisReply *r)
{

	return ((struct str){ r->str, r->len });
}

/* A word of the server's, which goes into logs and pages: what does not look like one is not taken. */
static void
take_word(char out[LOOK_WORD_MAX + 1], struct str word)
{

	if (str_is_word(word, ".-_+~", LOOK_WORD_MAX))
		(void)str_copy(out, LOOK_WORD_MAX + 1, word);
}

static bool
take_role(struct look *l, const redisReply *r)
{

	if (r->type != REDIS_REPLY_ARRAY || r->elements < 1 || r->element[0]->type != REDIS_REPLY_STRING)
		return (false);
	take_word(l->role, text_of(r->element[0]));
	if (r->elements > 2 && r->element[2]->type == REDIS_REPLY_ARRAY)
		l->replicas = (uint32_t)r->element[2]->elements;
	return (true);
}

/* The value of ${name} in the text of INFO; STR_NONE if it is not there. */
static struct str
member(struct str info, const char *name)
{
	size_t n = strlen(name);

	while (info.p != NULL) {
		struct str line = str_cut(&info, '\n');

		if (line.len > n && line.p[n] == ':' && str_starts(line, name)) {
			line = (struct str){ line.p + n + 1, line.len - n - 1 };
			return (str_cut(&line, '\r'));
		}
	}
	return (STR_NONE);
}

static uint64_t
number(struct str info, const char *name)
{
	uint64_t n = 0;

	return (str_to_u64(member(info, name), UINT64_MAX, &n) ? n : 0);
}

static void
set(struct look *l, enum look_fault f, bool is_so)
{

	if (is_so)
		l->faults |= LOOK_BIT(f);
}

static void
take_run(struct look *l, struct str id)
{

	for (size_t i = 0; i < 16 && i < id.len; i++)
		l->run = l->run << 4 | (uint64_t)(str_hex_value(id.p[i]) & 15);
}

/* Full only where nothing is evicted: otherwise Redis makes room by itself. */
static void
take_memory(struct look *l, struct str info)
{
	uint64_t most = number(info, "maxmemory"), free_of = number(info, "mem_not_counted_for_evict");

	take_word(l->policy, member(info, "maxmemory_policy"));
	set(l, LOOK_EVICTS, l->policy[0] != '\0' && strcmp(l->policy, "noeviction") != 0);
	set(l, LOOK_FULL, most > 0 && (l->faults & LOOK_BIT(LOOK_EVICTS)) == 0 && number(info, "used_memory") > most + free_of);
}

/* What is absent from INFO is "not seen", and never assumed to be good. */
static void
take_info(struct look *l, struct str info)
{
	struct str version = member(info, "redis_version"), rest = version;
	uint64_t major = MAJOR_MIN;

	take_word(l->version, version);
	if (version.p != NULL)
		(void)str_to_u64(str_cut(&rest, '.'), INT32_MAX, &major);
	set(l, LOOK_OLD, major < MAJOR_MIN);
	if (l->role[0] == '\0')
		take_word(l->role, member(info, "role"));
	take_run(l, member(info, "run_id"));
	l->pid = number(info, "process_id");
	take_memory(l, info);
	set(l, LOOK_VOLATILE, str_is(member(info, "aof_enabled"), "0"));
	set(l, LOOK_UNSAVED, str_is(member(info, "aof_last_write_status"), "err"));
	l->loading = str_is(member(info, "loading"), "1");
	set(l, LOOK_UNSEEN, version.p == NULL || l->policy[0] == '\0');
}

static bool
is_named(struct str rules, const char *rule)
{

	while (rules.p != NULL && rules.len > 0)
		if (str_is(str_cut(&rules, ' '), rule))
			return (true);
	return (false);
}

/* Names ${rule} once; "+hget" is not named by "+hgetall". */
static void
lacks(struct look *l, struct buf *b, const char *rule)
{

	if (rule != NULL && !is_named((struct str){ l->rules, b->len }, rule))
		buf_printf(b, "%s%s", b->len > 0 ? " " : "", rule);
}

/* One integer for each right that was asked about, in the same order. */
static void
take_rights(struct look *l, const struct config *c, const redisReply *r)
{
	size_t at = 0;
	struct buf b;

	buf_init(&b, l->rules, sizeof(l->rules));
	for (size_t k = 0; k < RIGHTS; k++) {
		if (!is_used(c, &rights[k]))
			continue;
		if (at >= r->elements || r->element[at]->type != REDIS_REPLY_INTEGER) {
			set(l, LOOK_UNSEEN, true);
			return;
		}
		if (r->element[at++]->integer != 0)
			continue;
		set(l, rights[k].lack, true);
		lacks(l, &b, rights[k].on);
		lacks(l, &b, rights[k].rule);
	}
}

static bool
begins(const redisReply *r, const char *word)
{

	return (r->type == REDIS_REPLY_ERROR && str_starts(text_of(r), word));
}

/* Scripts cannot be run at all: then the probe cannot tell what else is missing, and everything we need is named. */
static void
take_no_scripts(struct look *l, const struct config *c)
{
	struct buf b;

	buf_init(&b, l->rules, sizeof(l->rules));
	for (size_t k = 0; k < RIGHTS; k++) {
		if (!is_used(c, &rights[k]))
			continue;
		lacks(l, &b, rights[k].on);
		lacks(l, &b, rights[k].rule);
	}
	set(l, LOOK_DENIED, true);
}

static void
take_probe(struct look *l, const struct config *c, const redisReply *r)
{

	if (r->type == REDIS_REPLY_ARRAY)
		take_rights(l, c, r);
	else if (begins(r, "NOPERM") || begins(r, "NOSCRIPT"))
		take_no_scripts(l, c);
	else if (!l->loading && (l->faults & LOOK_NO_SCRIPTS) == 0)
		set(l, LOOK_UNSEEN, true);
}

/* The value of the setting ${name} among pairs of names and values; STR_NONE if it is not there. */
static struct str
setting(const redisReply *r, const char *name)
{

	for (size_t i = 0; r->type == REDIS_REPLY_ARRAY && i + 1 < r->elements; i += 2)
		if (r->element[i]->type == REDIS_REPLY_STRING && str_is(text_of(r->element[i]), name) &&
		    r->element[i + 1]->type == REDIS_REPLY_STRING)
			return (text_of(r->element[i + 1]));
	return (STR_NONE);
}

/* Who may not be asked is not known to be good. */
static void
take_sync(struct look *l, const redisReply *r)
{
	struct str on = setting(r, "appendonly"), when = setting(r, "appendfsync");

	if (begins(r, "NOPERM"))
		set(l, LOOK_UNPROVEN, true);
	if (on.p == NULL || when.p == NULL)
		return;
	l->synced = str_is(on, "yes") && str_is(when, "always");
	set(l, LOOK_UNSYNCED, !l->synced);
}

static void
judge_role(struct look *l)
{

	l->faults &= ~LOOK_BIT(LOOK_REPLICA);
	set(l, LOOK_REPLICA, l->role[0] != '\0' && strcmp(l->role, "master") != 0);
	set(l, LOOK_UNSEEN, l->role[0] == '\0');
}

bool
look_take(struct look *l, const struct config *c, size_t i, const struct redisReply *r)
{

	if (r == NULL)
		return (false);
	switch (i) {
	case ASK_ROLE:
		return (take_role(l, r) || begins(r, "NOPERM") || begins(r, "LOADING"));
	case ASK_INFO:
		if (r->type == REDIS_REPLY_STRING)
			take_info(l, text_of(r));
		else
			set(l, LOOK_UNSEEN, true);
		judge_role(l);
		return (true);
	case ASK_LOAD:
		return (true); /* whether it could be loaded is what running it says */
	case ASK_SYNC:
		take_sync(l, r);
		return (true);
	}
	take_probe(l, c, r);
	l->at = l->loading ? 0 : clock_mono_ms();
	return (true);
}

bool
look_is_master(struct look *l, const struct redisReply *role)
{

	if (take_role(l, role))
		judge_role(l);
	return ((l->faults & LOOK_BIT(LOOK_REPLICA)) == 0);
}

/* SPDX-License-Identifier: ISC */
/*
 * One question, or several at once: the link that has the bucket, its breaker, its connection, the questions themselves, and
 * what each answer comes to.
 *
 * Once a second the question for the role goes out in front of the commands, in the same piece: if the server has become a
 * replica in the meantime, what it answered is thrown away, everybody's connections are void, and everything is asked once
 * more over a new one. A script is only sent where the look at this connection said that all it does is allowed: what Redis
 * refuses in its middle would leave half a login behind.
 *
 * The breaker is told once of each piece: that the node did not answer, or that it did, whatever it said.
 *
 * In a cluster all this is one of up to TURNS_MAX turns, and all of them have one deadline. After MOVED the next turn goes
 * where it says; after ASK at once, with ASKING before the command, and only this time; after TRYAGAIN (two keys of which only
 * one has been moved yet) a little later. Where a node cannot be asked, somebody else may be in its place: the others are asked
 * for the map, and if that has nothing new, nobody waits. What was answered elsewhere than the map says is not for the cache:
 * its keeper may not be told of changes there yet.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/log.h"
#include "doorward/board.h"
#include "doorward/cache.h"
#include "doorward/config.h"
#include "store/cluster.h"
#include "store/conn.h"
#include "store/durable.h"
#include "store/look.h"
#include "store/warn.h"

#include "store/call.h"

#define HOLD_MS 200           /* until a server that was no master is tried again: the new one is to be found within a second */
#define SENTINELS_MS 2000     /* between two questions to them, where there is no keeper to ask every second */
#define SENTINELS_OPEN_MS 200 /* while nothing is asked: what they say is what it waits for */
#define LOOK_AGAIN_MS 1000    /* until rights that lacked are looked for again */

/* What the first word of an error of Redis means to us. */
enum meaning {
	MEANS_DOWN,      /* the server cannot be asked at present: counts for the breaker */
	MEANS_DENIED,    /* our user may not: the next connection looks what else; for the breaker as down, where it is all we
			    asked */
	MEANS_NO,        /* it refuses this write, and would answer others: does not count */
	MEANS_DEMOTED,   /* it is not the master any more: the next call connects anew */
	MEANS_ELSEWHERE, /* another node has the key */
	MEANS_NO_SLOT,   /* no node has it, or this one has lost sight of the others: does not count either */
	MEANS_LATER,     /* in a moment one node has all of the keys */
	MEANS_SCRIPT,    /* it does not know the script */
	MEANS_NO_GROUP,  /* nor the consumer group */
	MEANS_GROUP,     /* that there is already */
	MEANS_FAULT      /* our own mistake, or foreign data under our key */
};

#define TURNS_MAX 5 /* of one question in a cluster */
#define LATER_MS 20 /* after TRYAGAIN, and up to 30 more */

#define BIT(meaning) (1u << (meaning))

static const struct {
	const char *word;
	enum meaning meaning;
} meanings[] = {
	{ "NOSCRIPT", MEANS_SCRIPT },
	{ "NOGROUP", MEANS_NO_GROUP },
	{ "BUSYGROUP", MEANS_GROUP },
	{ "READONLY", MEANS_DEMOTED },
	{ "MOVED", MEANS_ELSEWHERE },
	{ "ASK", MEANS_ELSEWHERE },
	{ "TRYAGAIN", MEANS_LATER },
	{ "LOADING", MEANS_DOWN },
	{ "MASTERDOWN", MEANS_DOWN },
	{ "CLUSTERDOWN", MEANS_NO_SLOT },
	{ "BUSY", MEANS_DOWN },
	{ "NOAUTH", MEANS_DOWN },
	{ "NOPERM", MEANS_DENIED },
	{ "OOM", MEANS_NO },
	{ "MISCONF", MEANS_NO },
	{ "NOREPLICAS", MEANS_NO },
};

static struct str
first_word(const redisReply *r)
{
	struct str s = { r->str, r->len };

	return (str_cut(&s, ' '));
}

static enum meaning
meaning_of(const redisReply *r)
{
	struct str word = first_word(r);

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (str_is(word, meanings[i].word))
			return (meanings[i].meaning);
	return (MEANS_FAULT);
}

/* The server is no longer the master: all that this host has cached from it is void. */
static void
leave(struct redis_store *s, struct link *l)
{

	conn_void(l->conn);
	conn_close(l->conn);
	cache_lease(s->cache, 0);
	cache_flush(s->cache);
}

static bool
take_role(struct redis_store *s, struct link *l, int64_t deadline)
{
	redisReply *r = conn_read(l->conn, deadline);
	bool good = r != NULL && conn_take_role(l->conn, r);

	if (r != NULL && !good)
		leave(s, l);
	freeReplyObject(r);
	return (good);
}

/* Forgets what was answered: it counts together or not at all. Returns false. */
static bool
drop(struct call *const *calls, size_t n)
{

	for (size_t i = 0; i < n; i++) {
		freeReplyObject(calls[i]->reply);
		calls[i]->reply = NULL;
	}
	return (false);
}

static bool
append(const struct redis_store *s, struct link *l, struct call *const *calls, size_t n)
{
	const char *asking[] = { "ASKING" };

	for (size_t i = 0; i < n; i++)
		if ((calls[i]->asking && !conn_append(l->conn, 1, asking, NULL)) ||
		    !conn_append(l->conn, calls[i]->a->n, (const char **)calls[i]->a->v, calls[i]->a->len) ||
		    (calls[i]->keep && !durable_ask(s, l->conn)))
			return (false);
	return (true);
}

/* The answer to ASKING: that it was of no use is said by the next one. */
static bool
skip(struct conn *c, int64_t deadline)
{
	redisReply *r = conn_read(c, deadline);
	bool good = r != NULL;

	freeReplyObject(r);
	return (good);
}

static bool
read_all(struct redis_store *s, struct link *l, struct call *const *calls, size_t n, int64_t deadline)
{

	for (size_t i = 0; i < n; i++)
		if ((calls[i]->asking && !skip(l->conn, deadline)) ||
		    (calls[i]->reply = conn_read(l->conn, deadline)) == NULL ||
		    (calls[i]->keep && !durable_take(s, l->conn, deadline, &calls[i]->kept)))
			return (drop(calls, n));
	return (true);
}

/*
 * Sends ${calls}, the question for the role before them and that for the clock behind them where they are due, and reads the
 * replies.
 */
static bool
exchange(struct redis_store *s, struct link *l, struct call *const *calls, size_t n, int64_t now, int64_t deadline)
{
	bool roled = conn_role_is_old(l->conn, now), timed = conn_time_is_old(l->conn, now);
	redisReply *t;

	s->sent = true;
	if ((roled && !conn_ask_role(l->conn)) || !append(s, l, calls, n) || (timed && !conn_ask_time(l->conn))) {
		conn_close(l->conn); /* half a pipeline would shift all later replies */
		return (false);
	}
	if ((roled && !take_role(s, l, deadline)) || !read_all(s, l, calls, n, deadline))
		return (false);
	if (timed) {
		t = conn_read(l->conn, deadline);
		conn_take_time(l->conn, t);
		freeReplyObject(t);
	}
	return (true);
}

/* The faults of a server that ${calls} are not sent to: none where there is no script among them. */
static uint32_t
refused_by(struct call *const *calls, size_t n)
{
	uint32_t faults = 0;

	for (size_t i = 0; i < n; i++)
		if (strcmp(calls[i]->a->v[0], "EVALSHA") == 0)
			faults |= LOOK_NO_SCRIPTS |
				  (script_fits(SCRIPT_GUESS, calls[i]->a) || script_fits(SCRIPT_ALERT, calls[i]->a)
					  ? LOOK_BIT(LOOK_UNCOUNTED)
					  : 0);
	return (faults);
}

/* May ${calls} be sent? Looks again where that is not known, or where the answer may have become another. */
static bool
is_allowed(struct link *l, struct call *const *calls, size_t n, int64_t deadline)
{
	const struct look *seen = conn_seen(l->conn);
	uint32_t faults = refused_by(calls, n);
	bool bad = (seen->faults & faults) != 0;

	if (faults == 0)
		return (true);
	if (seen->at == 0 || (bad && clock_mono_ms() - seen->at >= LOOK_AGAIN_MS)) {
		if (!conn_look(l->conn, deadline))
			return (true); /* the connection is closed: that is what is found next */
		bad = (seen->faults & faults) != 0;
	}
	l->denied = bad;
	return (!bad);
}

/* Replicas may take their time on top of that of the command. */
static bool
exchange_patiently(struct redis_store *s, struct link *l, struct call *const *calls, size_t n, int64_t now, int64_t deadline)
{
	int64_t more = n == 1 && calls[0]->keep ? durable_begin(s, l->conn) : 0;
	bool good;

	if (more == 0)
		return (exchange(s, l, calls, n, now, deadline));
	conn_patience(l->conn, more);
	good = exchange(s, l, calls, n, now, deadline + more);
	conn_patience(l->conn, 0);
	return (good);
}

/* Over the open connection. False: try another one, unless this one kept silent or the server may not be sent this. */
static bool
ask_open(struct redis_store *s, struct link *l, struct call *const *calls, size_t n, int64_t now, int64_t deadline)
{

	if (!is_allowed(l, calls, n, deadline) || !exchange_patiently(s, l, calls, n, now, deadline))
		return (false);
	for (size_t i = 0; i < n; i++)
		if (calls[i]->reply->type == REDIS_REPLY_ERROR && meaning_of(calls[i]->reply) == MEANS_DEMOTED) {
			leave(s, l);
			return (drop(calls, n));
		}
	return (true);
}

static int64_t
lesser(int64_t a, int64_t b)
{

	return (a < b ? a : b);
}

/*
 * One connection attempt at most: if there is no connection, if the one there is was closed by the other side while it lay
 * idle, or if its server turned out to be no master. A connection that keeps silent is not tried again: the caller would wait
 * twice.
 */
static bool
ask(struct redis_store *s, struct link *l, struct call *const *calls, size_t n)
{
	int64_t now = clock_mono_ms(), wait = s->conf->redis_connect_timeout;
	int64_t command = lesser(now + s->conf->redis_command_timeout, s->until), all;

	l->denied = false;
	all = lesser(now + (wait > s->conf->redis_command_timeout ? wait : s->conf->redis_command_timeout), s->until);
	if (!conn_is_current(l->conn))
		conn_close(l->conn);
	if (conn_is_open(l->conn)) {
		if (ask_open(s, l, calls, n, now, command))
			return (true);
		if (l->denied || conn_was_slow(l->conn))
			return (false);
	}
	return (conn_open(l->conn, all) &&
		ask_open(s, l, calls, n, now, lesser(clock_mono_ms() + s->conf->redis_command_timeout, s->until)));
}

static void
show(struct redis_store *s, bool failed)
{

	if (s->slot == NULL)
		return;
	atomic_store_explicit(&s->slot->breaker, route_breaker(&s->route), memory_order_relaxed);
	if (failed)
		board_count(s->slot, COUNT_STORE_ERRORS, 1);
}

/* A server that answered but must not be used is left for a moment; one that does not answer counts as a failure. */
static void
down(struct redis_store *s, struct link *l)
{

	if ((conn_seen(l->conn)->faults & LOOK_UNUSABLE) != 0)
		breaker_hold(&l->breaker, clock_mono_ms(), HOLD_MS);
	else if (breaker_failure(&l->breaker, clock_mono_ms()))
		log_warn("Redis does not answer, not asking it for a while failures=%d open_ms=%d", (int)l->breaker.failures,
		    (int)l->breaker.open_ms);
	show(s, true);
}

static void
answered(struct redis_store *s, struct link *l, bool failed)
{

	if (breaker_success(&l->breaker))
		log_info("Redis answers again");
	show(s, failed);
}

/* Logs the error without what Redis may have repeated of our arguments. */
static void
complain(const char *command, const redisReply *r)
{
	struct str text = { r->str, r->len };
	const char *args = memmem(text.p, text.len, ", with args", strlen(", with args"));

	if (args != NULL)
		text.len = (size_t)(args - text.p);
	if (warn_due(WARN_FAULT))
		log_error("Redis error command=%s error=%s", command, log_text(text));
}

/* Maps the error ${r} to a result. */
static enum dw_result
refused(const struct redis_store *s, const char *command, const redisReply *r, enum meaning m)
{

	if (m == MEANS_SCRIPT || m == MEANS_NO_GROUP)
		return (DW_ABSENT);
	if (m == MEANS_GROUP)
		return (DW_REFUSED);
	if (m == MEANS_FAULT || (m == MEANS_ELSEWHERE && s->route.cluster == NULL)) {
		complain(command, r);
		return (DW_FAULT);
	}
	if (warn_due(WARN_REFUSED))
		log_warn("Redis refuses command=%s error=%s", command, log_text(first_word(r)));
	return (DW_UNAVAILABLE);
}

/* Follows what the node of ${l} says of ${c}. False: that cannot be followed. */
static bool
follow(struct redis_store *s, const struct link *l, struct call *c)
{
	struct redirect to;

	if (!cluster_redirect_read((struct str){ c->reply->str, c->reply->len }, &to) ||
	    (c->detour = route_follow(&s->route, l, &to)) == NULL)
		return (false);
	s->strayed = true;
	c->next = to.ask ? CALL_ASK : CALL_OPEN;
	return (true);
}

/* In a cluster: is there another turn for ${c}, whose reply means ${m}? */
static bool
has_a_turn(struct redis_store *s, const struct link *l, struct call *c, enum meaning m)
{

	if (s->route.cluster == NULL)
		return (false);
	if (m == MEANS_ELSEWHERE)
		return (follow(s, l, c));
	if (m == MEANS_LATER)
		c->next = CALL_LATER;
	else if (m == MEANS_DOWN || m == MEANS_NO_SLOT)
		c->next = CALL_DOWN;
	return (m == MEANS_LATER);
}

/* Sets the result of ${c} and returns the bit of what its reply means, 0 where that is no error. */
static unsigned
settle(struct redis_store *s, struct link *l, struct call *c)
{
	enum meaning m;

	c->result = DW_OK;
	c->next = CALL_ENDED;
	if (c->reply->type != REDIS_REPLY_ERROR)
		return (0);
	m = meaning_of(c->reply);
	if (m == MEANS_DOWN || m == MEANS_NO || m == MEANS_NO_SLOT)
		conn_refused(l->conn, first_word(c->reply));
	c->result = has_a_turn(s, l, c, m) ? DW_UNAVAILABLE : refused(s, c->a->v[0], c->reply, m);
	freeReplyObject(c->reply);
	c->reply = NULL;
	return (BIT(m));
}

/*
 * Takes the replies and tells the breaker. A right that lacks for one of several questions is no outage: the others are
 * answered.
 */
static void
settle_all(struct redis_store *s, struct link *l, struct call *const *calls, size_t n)
{
	unsigned seen = 0;

	for (size_t i = 0; i < n; i++)
		seen |= settle(s, l, calls[i]);
	if ((seen & BIT(MEANS_DENIED)) != 0)
		conn_close(l->conn); /* our rights have changed: the next one looks */
	if ((seen & BIT(MEANS_DOWN)) != 0 || (n == 1 && (seen & BIT(MEANS_DENIED)) != 0))
		down(s, l);
	else
		answered(s, l, (seen & ~(BIT(MEANS_SCRIPT) | BIT(MEANS_NO_GROUP) | BIT(MEANS_GROUP))) != 0);
}

/* Asks ${calls}, all of which are for ${l}. Where it cannot be asked they keep DW_UNAVAILABLE. */
static void
ask_link(struct redis_store *s, struct link *l, struct call *const *calls, size_t n)
{
	uint32_t stage = 0;
	bool good;

	if (conn_is_open(l->conn) || l->breaker.state != BREAKER_CLOSED)
		conn_ask_sentinels(l->conn, l->breaker.state == BREAKER_CLOSED ? SENTINELS_MS : SENTINELS_OPEN_MS);
	if (!conn_is_current(l->conn))
		breaker_hasten(&l->breaker); /* somebody has found out since that another server is to be asked */
	if (!breaker_allows(&l->breaker, clock_mono_ms())) {
		show(s, true);
		return;
	}
	s->route.last = (size_t)(l - s->route.links);
	if (s->slot != NULL) {
		stage = atomic_load_explicit(&s->slot->stage, memory_order_relaxed);
		board_stage(s->slot, STAGE_REDIS);
	}
	good = ask(s, l, calls, n);
	if (good)
		settle_all(s, l, calls, n);
	else if (l->denied)
		answered(s, l, true);
	else
		down(s, l);
	if (s->slot != NULL)
		board_stage(s->slot, (enum board_stage)stage);
}

/* Asks those of ${calls} that are open and lie on link ${i}. Those that it did not answer wait for another one in its place. */
static void
ask_share(struct redis_store *s, size_t i, struct call *calls, size_t n)
{
	struct link *l = &s->route.links[i];
	struct call *share[CALLS_MAX];
	size_t k = 0;

	for (size_t j = 0; j < n; j++)
		if (calls[j].next == CALL_OPEN && route_link(&s->route, calls[j].bucket) == l) {
			calls[j].next = CALL_DOWN;
			calls[j].detour = l;
			share[k++] = &calls[j];
		}
	if (k > 0)
		ask_link(s, l, share, k);
}

/* Asks ${c} where ASK said; if that says the same, it is asked in a moment. */
static void
ask_detour(struct redis_store *s, struct call *c)
{
	struct call *const one[1] = { c };

	c->next = CALL_DOWN;
	c->asking = true;
	ask_link(s, &s->route.links[c->detour - s->route.links], one, 1);
	c->asking = false;
	if (c->next == CALL_ASK)
		c->next = CALL_LATER;
}

/* Brings the map up to date. What this host has cached is void where this process is the first to find that it has changed. */
static void
refresh(struct redis_store *s, bool doubt)
{
	uint64_t before;

	if (s->route.cluster == NULL)
		return;
	before = s->route.cluster->changes;
	(void)route_refresh(&s->route, doubt, lesser(s->until, clock_mono_ms() + s->conf->redis_connect_timeout));
	if (s->route.cluster->changes == before)
		return;
	cache_lease(s->cache, 0);
	cache_flush(s->cache);
}

static size_t
count(const struct call *calls, size_t n, unsigned next)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		k += calls[i].next == next;
	return (k);
}

/* Those of ${calls} that a server had which has it no more are open again. */
static void
reopen(struct redis_store *s, struct call *calls, size_t n)
{

	refresh(s, true);
	for (size_t i = 0; i < n; i++)
		if (calls[i].next == CALL_DOWN && route_link(&s->route, calls[i].bucket) != calls[i].detour)
			calls[i].next = CALL_OPEN;
}

/* Lets a moment pass, if there is one, and opens what was to be asked later. */
static void
wait_a_moment(struct redis_store *s, struct call *calls, size_t n)
{
	int64_t ms = LATER_MS + clock_mono_ms() % LATER_MS / 2 * 3;

	if (clock_mono_ms() + ms >= s->until)
		return;
	(void)poll(NULL, 0, (int)ms);
	for (size_t i = 0; i < n; i++)
		if (calls[i].next == CALL_LATER)
			calls[i].next = CALL_OPEN;
}

/* After a turn: is there another one? */
static bool
go_on(struct redis_store *s, struct call *calls, size_t n)
{

	if (s->route.cluster == NULL)
		return (false);
	for (size_t i = 0; i < n; i++) {
		if (calls[i].next == CALL_ASK)
			ask_detour(s, &calls[i]);
		else if (calls[i].next == CALL_OPEN && route_link(&s->route, calls[i].bucket) == NULL) {
			calls[i].next = CALL_DOWN;
			calls[i].detour = NULL;
		}
	}
	if (count(calls, n, CALL_DOWN) > 0)
		reopen(s, calls, n);
	if (count(calls, n, CALL_LATER) > 0)
		wait_a_moment(s, calls, n);
	return (count(calls, n, CALL_OPEN) > 0 && clock_mono_ms() < s->until);
}

/* Of links there may be more after a turn than before. */
static void
ask_all(struct redis_store *s, struct call *calls, size_t n)
{
	int turns = 0;

	s->until = clock_mono_ms() + s->conf->redis_connect_timeout + s->conf->redis_command_timeout;
	s->sent = s->strayed = false;
	refresh(s, false);
	do {
		for (size_t i = 0; i < s->route.n; i++)
			ask_share(s, i, calls, n);
	} while (++turns < TURNS_MAX && go_on(s, calls, n));
}

/* ${kept} NULL: it need not be durable. */
static enum dw_result
ask_one(struct redis_store *s, unsigned bucket, const struct args *a, struct redisReply **out, bool *kept)
{
	struct call c = { .bucket = bucket, .a = a, .keep = kept != NULL, .result = DW_UNAVAILABLE };

	*out = NULL;
	if (a->overflow)
		return (DW_FAULT);
	ask_all(s, &c, 1);
	*out = c.reply;
	if (kept != NULL)
		*kept = c.kept;
	return (c.result);
}

enum dw_result
call_ask(struct redis_store *s, unsigned bucket, const struct args *a, struct redisReply **out)
{

	return (ask_one(s, bucket, a, out, NULL));
}

size_t
call_nodes(struct redis_store *s)
{

	s->until = clock_mono_ms() + s->conf->redis_connect_timeout;
	refresh(s, false);
	return (s->route.n);
}

enum dw_result
call_node(struct redis_store *s, size_t node, const struct args *a, struct redisReply **out)
{
	struct call c = { .a = a, .result = DW_UNAVAILABLE }, *const one[1] = { &c };

	s->until = clock_mono_ms() + s->conf->redis_connect_timeout + s->conf->redis_command_timeout;
	ask_link(s, &s->route.links[node], one, 1);
	*out = c.reply;
	if (c.result == DW_UNAVAILABLE && s->route.cluster != NULL)
		s->route.cluster->stale = true;
	return (c.result);
}

void
call_many(struct redis_store *s, struct call *calls, size_t n)
{

	for (size_t i = 0; i < n; i++) {
		bool bad = calls[i].a->overflow || n > CALLS_MAX;

		calls[i].reply = NULL;
		calls[i].keep = calls[i].asking = false;
		calls[i].result = bad ? DW_FAULT : DW_UNAVAILABLE;
		calls[i].next = bad ? CALL_ENDED : CALL_OPEN;
	}
	if (n <= CALLS_MAX)
		ask_all(s, calls, n);
}

/* Redis forgets scripts at a restart or SCRIPT FLUSH: then it is loaded and called once more. */
enum dw_result
call_script_kept(
    struct redis_store *s, unsigned bucket, enum script_id id, const struct args *a, struct redisReply **out, bool *kept)
{
	enum dw_result result;
	struct args load;

	*out = NULL;
	if (!script_fits(id, a))
		return (call_nonsense(script_name(id)));
	if ((result = ask_one(s, bucket, a, out, kept)) != DW_ABSENT)
		return (result);
	args_init(&load, "SCRIPT");
	args_text(&load, "LOAD");
	args_text(&load, script_text(id));
	if ((result = call_node(s, s->route.last, &load, out)) != DW_OK) /* which is where it was not known */
		return (result == DW_ABSENT ? DW_FAULT : result);
	freeReplyObject(*out);
	result = ask_one(s, bucket, a, out, kept);
	return (result == DW_ABSENT ? DW_FAULT : result);
}

enum dw_result
call_script(struct redis_store *s, unsigned bucket, enum script_id id, const struct args *a, struct redisReply **out)
{

	return (call_script_kept(s, bucket, id, a, out, NULL));
}

enum dw_result
call_nonsense(const char *command)
{

	if (warn_due(WARN_FAULT))
		log_error("Redis record or reply makes no sense command=%s", command);
	return (DW_FAULT);
}

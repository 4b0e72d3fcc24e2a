/* SPDX-License-Identifier: ISC */
/*
 * The facts of one server that all processes share: see doorward/node.h. Each word is changed in one step, and none needs
 * another.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "doorward/config.h"
#include "store/warn.h"

#include "store/node.h"

#define SAY_MAX 1024
#define CONFIG_KEPT_MS 10000 /* sentinels that were made anew count from nought */
#define FORGOTTEN_MS 60000   /* of who is in no map, and does not answer */
#define SAID_MS                                                                                                                \
	10000 /* a fault that comes and goes is told again after this time at the earliest, and so is a cluster that changes   \
	       */

/* Whoever comes first raises the epoch; the others find it raised and do nothing. */
bool
node_void(struct node *n, uint32_t epoch)
{

	return (atomic_compare_exchange_strong(&n->epoch, &epoch, epoch + 1));
}

/* Kept one higher than the sentinels count, who begin with 0; nought is nothing heard. Nobody waits for the highest for ever.
 */
bool
node_follow(struct node *n, uint64_t config)
{
	uint64_t before = atomic_load(&n->config), next = config < UINT64_MAX ? config + 1 : config;
	int64_t now = clock_mono_ms();

	if (next < before && now - atomic_load(&n->config_at) < CONFIG_KEPT_MS)
		return (false);
	atomic_store(&n->config_at, now);
	if (next == before || !atomic_compare_exchange_strong(&n->config, &before, next) || before == 0)
		return (true);
	atomic_fetch_add(&n->epoch, 1);
	if (warn_due(WARN_ANOTHER))
		log_warn("the sentinels name another master than before, everybody connects anew");
	return (true);
}

bool
node_ask_due(struct node *n, int64_t ms)
{
	int64_t now = clock_mono_ms(), before = atomic_load_explicit(&n->asked_at, memory_order_relaxed);

	return (now - before >= ms && atomic_compare_exchange_strong(&n->asked_at, &before, now));
}

uint64_t
node_map_untold(struct node *n)
{
	int64_t now = clock_mono_ms(), before = atomic_load(&n->map_said_at);
	uint64_t changes = atomic_load(&n->map_changes);

	if ((before != 0 && now - before < SAID_MS) || !atomic_compare_exchange_strong(&n->map_said_at, &before, now))
		return (0);
	return (changes - atomic_exchange(&n->map_said, changes));
}

static void
tell(const struct look *l, const struct config *c, enum look_fault f)
{
	char what[SAY_MAX], mend[SAY_MAX];
	struct buf w, m;

	buf_init(&w, what, sizeof(what));
	look_say(&w, l, f);
	buf_init(&m, mend, sizeof(mend));
	look_mend(&m, l, c, f);
	if (look_weight(f) == LOOK_BROKEN)
		log_error("%s To mend it: %s", what, mend);
	else
		log_warn("%s To mend it: %s", what, mend);
}

/*
 * Says of ${f} what has changed since it was spoken of last. One that comes and goes is held back for a while and told then
 * if it is still there, so that the last line about it is always true.
 */
static void
say_once(struct node *n, const struct look *l, const struct config *c, enum look_fault f, bool is_there)
{
	static int64_t next[LOOK_FAULTS];
	int64_t now = clock_mono_ms();
	uint32_t bit = LOOK_BIT(f);

	if (is_there == ((atomic_load(&n->said) & bit) != 0) || (n->hushed && look_weight(f) != LOOK_BROKEN))
		return;
	if (!is_there && (atomic_fetch_and(&n->said, ~bit) & bit) != 0)
		log_info("Redis is mended: fault=%s", look_name(f));
	if (!is_there || now < next[f] || (atomic_fetch_or(&n->said, bit) & bit) != 0)
		return;
	next[f] = now + SAID_MS;
	tell(l, c, f);
}

static void
enter_faults(struct node *n, const struct look *l, const struct config *c)
{
	/* while it loads its files nobody can be asked what he may do */
	uint32_t kept = l->loading ? LOOK_BIT(LOOK_DENIED) | LOOK_BIT(LOOK_UNTOLD) | LOOK_BIT(LOOK_UNTRIMMED) |
					 LOOK_BIT(LOOK_UNPROVEN) | LOOK_BIT(LOOK_UNSWEPT)
				   : 0;
	uint32_t before = atomic_load(&n->faults), now = l->faults | (before & kept);

	while (!atomic_compare_exchange_weak(&n->faults, &before, now))
		now = l->faults | (before & kept);
	atomic_store(&n->broken, now != 0 && look_weight(look_first(now)) == LOOK_BROKEN);
	for (enum look_fault f = 0; f < LOOK_FAULTS; f++)
		if (((l->faults | ~kept) & LOOK_BIT(f)) != 0)
			say_once(n, l, c, f, (now & LOOK_BIT(f)) != 0);
}

/*
 * Where two answer in turn behind one address, each change voids once; nothing here waits. It is not a line each: there could
 * be one for every request.
 */
static void
enter_run(struct node *n, const struct look *l)
{
	uint64_t before = atomic_load(&n->run);

	if (l->run == 0 || before == l->run || !atomic_compare_exchange_strong(&n->run, &before, l->run) || before == 0)
		return;
	atomic_fetch_add(&n->failovers, 1);
	atomic_fetch_add(&n->epoch, 1);
	if (warn_due(WARN_ANOTHER))
		log_warn(
		    "another Redis answers than before, connecting anew failovers=%u", (unsigned)atomic_load(&n->failovers));
}

void
node_replicas(struct node *n, uint32_t seen)
{
	uint32_t before = atomic_load_explicit(&n->replicas, memory_order_relaxed);

	while (seen > before && !atomic_compare_exchange_weak(&n->replicas, &before, seen))
		;
}

void
node_enter(struct node *n, const struct look *l, const struct config *c)
{

	enter_faults(n, l, c);
	node_replicas(n, l->replicas);
	if ((l->faults & LOOK_UNUSABLE) == 0)
		enter_run(n, l);
	atomic_store(&n->answered_at, clock_mono_ms());
}

/* 0 is no address. */
static uint64_t
hash_of(const char *address)
{
	uint64_t hash = str_hash(STR_HASH, address, strlen(address));

	return (hash != 0 ? hash : 1);
}

static bool
is_forgotten(const struct node *n, int64_t now)
{

	return (now - atomic_load(&n->claimed_at) > FORGOTTEN_MS && now - atomic_load(&n->answered_at) > FORGOTTEN_MS);
}

/* What is known of the server of before is not true of this one; how many failovers there were is. */
static void
begin_anew(struct node *n)
{

	atomic_store(&n->faults, 0);
	atomic_store(&n->said, 0);
	atomic_store(&n->broken, 0);
	atomic_store(&n->run, 0);
	atomic_store(&n->replicas, 0);
	atomic_store(&n->short_until, 0);
	atomic_fetch_add(&n->epoch, 1);
}

/* All go from the first on, so that two who look for the same address at once come to the same place. */
static struct node *
claim(struct node *nodes, uint64_t hash, bool forgotten)
{
	int64_t now = clock_mono_ms();

	for (size_t i = 0; i < NODES_MAX; i++) {
		uint64_t before = atomic_load(&nodes[i].address);

		if (before != hash && before != 0 && (!forgotten || !is_forgotten(&nodes[i], now)))
			continue;
		if (before != hash && atomic_compare_exchange_strong(&nodes[i].address, &before, hash))
			begin_anew(&nodes[i]);
		else if (before != hash)
			continue;
		atomic_store(&nodes[i].claimed_at, now);
		return (&nodes[i]);
	}
	return (NULL);
}

struct node *
node_claim(struct node *nodes, const char *address)
{
	uint64_t hash = hash_of(address);
	struct node *n = claim(nodes, hash, false);

	return (n != NULL ? n : claim(nodes, hash, true));
}

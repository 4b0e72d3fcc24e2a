/* SPDX-License-Identifier: ISC */
/*
 * The spool: endings that were promised while Redis could not be asked, on this host's disk until Redis has them.
 *
 * It stands between the rules and the store: spool_store_ops are the store's operations with this added. An ending that could
 * not be written (DW_UNAVAILABLE, which includes an answer that was lost), or that is written but not durable (at_risk in the
 * reply), is committed to the spool, entered in the deny table of this host (doorward/deny.h), and answered DW_PENDING. Nothing
 * else is spooled, and while Redis answers nothing of this costs a system call. Where the spool cannot be written either, the
 * result stays DW_UNAVAILABLE: nothing is promised. A notice that is to last (a change of password) is kept in the same way,
 * behind the endings that go with it. What is denied counts for every question: lookup, list, rotate.
 *
 * Who is not to be believed yet is judged when it is written: ${unjudged} in end_write and revoke_write.
 */
#ifndef DOORWARD_SPOOL_H
#define DOORWARD_SPOOL_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/result.h"
#include "doorward/store.h"

struct cache;
struct config;
struct deny;
struct node;
struct spool;

/* What the spool holds. */
struct spool_numbers {
	uint64_t pending;       /* endings that Redis does not have yet */
	int64_t oldest_seconds; /* age of the first of them */
	uint64_t replayed;      /* that Redis has, kept for a while in case a failover forgets them */
	uint64_t damaged;       /* files set aside beside it, because they could not be read */
};

/* The operations; their ${store} is a struct spool. */
extern const struct store_ops spool_store_ops;

/*
 * One process's spool before ${inner}, whose context is ${store}; ${c} must stay alive. ${deny} NULL: this process shares no
 * memory with others, and looks into the file at each question that would pass. The file is opened when it is needed. NULL if
 * there is no memory.
 */
struct spool *spool_new(const struct config *c, const struct store_ops *inner, void *store, struct deny *deny);

/* Gives ${s} this host's cache: what leaves the table takes along what is kept there of its user. */
void spool_set_cache(struct spool *s, struct cache *cache);

/* While ${company} is true, another daemon promises on the same file: it is looked into at each question. */
void spool_keep_company(struct spool *s, const _Atomic bool *company);
void spool_free(struct spool *s);

/*
 * Makes the file if it is missing; a damaged one is set aside under another name, with what can be read of it carried over, and
 * said in the log. Once, before processes use it. 0 or -1 with a sentence in ${err}.
 */
int spool_make(const struct config *c, char *err, size_t errlen);

/* Enters in ${deny} what the file has. 0, or -1 with a sentence in ${err}: then nothing may be admitted. */
int spool_fill(const struct config *c, struct deny *deny, char *err, size_t errlen);

/* Commits an ending, as spool_store_ops do; ${at} seconds, by the store's clock. DW_PENDING, or DW_UNAVAILABLE: nothing is
 * promised. */
enum dw_result spool_end(struct spool *s, const struct end_write *w, int64_t at);
enum dw_result spool_revoke(struct spool *s, const struct revoke_write *w, int64_t at);
enum dw_result spool_notify(struct spool *s, const struct notice *n, int64_t at);

/* What others have written into the file is entered in the deny table, and what they replayed leaves it. Cheap when nothing
 * has changed. */
void spool_sync(struct spool *s);

/* The same, if nobody of this host has done it within the second ${now}, or there is company. */
void spool_sync_if_due(struct spool *s, int64_t now);

enum dw_result spool_numbers(struct spool *s, struct spool_numbers *out);

/*
 * Writes up to ${most} of what waits into the store, in order; ${nodes} are this host's servers, of which a change of run id
 * makes what was replayed lately wait again. DW_OK: ${*left} tells how many still wait. DW_UNAVAILABLE: the store or the file
 * cannot be asked now; ${*left} is what is known, as it was before the call if the file is that.
 */
enum dw_result spool_replay(struct spool *s, const struct node *nodes, size_t most, uint64_t *left);

#endif

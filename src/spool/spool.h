/* SPDX-License-Identifier: ISC */
/* What the parts of the spool share. */
#ifndef SPOOL_SPOOL_H
#define SPOOL_SPOOL_H

#include "doorward/session.h"
#include "doorward/spool.h"
#include "spool/file.h"

struct entry;
struct deny_entry;
struct deny_question;

/* How long after Redis has an ending it is kept, ms: a failover forgets less than that. */
#define SPOOL_KEEP_MS INT64_C(60000)

enum spool_statement {
	STATEMENT_COUNT,
	STATEMENT_COUNT_USER,
	STATEMENT_COUNT_SESSION,
	STATEMENT_INSERT,
	STATEMENT_AGAIN,
	STATEMENT_FIND,
	STATEMENT_OF_USER,
	STATEMENT_WAITS,
	STATEMENT_REASON,
	STATEMENT_SINCE,
	STATEMENT_ROWS,
	STATEMENT_VERSION,
	STATEMENT_NUMBERS,
	STATEMENT_NEXT,
	STATEMENT_DONE,
	STATEMENT_REOPEN,
	STATEMENT_PURGE,
	STATEMENT_DROP,
	STATEMENT_LEFT,
	STATEMENT_EARLIER,
	STATEMENT_LIST,
	SPOOL_STATEMENTS
};

_Static_assert(SPOOL_STATEMENTS <= FILE_STATEMENTS, "all have a place");

struct spool {
	const struct config *conf;
	const struct store_ops *inner;
	void *store;
	struct deny *deny; /* NULL: the file is looked into instead */
	const _Atomic bool *company;
	struct cache *cache; /* of this host; NULL = none */
	struct spool_file file;
	int64_t version; /* of the file, as last looked at by this process; -1 = never */
	uint64_t opened; /* of the file, at that look */
	uint64_t cursor; /* of the replay: the row looked at last */
	uint64_t runs;   /* of the servers, as last seen by the replay; 0 = not yet */
	int64_t purged;  /* mono, ms */
	bool compare;    /* this process has changed what is done: the table is to be compared, which no version tells */
	bool enter;      /* and what waits again is to be entered again */
};

/*
 * The same question as deny_finds(), to the file: DW_OK nobody denies, DW_REFUSED with ${out}, DW_UNAVAILABLE: it
 * cannot be asked, so nobody may pass. DW_BUSY: nobody, since the store has lately ended whom it was about: only what the store
 * says after this counts.
 */
enum dw_result spool_asks_file(struct spool *s, const struct deny_question *q, struct deny_entry *out);

/* What the operator said in the entry ${row}. False: nothing, or the file cannot be asked, which is no news about the ending.
 */
bool spool_reason(struct spool *s, uint64_t row, char out[REASON_MAX + 1]);

/* True if an ending of the user waits. What cannot be asked does not: Redis may take the next one. */
bool spool_waits(struct spool *s, const uint8_t user_key[USER_KEY_LEN]);

#endif

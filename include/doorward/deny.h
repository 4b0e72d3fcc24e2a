/* SPDX-License-Identifier: ISC */
/*
 * Who is refused on this host though Redis does not know it yet: one entry for each ending in the spool (doorward/spool.h), in
 * memory that the master made before the fork and all processes of this host share. It is asked before the cache and before
 * Redis. An entry is made when its ending has been committed to the spool, and leaves when Redis has it, never before; it is
 * made again from the spool at the next start.
 *
 * Empty, as it is but after an outage, it costs one atomic load. Reading takes no lock. Writers take one that survives the
 * death of its owner at any moment.
 */
#ifndef DOORWARD_DENY_H
#define DOORWARD_DENY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/session.h"

#define DENY_ID_LEN JTI_LEN

struct deny;

enum deny_kind {
	DENY_SESSION = 1, /* the session ${id}: its cookie and its tokens */
	DENY_TOKENS = 2,  /* the tokens of the session ${id}, but not its cookie */
	DENY_JTI = 3,     /* one access token */
	/*
	 * All sessions of the user that were opened by ${at}. While it cannot be asked when one was opened, that is all of
	 * them.
	 */
	DENY_USER = 4
};

struct deny_entry {
	enum deny_kind kind;
	enum end_cause cause;
	uint8_t user_key[USER_KEY_LEN];
	uint8_t id[DENY_ID_LEN];         /* a session's handle, followed by zeroes, or a jti; DENY_USER: zeroes */
	int64_t at;                      /* when it was asked for, seconds */
	uint8_t except[SESSION_KEY_LEN]; /* DENY_USER: but not this one; zeroes = without exception */
	uint8_t device[DEVICE_KEY_LEN];  /* DENY_USER: of this device only, as far as can be told; zeroes = of any */
	uint64_t row;                    /* of the spool */
};

/* May this pass? */
struct deny_question {
	const uint8_t *user_key, *session_key;
	const uint8_t *jti;            /* of the access token that asks; NULL = it is none */
	bool by_token;                 /* asks an access or refresh token */
	const struct session *session; /* as the store has it; NULL = it cannot be asked, or has not been yet */
};

/* Makes a table for ${most} entries, in memory shared with later children. NULL with errno set on failure. Before any fork. */
struct deny *deny_new(size_t most);

/* True if nobody is refused, also for NULL. */
bool deny_is_empty(const struct deny *d);

/* True if an entry refuses ${q}: copied to ${out}. */
bool deny_finds(const struct deny *d, const struct deny_question *q, struct deny_entry *out);

/* The same by what is true whatever the store says: ${q}->session is not looked at, and nothing said of all a user's sessions.
 */
bool deny_finds_for_sure(const struct deny *d, const struct deny_question *q, struct deny_entry *out);

/*
 * How many entries have left. Who read this before he asked the cache or the store, and finds another number behind it, may
 * have been told what was true before an ending and have missed its entry: he asks again.
 */
uint64_t deny_removals(const struct deny *d);

/* True if there may be something to say about the session: then a cached answer is no answer. */
bool deny_suspects(
    const struct deny *d, const uint8_t user_key[USER_KEY_LEN], const uint8_t session_key[SESSION_KEY_LEN], bool by_token);

/* Does this entry refuse ${q}? */
bool deny_applies(const struct deny_entry *e, const struct deny_question *q);

/* Enters ${e}, unless it is there already. False: the table is full. Effective for every process when it returns. */
bool deny_put(struct deny *d, const struct deny_entry *e);

/* Takes it out. */
void deny_remove(struct deny *d, const struct deny_entry *e);

/* Takes out all entries of which ${keep} is false. */
void deny_sift(struct deny *d, bool (*keep)(void *arg, const struct deny_entry *e), void *arg);

size_t deny_count(const struct deny *d);

/* How far the spool has been read into the table: its last row. For spool_sync(). */
uint64_t deny_seen(const struct deny *d);
void deny_set_seen(struct deny *d, uint64_t row);

/* True for one caller in each second ${now}: to him it falls to look whether others have written into the spool. */
bool deny_claim_second(struct deny *d, int64_t now);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * Is this Redis good enough? Asked over every new connection, and again when it is time: what the server is (ROLE, INFO) and
 * whether our user may do all that the scripts do (redis.acl_check_cmd, in the script "probe").
 *
 * What is found wrong is a set of faults. A fault names itself and the line that mends it; how bad it is says whether
 * anything is sent to that server at all. "Not allowed to look" is a fault of its own and never more than a warning: absent
 * is not could-not-ask.
 */
#ifndef STORE_LOOK_H
#define STORE_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct args;
struct config;
struct redisReply;

enum look_fault {
	LOOK_REPLICA,   /* not a master: neither read nor written, whatever it answers */
	LOOK_OLD,       /* older than 7.0: scripts would fail half-way */
	LOOK_DENIED,    /* our user may not do all that the scripts do */
	LOOK_UNCOUNTED, /* our user may not count guesses: no logins, but all the rest */
	LOOK_UNSAVED,   /* it cannot write its files, and takes no writes therefore */
	LOOK_FULL,      /* maxmemory is reached: no logins */
	LOOK_EVICTS,    /* maxmemory-policy: it may throw sessions and records of their end away */
	LOOK_VOLATILE,  /* appendonly is off: a restart brings back what was logged out */
	LOOK_UNSYNCED,  /* redis.durability "disk": it answers before its disk has what it promises */
	LOOK_UNPROVEN,  /* our user may not ask whether that, or "replica", is so */
	LOOK_UNTOLD,    /* our user may not be told of changes: no session cache */
	LOOK_UNRELAYED, /* our user may not do what the relay does: events wait */
	LOOK_UNTRIMMED, /* our user may not trim outboxes, which only a relay does then */
	LOOK_UNSWEPT,   /* our user may not walk over all records: what expires is reported at the next login */
	LOOK_UNSEEN,    /* our user may not look at (some of) this */
	LOOK_FAULTS
};

enum look_weight { LOOK_WARNING, LOOK_DEGRADED, LOOK_BROKEN }; /* nothing lacks; it works, for now; logins or logouts do not */

#define LOOK_BIT(fault) (UINT32_C(1) << (fault))
/* Nothing is asked of such a server; no script is sent to such a server, since it could end half-way. */
#define LOOK_UNUSABLE LOOK_BIT(LOOK_REPLICA)
#define LOOK_NO_SCRIPTS (LOOK_UNUSABLE | LOOK_BIT(LOOK_OLD) | LOOK_BIT(LOOK_DENIED))

#define LOOK_PERIOD_MS 1000 /* between two looks by those who watch */
#define LOOK_WORD_MAX 31
#define LOOK_RULES_MAX 639

struct look {
	uint32_t faults;                 /* LOOK_BIT() of each */
	bool loading;                    /* it reads its files: what it may do cannot be asked yet */
	bool synced;                     /* it is known to have on its disk what it answers */
	uint32_t replicas;               /* that follow it now */
	char role[LOOK_WORD_MAX + 1];    /* "master", "slave"; "" = not known */
	char version[LOOK_WORD_MAX + 1]; /* "" = not known */
	char policy[LOOK_WORD_MAX + 1];  /* maxmemory-policy */
	char rules[LOOK_RULES_MAX + 1];  /* ACL rules our user lacks */
	uint64_t run;                    /* a part of the run id; 0 = not known */
	uint64_t pid;                    /* of its process, where that runs; 0 = not known */
	int64_t at;                      /* mono, ms; 0 = not looked at, or while it was loading */
};

/* How many commands one look has, with the settings ${c}. */
size_t look_questions(const struct config *c);

/* The ${i}th question of a look. */
void look_question(const struct config *c, size_t i, struct args *a);

/*
 * Takes its answer into ${l}, which was zeroed before the first. Returns false if no question can be asked of such a server
 * at present.
 */
bool look_take(struct look *l, const struct config *c, size_t i, const struct redisReply *r);

/* Takes the answer of ROLE alone, on a connection that was looked at. Returns whether it is a master, or not for us to know. */
bool look_is_master(struct look *l, const struct redisReply *role);

/* The gravest fault in ${faults}, LOOK_FAULTS if there is none; its weight; its name in JSON and metrics. */
enum look_fault look_first(uint32_t faults);
enum look_weight look_weight(enum look_fault f);
const char *look_name(enum look_fault f);

/* Appends what is wrong, as a sentence; and the line that mends it. ${l} is what was seen by the process that asks. */
void look_say(struct buf *b, const struct look *l, enum look_fault f);
void look_mend(struct buf *b, const struct look *l, const struct config *c, enum look_fault f);

#endif

/* SPDX-License-Identifier: ISC */
/* What an error of Redis means to us: its first word says so. */
#ifndef STORE_MEANING_H
#define STORE_MEANING_H

#include "base/str.h"

struct redisReply;

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

/* Of ${r}, which must be an error. */
enum meaning meaning_of(const struct redisReply *r);

/* All it says but what it repeats of our arguments, for a log; in the memory of ${r}. */
struct str meaning_text(const struct redisReply *r);

/* Its first word, in the memory of ${r}. */
struct str meaning_word(const struct redisReply *r);

#endif

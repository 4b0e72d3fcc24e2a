/* SPDX-License-Identifier: ISC */
/* Who asked for an ending while nobody could be asked who he is. */
#ifndef SPOOL_JUDGE_H
#define SPOOL_JUDGE_H

#include "spool/entry.h"
#include "spool/spool.h"

enum verdict {
	VERDICT_ALLOWED,
	VERDICT_REVOKED, /* by a token that was revoked: it may end the session that it is of */
	VERDICT_REFUSED
};

/* DW_OK with a verdict, at once if there is nothing to judge; else the store cannot be asked. */
enum dw_result judge_entry(const struct spool *s, const struct entry *e, enum verdict *out);

#endif

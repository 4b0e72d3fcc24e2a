/* SPDX-License-Identifier: ISC */
/* What other commands need of changes of accounts. */
#ifndef CTL_CHANGE_H
#define CTL_CHANGE_H

struct ctl;

/* Ends all sessions of the user ${id}, whose password was replaced. Returns 0, or -1 after saying until when they may live. */
int change_end_sessions(struct ctl *c, const char *id);

#endif

/* SPDX-License-Identifier: ISC */
/* One question to PAM, in a process of its own. */
#ifndef PAM_TURN_H
#define PAM_TURN_H

#include <stdbool.h>

#include "doorward/board.h"
#include "doorward/helper.h"

struct serving {
	struct child *child;
	const struct userdb_driver *driver;
	void *db;
};

/*
 * Has ${q} answered by the module. False: there is no answer, since it took longer than until ${q}->until and was killed, or
 * because it ended otherwise; which is in the log. What it started has ended when this returns.
 */
bool turn_take(const struct serving *s, const struct helper_question *q, struct helper_answer *a);

#endif

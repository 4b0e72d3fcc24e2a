/* SPDX-License-Identifier: ISC */
/* The account page, which also says what became of a change of password. */
#ifndef HANDLE_ACCOUNT_H
#define HANDLE_ACCOUNT_H

#include "handle/credential.h"

/* What went wrong with the form for a new password. */
struct account_alarm {
	struct str text; /* p NULL = nothing */
	bool current;    /* it is about the current password */
	bool new;        /* it is about the new one */
};

/*
 * Answers ${status} with the page of the caller ${p}, ${id}; shows the newest sessions if that is not 200. False: they could
 * not be read, with ${*rc}, and nothing is answered.
 */
bool account_show(struct app *app, struct request *q, struct response *r, const struct presented *p, const struct identity *id,
    int status, const struct account_alarm *alarm, enum dw_result *rc);

#endif

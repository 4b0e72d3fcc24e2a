/* SPDX-License-Identifier: ISC */
/* What the listener and the kick ask of the operators' pages. */
#ifndef ADMIN_EXPLORER_H
#define ADMIN_EXPLORER_H

#include "doorward/app.h"
#include "doorward/request.h"
#include "doorward/response.h"

/* True if the form carries a token that one of our pages had, at most two hours ago. */
bool explorer_token_valid(const struct app *app, const struct request *q);

/* Answers the form's kick: so many sessions have ended. */
void explorer_kicked(struct response *r, uint32_t ended);

/* The same where Redis cannot be told yet. */
void explorer_pending(struct response *r);

#endif

/* SPDX-License-Identifier: ISC */
/* The answer that every ending of a session by its owner gives. */
#ifndef HANDLE_ENDED_H
#define HANDLE_ENDED_H

#include <stdint.h>

#include "doorward/app.h"
#include "doorward/response.h"

/*
 * Answers 200 {"status":"logged_out","already","ended","logout"}. ${reply} is that of the store, NULL if no record is to be
 * shown; ${ended} counts what this call ended.
 */
void ended_answer(
    struct app *app, struct response *r, const uint8_t user_key[USER_KEY_LEN], const struct end_reply *reply, uint32_t ended);

/* Answers 202 {"status":"pending"}: it is promised, and honoured on this host already. */
void ended_pending(struct response *r);

#endif

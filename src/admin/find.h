/* SPDX-License-Identifier: ISC */
/* From what an operator calls a user to where the user's sessions are. */
#ifndef ADMIN_FIND_H
#define ADMIN_FIND_H

#include <stdbool.h>

#include "doorward/app.h"
#include "doorward/request.h"
#include "doorward/response.h"

/* Writes the locator of the user whose name (or id, for accounts that are gone) is ${who} to ${user_key}. False: answered. */
bool find_user(struct app *app, const struct request *q, struct response *r, struct str who, uint8_t user_key[USER_KEY_LEN]);

#endif

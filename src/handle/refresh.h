/* SPDX-License-Identifier: ISC */
/* POST /refresh, and what /token shares with it. */
#ifndef HANDLE_REFRESH_H
#define HANDLE_REFRESH_H

#include "auth/refresh.h"
#include "doorward/request.h"
#include "doorward/response.h"

struct app;

void handle_refresh(struct app *app, struct request *q, struct response *r);

/* True if ${device_id} is absent or well-formed; else the request has been answered. */
bool refresh_device_ok(const struct request *q, struct response *r, struct str device_id);

/*
 * Exchanges the refresh token ${text} and answers. Of ${in} device_id and client_id are given. ${unusable} is the status of
 * invalid_grant: 401 where a session is spoken of, 400 in OAuth (RFC 6749 section 5.2).
 */
void refresh_answer(
    struct app *app, const struct request *q, struct response *r, struct str text, struct refresh_input *in, int unusable);

#endif

/* SPDX-License-Identifier: ISC */
/* From variables to a request. */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "doorward/config.h"
#include "doorward/request.h"
#include "http/params.h"

/* Fills ${r} from ${p}; ${authorizer} is the FastCGI role. Borrowed strings live as long as the environment. */
void request_init(struct request *r, const struct config *c, const struct params *p, bool authorizer, struct arena *arena);

/* Finds the routed path. False: there is none, which is 404. */
bool request_route(struct request *r, const struct config *c, const struct params *p);

#endif

/* SPDX-License-Identifier: ISC */
/* The last step of an answer: the fixed headers, and everything as one piece of bytes. */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "doorward/config.h"
#include "doorward/request.h"
#include "doorward/response.h"

/*
 * Appends the whole answer to ${out}: "Status:" first (a server takes an answer without it for consent), the headers every
 * answer has, and the body unless the request was HEAD. If the handler overflowed its room the answer becomes a 500.
 */
void response_write(struct response *r, const struct request *q, const struct config *c, struct buf *out);

#endif

/* SPDX-License-Identifier: ISC */
/* The way to the login page and back. */
#ifndef HANDLE_NEXT_H
#define HANDLE_NEXT_H

#include "base/buf.h"
#include "doorward/config.h"
#include "doorward/request.h"

#define NEXT_ADDRESS_MAX (NEXT_MAX * 3 + 256) /* every byte of it may need %XX */

/* Returns ${uri} if it is a path of this origin and none of ours but the account page, else "/": an address somebody else chose
 * is never followed (R038). */
struct str next_safe(const struct config *c, struct str uri);

/* True if ${uri} is our account page, the only one of ours that anybody comes back to. */
bool next_is_account(const struct config *c, struct str uri);

/* Where ${q} was going, the same way. */
struct str next_of_request(const struct config *c, const struct request *q);

/* The member "next" of the body, else of the query, the same way; "/" if there is none. */
struct str next_asked(const struct config *c, const struct request *q);

/* Appends the login page's address that comes back to where ${q} was going: MOUNT/login?next=… */
void next_login_address(const struct config *c, const struct request *q, struct buf *b);

#endif

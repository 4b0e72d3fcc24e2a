/* SPDX-License-Identifier: ISC */
/* The way to the login page and back. */
#ifndef HANDLE_NEXT_H
#define HANDLE_NEXT_H

#include "base/buf.h"
#include "doorward/config.h"
#include "doorward/request.h"

#define NEXT_ADDRESS_MAX (NEXT_MAX * 3 + 512) /* every byte of it may need %XX; and the issuer before it */

/* Returns ${uri} if it is a path of this origin or an address at one of our own (auth/origin.h), and none of our pages but the
 * account page, else "/": an address somebody else chose is never followed (R038). */
struct str next_safe(const struct config *c, struct str uri);

/* True if ${uri} is our account page, the only one of ours that anybody comes back to. */
bool next_is_account(const struct config *c, struct str uri);

/* Where ${q} was going, the same way: what the front says (DOORWARD_ORIGINAL_URI), else the path that was asked for; with
 * several hosts at the one that was asked, if that is listed. May be in the request's arena. */
struct str next_of_request(const struct config *c, const struct request *q);

/* The member "next" of the body, else of the query, the same way; "/" if there is none. */
struct str next_asked(const struct config *c, const struct request *q);

/* Where the login page is for who asks somewhere in front of an application: below the mount of the same host, or, with several
 * hosts (cookie_domain), at the issuer. "/login" is to be added. */
const char *next_login_place(const struct config *c);

/* Appends the login page's address that comes back to where ${q} was going: MOUNT/login?next=… */
void next_login_address(const struct config *c, const struct request *q, struct buf *b);

#endif

/* SPDX-License-Identifier: ISC */
/* The Authorization header's scheme Basic (RFC 7617), as OAuth clients use it. */
#ifndef HTTP_BASIC_H
#define HTTP_BASIC_H

#include "base/arena.h"
#include "base/str.h"
#include "doorward/result.h"

/*
 * Reads the client's id and secret out of the value ${header}, decoded into the arena. Both are form-url-encoded before they
 * are joined (RFC 6749 section 2.3.1). DW_ABSENT: there is no header. DW_INVALID: another scheme, or malformed.
 */
enum dw_result basic_read(struct arena *a, struct str header, struct str *id, struct str *secret);

/* The password alone of a browser's credentials, as it was typed (RFC 7617). Results as above. */
enum dw_result basic_password(struct arena *a, struct str header, struct str *password);

#endif

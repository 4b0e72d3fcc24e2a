/* Which peers' forwarding headers are believed: none, unless the configuration names them (R002). */
#ifndef WEB_TRUSTED_H
#define WEB_TRUSTED_H

#include <stdbool.h>

#include "base/str.h"

/* True if ${address} is one of, or lies in a prefix of, the NULL-terminated ${list} ("10.0.0.0/8", "fd00::/8", "::1"). */
bool trusted_peer(char *const *list, struct str address);

/*
 * The last address in ${forwarded} ("client, proxy, proxy") that is not itself a trusted peer; STR_NONE if there is none or it is no
 * address. Everything left of it is the client's own claim.
 */
struct str trusted_client(char *const *list, struct str forwarded);

#endif

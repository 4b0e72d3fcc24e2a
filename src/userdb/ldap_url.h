/* SPDX-License-Identifier: ISC */
/* Where a directory is: the address in userdb.url. */
#ifndef USERDB_LDAP_URL_H
#define USERDB_LDAP_URL_H

#include <stdbool.h>

#include "userdb/dial.h"

#define LDAP_SOCKET_MAX 108 /* of a unix socket's path, terminator included */

enum ldap_scheme { LDAP_SCHEME_PLAIN, LDAP_SCHEME_TLS, LDAP_SCHEME_UNIX };

struct ldap_url {
	enum ldap_scheme scheme;
	char host[DIAL_HOST_MAX + 1]; /* without the brackets of an IPv6 address */
	char port[DIAL_PORT_MAX + 1];
	char path[LDAP_SOCKET_MAX]; /* of the unix socket */
};

/*
 * Reads "ldap://host[:port]", "ldaps://host[:port]" or "ldapi://path", the path plain or percent-encoded; none is OpenLDAP's
 * own. A trailing "/" is nothing. Whatever else an LDAP URL may hold is refused: it would be settings in another place.
 */
bool ldap_url_read(const char *url, struct ldap_url *out);

/* Whether ${u} names this machine by the text: what a name resolves to is looked at when it is connected to. */
bool ldap_url_is_loopback(const struct ldap_url *u);

#endif

/* SPDX-License-Identifier: ISC */
/* Search filters (RFC 4515) with places for a name and a DN. */
#ifndef USERDB_LDAP_FILTER_H
#define USERDB_LDAP_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#define LDAP_FILTER_MAX 16384 /* bytes of a finished one */

/*
 * What is wrong with the filter ${text} as a setting, NULL if nothing: it must be one in parentheses that are balanced, and
 * hold at least one of the places of ${places} ("u": %u, a user's name; "ud": also %d, a DN), and none else; "%%" is a percent
 * sign.
 */
const char *ldap_filter_fault(const char *text, const char *places);

/*
 * Writes ${text} with ${user} and ${dn} in their places to ${out}, each byte that could mean anything in a filter escaped.
 * Returns false if that does not fit into LDAP_FILTER_MAX bytes.
 */
bool ldap_filter_make(const char *text, const char *user, const char *dn, char out[LDAP_FILTER_MAX]);

#endif

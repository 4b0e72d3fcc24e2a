/* SPDX-License-Identifier: ISC */
/* Who a user is, by his entry in the directory. */
#ifndef USERDB_LDAP_ENTRY_H
#define USERDB_LDAP_ENTRY_H

#include "doorward/userdb.h"
#include "userdb/ldap_link.h"

/*
 * Looks for the one entry that ldap.filter finds by the name ${name}: its DN goes to ${*dn}, to be freed with ldap_memfree(),
 * id and canonical name to ${out}. DW_ABSENT: there is none, or more than one, which is logged.
 */
enum dw_result entry_find(struct ldap_link *l, int64_t deadline, const char *name, struct account *out, char **dn);

/* The name, by ldap.name, of the entry with the id ${id}, canonical. DW_ABSENT also where ids cannot be searched for. */
enum dw_result entry_name(struct ldap_link *l, int64_t deadline, const char *id, char name[USERNAME_MAX + 1]);

/* Sets the groups of ${out}, whose entry is ${dn}. */
enum dw_result entry_groups(struct ldap_link *l, int64_t deadline, const char *dn, struct account *out);

#endif

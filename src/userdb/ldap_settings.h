/* SPDX-License-Identifier: ISC */
/* What can be told of a directory without talking to it: the rows of src/userdb/driver.c. */
#ifndef USERDB_LDAP_SETTINGS_H
#define USERDB_LDAP_SETTINGS_H

#include "doorward/userdb.h"

extern const struct userdb_driver ldap_row, ldaps_row, ldapi_row;

#endif

/* SPDX-License-Identifier: ISC */
/* Accounts in a file of htpasswd(1). */
#ifndef USERDB_HTPASSWD_H
#define USERDB_HTPASSWD_H

#include "doorward/userdb.h"

extern const struct userdb_driver htpasswd_driver;

#endif

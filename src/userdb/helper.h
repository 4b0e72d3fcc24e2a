/* SPDX-License-Identifier: ISC */
/* "pam:SERVICE": accounts of PAM, as a worker sees them. What it asks is answered by processes of the role "pam". */
#ifndef USERDB_HELPER_H
#define USERDB_HELPER_H

#include "doorward/userdb.h"

extern const struct userdb_driver helper_driver;

#endif

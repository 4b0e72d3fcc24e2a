/* SPDX-License-Identifier: ISC */
/* The driver of "sqlite:PATH", a relative path being below state_dir. */
#ifndef USERDB_SQLITE_H
#define USERDB_SQLITE_H

#include "doorward/userdb.h"

#define DEVICES_KEPT 64 /* a user: the newest; as many as there are sessions by default */

extern const struct userdb_driver sqlite_driver;

#endif

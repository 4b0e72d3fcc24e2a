/* SPDX-License-Identifier: ISC */
/* Accounts in PostgreSQL: the module. */
#include "config.h"

#include "base/module.h"
#include "doorward/userdb.h"

static const struct userdb_driver *const drivers[] = { NULL };

const struct module doorward_module = { .version = MODULE_VERSION, .drivers = drivers };

/* SPDX-License-Identifier: ISC */
/* The sink that is always there: the row in the ledger, and the line in the audit file. */
#ifndef RELAY_LEDGER_H
#define RELAY_LEDGER_H

#include "doorward/sink.h"

extern const struct sink_driver ledger_driver;

#endif

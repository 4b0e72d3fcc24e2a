/* SPDX-License-Identifier: ISC */
/* The sink that runs a program for each event. */
#ifndef RELAY_EXEC_H
#define RELAY_EXEC_H

#include "doorward/sink.h"

extern const struct sink_driver exec_driver;

#endif

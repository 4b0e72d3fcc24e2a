/* SPDX-License-Identifier: ISC */
/* Carries spans of requests to the collector. */
#ifndef RELAY_TRACE_H
#define RELAY_TRACE_H

#include "relay/task.h"

extern const struct relay_task trace_task;

#endif

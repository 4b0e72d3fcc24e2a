/* SPDX-License-Identifier: ISC */
/* The task that carries events to the sinks. */
#ifndef RELAY_DELIVER_H
#define RELAY_DELIVER_H

#include "relay/task.h"

extern const struct relay_task deliver_task;

#endif

/* SPDX-License-Identifier: ISC */
/* The task that writes into Redis what was promised while it was away. */
#ifndef RELAY_REPLAY_H
#define RELAY_REPLAY_H

#include "relay/task.h"

extern const struct relay_task replay_task;

#endif

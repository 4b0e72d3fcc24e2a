/* SPDX-License-Identifier: ISC */
/* Sessions that nobody uses any more are reported when they expire, and not at their user's next login. */
#ifndef RELAY_SWEEP_H
#define RELAY_SWEEP_H

#include "relay/task.h"

extern const struct relay_task sweep_task;

#endif

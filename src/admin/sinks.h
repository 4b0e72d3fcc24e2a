/* SPDX-License-Identifier: ISC */
/* What the operators' process knows of the sinks: the same on every host, since it stands in Redis. */
#ifndef ADMIN_SINKS_H
#define ADMIN_SINKS_H

#include "base/buf.h"
#include "doorward/app.h"

/* Appends the metrics doorward_sink_*; none if Redis cannot be asked. Asked for anew every few seconds at most. */
void sinks_metrics(struct app *app, struct buf *b);

#endif

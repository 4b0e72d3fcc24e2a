/* SPDX-License-Identifier: ISC */
/* What the operators' process knows of the sinks: the same on every host, since it stands in Redis. */
#ifndef ADMIN_SINKS_H
#define ADMIN_SINKS_H

#include "base/buf.h"
#include "doorward/app.h"
#include "admin/health.h"

/*
 * Appends the metrics doorward_sink_*; the member "sinks" of an object, with a comma behind it; a table of the status page. The
 * first and the last append nothing if Redis cannot be asked, the second one null. It is asked anew every few seconds at most.
 */
void sinks_metrics(struct app *app, struct buf *b);
void sinks_json(struct app *app, struct buf *b);
void sinks_html(struct app *app, struct buf *b);

/* Adds a warning for each sink that is behind. */
void sinks_health(struct app *app, struct health *h);

#endif

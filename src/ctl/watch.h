/* SPDX-License-Identifier: ISC */
/* doorwardctl watch: events as they happen. */
#ifndef CTL_WATCH_H
#define CTL_WATCH_H

struct ctl;
struct options;

int watch_command(struct ctl *c, const struct options *o);

#endif

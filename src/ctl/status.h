/* SPDX-License-Identifier: ISC */
/* doorwardctl status: the scoreboard of the running daemon. */
#ifndef CTL_STATUS_H
#define CTL_STATUS_H

struct ctl;
struct options;

int status_command(struct ctl *c, const struct options *o);

#endif

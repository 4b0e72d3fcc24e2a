/* SPDX-License-Identifier: ISC */
/* doorwardctl session kick: ends sessions of others. */
#ifndef CTL_KICK_H
#define CTL_KICK_H

struct ctl;
struct options;

int kick_command(struct ctl *c, const struct options *o);

#endif

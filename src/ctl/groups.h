/* SPDX-License-Identifier: ISC */
/* doorwardctl user groups: shows or changes the groups of an account, and of the sessions that are open. */
#ifndef CTL_GROUPS_H
#define CTL_GROUPS_H

struct ctl;
struct options;

int groups_command(struct ctl *c, const struct options *o);

#endif

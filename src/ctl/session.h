/* SPDX-License-Identifier: ISC */
/* doorwardctl session: what is open. */
#ifndef CTL_SESSION_H
#define CTL_SESSION_H

struct ctl;
struct options;

int session_list_command(struct ctl *c, const struct options *o);
int session_show(struct ctl *c, const struct options *o);

#endif

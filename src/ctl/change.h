/* SPDX-License-Identifier: ISC */
/* doorwardctl user: changes of accounts that end their sessions. */
#ifndef CTL_CHANGE_H
#define CTL_CHANGE_H

struct ctl;
struct options;

int change_password(struct ctl *c, const struct options *o);
int change_disable(struct ctl *c, const struct options *o);
int change_enable(struct ctl *c, const struct options *o);
int change_delete(struct ctl *c, const struct options *o);

#endif

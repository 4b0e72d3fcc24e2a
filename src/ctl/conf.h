/* SPDX-License-Identifier: ISC */
/* doorwardctl config: what the daemon would make of the configuration file. */
#ifndef CTL_CONF_H
#define CTL_CONF_H

struct ctl;
struct options;

int conf_test(struct ctl *c, const struct options *o);
int conf_dump(struct ctl *c, const struct options *o);

#endif

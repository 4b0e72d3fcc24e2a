/* SPDX-License-Identifier: ISC */
/* doorwardctl key: which keys there are, a new one, an old one away. The daemon takes changes up when it is reloaded. */
#ifndef CTL_KEY_H
#define CTL_KEY_H

struct ctl;
struct options;

int key_list(struct ctl *c, const struct options *o);
int key_generate(struct ctl *c, const struct options *o);
int key_retire(struct ctl *c, const struct options *o);

#endif

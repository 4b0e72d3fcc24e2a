/* SPDX-License-Identifier: ISC */
/* doorwardctl hash: a password on standard input becomes a hash on standard output. */
#ifndef CTL_HASH_H
#define CTL_HASH_H

struct ctl;
struct options;

int hash_command(struct ctl *c, const struct options *o);

#endif

/* SPDX-License-Identifier: ISC */
/* The counters of failed guesses. */
#ifndef STORE_GUESS_H
#define STORE_GUESS_H

#include <stddef.h>

struct guess;

/* As in store_ops. */
void guess_steps(void *store, struct guess *guesses, size_t n);

#endif

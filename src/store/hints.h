/* SPDX-License-Identifier: ISC */
/* The events as they are published, as hints where to look: which outbox has something new. They may be lost; outboxes are not.
 */
#ifndef STORE_HINTS_H
#define STORE_HINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct hints;

/* Called with the bucket of each event; with -1 when the subscription stands anew: look everywhere. */
typedef void hint_fn(void *arg, int bucket);

/* Connects to nothing yet. NULL with a sentence in ${err}. */
struct hints *hints_new(const struct config *c, hint_fn *hint, void *arg, char *err, size_t errlen);
void hints_free(struct hints *h);

/* One descriptor for its whole life, readable when hints_run() has work. */
/* Is it subscribed? Then what happens is heard of, but for what a server that was cut off does not know itself. */
bool hints_are_heard(const struct hints *h);

int hints_fd(const struct hints *h);

/* ms until hints_run() wants to be called even so. */
int64_t hints_due(const struct hints *h);

/* Takes what has come; connects where it has to, and never waits longer than Redis' timeouts. */
void hints_run(struct hints *h);

#endif

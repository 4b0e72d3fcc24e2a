/* SPDX-License-Identifier: ISC */
/* doorwardctl status --watch: what happens now, drawn anew every second. */
#ifndef CTL_TOP_H
#define CTL_TOP_H

/*
 * Asks the daemon at the socket ${path} until q or Ctrl-C. On a terminal the picture stays in place; elsewhere one follows the
 * other. Returns an exit code.
 */
int top_run(const char *path);

#endif

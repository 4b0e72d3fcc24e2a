/* SPDX-License-Identifier: ISC */
/*
 * A listening unix socket and some processes that serve it: what the programs that are compared with have in common.
 */
#ifndef BENCH_PREFORK_H
#define BENCH_PREFORK_H

/* Listens on ${path}; returns the socket. Ends the program with a sentence if it cannot. */
int prefork_listen(const char *path);

/*
 * Forks ${n} processes that run ${serve} with the socket, and waits: they end with this one, which ends by a signal.
 */
void prefork_run(int fd, unsigned n, void (*serve)(int fd));

#endif

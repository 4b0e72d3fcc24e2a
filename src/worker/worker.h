/* SPDX-License-Identifier: ISC */
/* A worker's life, from the fork to its exit code. */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include "doorward/board.h"
#include "doorward/config.h"

/*
 * Serves the sockets of ${c} until it is told to leave or its master is gone. The role "login" takes one connection at a time
 * and closes it after the answer, so that no request waits behind another's hash; every other role holds many. Returns the exit
 * code of board.h.
 */
int worker_run(struct child *c, const struct config *conf);

/* Answers the one request of a plain CGI environment on standard input and output. Returns the exit code: 0 if an answer was
 * written. */
int worker_run_cgi(const struct config *conf);

#endif

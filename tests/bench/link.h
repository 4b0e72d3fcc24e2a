/* SPDX-License-Identifier: ISC */
/* Connections to the server that is measured: a unix socket or a port of the loopback interface. */
#ifndef BENCH_LINK_H
#define BENCH_LINK_H

#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>

struct link {
	union {
		struct sockaddr any;
		struct sockaddr_un un;
		struct sockaddr_in in;
	} to;
	socklen_t len;
};

/* Reads "/path" or "PORT". Ends the program with a sentence if it is neither. */
void link_to(const char *where, struct link *out);

/* Returns a connected socket, or -1 with errno set. */
int link_open(const struct link *l);

#endif

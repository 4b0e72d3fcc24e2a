/* SPDX-License-Identifier: ISC */
#include <netinet/tcp.h>

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "link.h"

void
link_to(const char *where, struct link *out)
{

	memset(out, 0, sizeof(*out));
	if (where[0] == '/') {
		if (strlen(where) >= sizeof(out->to.un.sun_path))
			errx(1, "%s is too long for a socket", where);
		out->to.un.sun_family = AF_UNIX;
		strcpy(out->to.un.sun_path, where);
		out->len = sizeof(out->to.un);
		return;
	}
	if (atoi(where) <= 0)
		errx(1, "%s is no socket and no port", where);
	out->to.in.sin_family = AF_INET;
	out->to.in.sin_port = htons((uint16_t)atoi(where));
	out->to.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	out->len = sizeof(out->to.in);
}

int
link_open(const struct link *l)
{
	int fd = socket(l->to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		return (-1);
	if (l->to.any.sa_family == AF_INET)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, &l->to.any, l->len) != 0) {
		close(fd);
		return (-1);
	}
	return (fd);
}

/* SPDX-License-Identifier: ISC */
/*
 * How many connections wait in the kernel for a listening socket, and how many may. For unix sockets the kernel says it over
 * netlink (sock_diag), for TCP by TCP_INFO. Where it does not say, the number is unknown, which is not 0.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <string.h>
#include <unistd.h>

#include "master/queue.h"

#define ANSWER_MAX 4096
#define ANSWER_WAIT_US 100000 /* the kernel answers at once; the master must not wait for one that does not */

struct question {
	struct nlmsghdr head;
	struct unix_diag_req ask;
};

/* By inode, which names one socket whatever its path. */
static bool
send_question(int nl, int fd)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct question q = {
		.head = { .nlmsg_len = sizeof(q), .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST },
		.ask = { .sdiag_family = AF_UNIX,
		    .udiag_states = ~0U,
		    .udiag_show = UDIAG_SHOW_RQLEN,
		    .udiag_cookie = { ~0U, ~0U } },
	};
	struct stat st;

	if (fstat(fd, &st) != 0)
		return (false);
	q.ask.udiag_ino = (uint32_t)st.st_ino;
	return (sendto(nl, &q, sizeof(q), 0, (struct sockaddr *)&kernel, sizeof(kernel)) == (ssize_t)sizeof(q));
}

/* Netlink replies are walked with the kernel's macros, which stop at the end of what was received. */
static bool
read_answer(int nl, uint32_t *len, uint32_t *max)
{
	union {
		struct nlmsghdr head;
		char bytes[ANSWER_MAX];
	} a;
	ssize_t got = recv(nl, &a, sizeof(a), 0);
	struct rtattr *attr;
	int left;

	if (got < (ssize_t)NLMSG_LENGTH(sizeof(struct unix_diag_msg)) || !NLMSG_OK(&a.head, (size_t)got) ||
	    a.head.nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return (false);
	attr = (struct rtattr *)((char *)NLMSG_DATA(&a.head) + NLMSG_ALIGN(sizeof(struct unix_diag_msg)));
	left = (int)(a.head.nlmsg_len - NLMSG_LENGTH(sizeof(struct unix_diag_msg)));
	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left)) {
		struct unix_diag_rqlen q;

		if (attr->rta_type != UNIX_DIAG_RQLEN || RTA_PAYLOAD(attr) < sizeof(q))
			continue;
		memcpy(&q, RTA_DATA(attr), sizeof(q));
		*len = q.udiag_rqueue;
		*max = q.udiag_wqueue;
		return (true);
	}
	return (false);
}

static bool
ask_unix(int fd, uint32_t *len, uint32_t *max)
{
	struct timeval patience = { .tv_usec = ANSWER_WAIT_US };
	int nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	bool fine;

	if (nl < 0)
		return (false);
	setsockopt(nl, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	fine = send_question(nl, fd) && read_answer(nl, len, max);
	close(nl);
	return (fine);
}

/* Of a listening socket these two fields mean its queue. */
static bool
ask_tcp(int fd, uint32_t *len, uint32_t *max)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
		return (false);
	*len = info.tcpi_unacked;
	*max = info.tcpi_sacked;
	return (true);
}

bool
queue_ask(int fd, uint32_t *len, uint32_t *max)
{
	int family;
	socklen_t size = sizeof(family);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0)
		return (false);
	return (family == AF_UNIX ? ask_unix(fd, len, max) : ask_tcp(fd, len, max));
}

static void
look_at_role(struct board_role *r, const struct generation *g, size_t role)
{
	int64_t len = 0, max = 0;

	for (size_t i = 0; i < g->plan.roles[role].n_listen; i++) {
		uint32_t l, m;

		if (!queue_ask(g->sockets[role][i]->fd, &l, &m)) {
			r->queue_len = r->queue_max = BOARD_QUEUE_UNKNOWN;
			return;
		}
		len += l;
		max += m;
	}
	r->queue_len = (int32_t)len;
	r->queue_max = (int32_t)max;
}

void
queue_look(struct board *b, const struct generation *g)
{

	for (size_t r = 0; r < g->plan.n_roles; r++) {
		int i = g->plan.roles[r].n_listen == 0 ? -1 : board_role(b, g->plan.roles[r].name);

		if (i >= 0)
			look_at_role(&b->roles[i], g, r);
	}
}

/* SPDX-License-Identifier: ISC */
/*
 * The asking side of doorward/helper.h: a database whose every question is another process's work. Here is no library and no
 * right that a worker has not got; what can happen is that no answer comes in time, which is "could not ask".
 *
 * A question is sent without waiting: the socket's buffer has room for some dozens, and if it is full, all helpers have been
 * stuck for longer than anybody should wait for them.
 */
#include <sys/socket.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/pwhash.h"
#include "doorward/config.h"
#include "doorward/helper.h"

#include "userdb/helper.h"

#define SCHEME "pam"
#define SERVICE_MAX 64 /* characters of a service's name */

_Static_assert(HELPER_PASSWORD_MAX == PASSWORD_MAX, "whatever is verified fits");

struct asker {
	int fd; /* to the helpers; -1 = there are none */
	int64_t timeout;
	/* Who was verified last, and from where: what is asked about him next is about the same login. */
	char name[USERNAME_MAX + 1], ip[ADDRESS_MAX + 1];
};

/* Sends ${q}, and ${reply} with it. Never waits. */
static int
send_question(int fd, const struct helper_question *q, int reply)
{
	struct iovec record = { (void *)(uintptr_t)q, sizeof(*q) };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct msghdr m = {
		.msg_iov = &record, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE(sizeof(int))
	};

	memcpy(CMSG_DATA(&control.head), &reply, sizeof(reply));
	return (sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof(*q) ? 0 : -1);
}

/* Waits for the one answer. DW_UNAVAILABLE: it did not come, or is none. */
static enum dw_result
receive_answer(int fd, int64_t until, struct helper_answer *a)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left;
	int n = 0;

	while (n == 0 && (left = until - clock_mono_ms()) > 0)
		if ((n = poll(&p, 1, (int)left)) < 0 && errno == EINTR)
			n = 0;
	if (n <= 0 || recv(fd, a, sizeof(*a), MSG_DONTWAIT | MSG_TRUNC) != (ssize_t)sizeof(*a))
		return (DW_UNAVAILABLE);
	return ((enum dw_result)a->result);
}

/* ${pair}: our end of what the answer comes over, and the helper's. */
static enum dw_result
exchange(const struct asker *asker, const struct helper_question *q, struct helper_answer *a)
{
	enum dw_result rc = DW_UNAVAILABLE;
	int pair[2], sent;

	if (asker->fd < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return (DW_UNAVAILABLE);
	sent = send_question(asker->fd, q, pair[1]);
	close(pair[1]);
	if (sent == 0)
		rc = receive_answer(pair[0], q->until, a);
	close(pair[0]);
	return (rc);
}

static enum dw_result
ask(const struct asker *asker, struct helper_question *q, struct account *out)
{
	static struct helper_answer a; /* large, and one question is asked at a time */
	enum dw_result rc;

	q->until = clock_mono_ms() + asker->timeout;
	rc = exchange(asker, q, &a);
	if (rc == DW_UNAVAILABLE)
		log_warn("PAM could not be asked");
	if (rc == DW_OK && out != NULL)
		*out = a.account;
	explicit_bzero(&a, sizeof(a));
	return (rc);
}

static enum dw_result
verify(void *db, const char *name, struct str password, const char *ip, struct account *out)
{
	struct helper_question q = { .kind = HELPER_VERIFY, .password_len = (uint32_t)password.len };
	struct asker *asker = db;
	enum dw_result rc;

	if (password.len == 0 || password.len > sizeof(q.password) || memchr(password.p, '\0', password.len) != NULL)
		return (DW_REFUSED);
	snprintf(q.name, sizeof(q.name), "%s", name);
	snprintf(q.ip, sizeof(q.ip), "%s", ip == NULL ? "" : ip);
	memcpy(asker->name, q.name, sizeof(q.name));
	memcpy(asker->ip, q.ip, sizeof(q.ip));
	memcpy(q.password, password.p, password.len);
	rc = ask(asker, &q, out);
	explicit_bzero(&q, sizeof(q));
	return (rc);
}

static enum dw_result
find(void *db, const char *name, struct account *out)
{
	struct helper_question q = { .kind = HELPER_FIND };
	const struct asker *asker = db;

	snprintf(q.name, sizeof(q.name), "%s", name);
	if (strcmp(name, asker->name) == 0)
		memcpy(q.ip, asker->ip, sizeof(q.ip));
	return (ask(asker, &q, out));
}

/* An id is made from the name, and there is no way back. */
static enum dw_result
find_id(void *db, const char *id, struct account *out)
{

	(void)db, (void)id, (void)out;
	return (DW_UNAVAILABLE);
}

static enum dw_result
ping(void *db)
{
	struct helper_question q = { .kind = HELPER_PING };

	return (ask(db, &q, NULL));
}

/* No path: a service is a file's name below /etc/pam.d. */
static bool
is_service(const char *url)
{
	struct str service = { url + sizeof(SCHEME), strlen(url) - sizeof(SCHEME) };

	return (str_is_word(service, "._-", SERVICE_MAX) && service.p[0] != '.');
}

/* Where Linux-PAM looks for a service; one that it does not find is "other", which is nobody's on most machines. */
static bool
is_there(const char *url, char *err, size_t errlen)
{
	static const char *const places[] = { "/etc/pam.d", "/usr/lib/pam.d", "/usr/share/pam.d" };
	const char *service = url + sizeof(SCHEME);
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", places[i], service);
		if (access(path, F_OK) == 0)
			return (true);
	}
	if (access(places[0], F_OK) != 0)
		return (true); /* then all are in /etc/pam.conf */
	snprintf(err, errlen, "there is no /etc/pam.d/%s: PAM takes its service \"other\"", service);
	return (false);
}

static void *
open_asker(const struct config *conf, enum userdb_part part, char *err, size_t errlen)
{
	struct asker *asker = calloc(1, sizeof(*asker));

	(void)part;
	if (asker == NULL) {
		snprintf(err, errlen, "PAM cannot be asked: out of memory");
		return (NULL);
	}
	asker->fd = -1;
	asker->timeout = conf->userdb_timeout;
	err[0] = '\0';
	return (asker);
}

static void
join(void *db, int fd)
{
	struct asker *asker = db;

	asker->fd = fd;
}

static const struct userdb_ops ops = { .find = find, .find_id = find_id, .verify = verify, .ping = ping };

const struct userdb_driver helper_driver = {
	.scheme = SCHEME,
	.module = "userdb_pam",
	.package = "doorward-pam",
	.by_name = true,
	.instead = "change them where PAM keeps them, with passwd(1) and usermod(8) or their like",
	.is_url = is_service,
	.is_there = is_there,
	.open = open_asker,
	.close = free,
	.join = join,
	.ops = &ops,
};

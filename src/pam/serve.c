/* SPDX-License-Identifier: ISC */
/*
 * A process that asks PAM in others' stead (doorward/helper.h): pam_unix reads what only root may, and every module may block.
 * It takes one question after the other off the socket that all of its role share, whoever is free first; each is asked in a
 * further process, which is killed when the asker has gone (turn.c). It listens to nobody but our own processes, opens no store
 * and no key, and knows nothing of requests.
 *
 * A question whose time was up before anybody was free is not asked at all: its asker has said 503 long ago, and a guess must
 * not be tried for nobody.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "child/outcome.h"
#include "child/sandbox.h"
#include "child/wait.h"
#include "doorward/userdb.h"
#include "pam/descendants.h"
#include "pam/turn.h"

#include "pam/serve.h"

#define REASON_BYTES 512
#define AGAIN_MS 50                          /* until those are killed again that take their time to die, and whom they leave */
#define PATH "/usr/sbin:/usr/bin:/sbin:/bin" /* for what modules start */

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

/* The descriptor for the answer; -1 = none came along. Of several, the kernel takes one and says MSG_CTRUNC. */
static int
descriptor_of(struct msghdr *m)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(m);
	int fd;

	if (head == NULL || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS ||
	    head->cmsg_len != CMSG_LEN(sizeof(fd)))
		return (-1);
	memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return (fd);
}

static bool
is_sane(const struct helper_question *q, ssize_t n, const struct msghdr *m)
{

	return (n == (ssize_t)sizeof(*q) && (m->msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 &&
		memchr(q->name, '\0', sizeof(q->name)) != NULL && memchr(q->ip, '\0', sizeof(q->ip)) != NULL &&
		q->password_len <= sizeof(q->password) && q->kind <= HELPER_FIND);
}

/* Takes a question. Returns the descriptor to answer it on; -1: somebody else was first, or it is none. */
static int
receive(int from, struct helper_question *q)
{
	struct iovec record = { q, sizeof(*q) };
	union control control;
	struct msghdr m = {
		.msg_iov = &record, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_LEN(sizeof(int))
	};
	ssize_t n = recvmsg(from, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int reply;

	if (n < 0)
		return (-1);
	reply = descriptor_of(&m);
	if (reply >= 0 && is_sane(q, n, &m))
		return (reply);
	if (reply >= 0)
		close(reply);
	log_error("a question to PAM makes no sense");
	return (-1);
}

static bool
answer(const struct serving *s, const struct helper_question *q, struct helper_answer *a)
{

	memset(a, 0, sizeof(*a));
	if (q->kind == HELPER_PING) {
		a->result = DW_OK;
		return (true);
	}
	return (q->until > clock_mono_ms() && turn_take(s, q, a));
}

/* No answer is the end of file, which the asker takes for "could not ask". */
static void
serve_one(const struct serving *s)
{
	static struct helper_question q;
	static struct helper_answer a;
	int reply;

	if ((reply = receive(s->child->helper, &q)) < 0)
		return;
	if (answer(s, &q, &a))
		(void)send(reply, &a, sizeof(a), MSG_DONTWAIT | MSG_NOSIGNAL);
	close(reply);
	explicit_bzero(&q, sizeof(q));
	explicit_bzero(&a, sizeof(a));
}

static int
serve(const struct serving *s)
{
	struct pollfd fds[2];
	enum child_word word;

	do {
		fds[1] = (struct pollfd){ .fd = s->child->helper, .events = POLLIN };
		if ((word = child_poll(s->child, fds, 2, descendants_end() ? -1 : AGAIN_MS)) == CHILD_GO_ON &&
		    fds[1].revents != 0)
			serve_one(s);
	} while (word == CHILD_GO_ON);
	return (word == CHILD_LEAVE ? EXIT_RETIRED : EXIT_RUNTIME);
}

/* Programs that modules start find the environment of a system service, and a directory that holds nothing up. */
static int
settle(void)
{

	if (clearenv() != 0 || setenv("PATH", PATH, 1) != 0 || chdir("/") != 0)
		return (-1);
	return (descendants_adopt());
}

/* Returns 0 or an exit code, logged. */
static int
open_pam(struct serving *s, const struct config *conf)
{
	char why[REASON_BYTES] = "";
	int failure;

	errno = 0;
	if (settle() == 0 && (s->driver = userdb_load_helper(conf, why, sizeof(why))) != NULL &&
	    (s->db = s->driver->open(conf, USERDB_ACCOUNTS, why, sizeof(why))) != NULL) {
		if (why[0] != '\0')
			log_warn("%s", why);
		return (0);
	}
	failure = errno;
	log_error("cannot serve PAM: %s", why[0] != '\0' ? why : strerror(failure));
	return (outcome_code(failure));
}

int
pam_run(struct child *c, const struct config *conf)
{
	struct serving s = { .child = c };
	int rc;

	child_signals();
	if ((rc = open_pam(&s, conf)) != 0)
		return (rc);
	sandbox_enter_helper(conf->seccomp);
	child_ready(c);
	rc = serve(&s);
	board_leave(c->slot);
	s.driver->close(s.db);
	return (rc);
}

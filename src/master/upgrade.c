/* SPDX-License-Identifier: ISC */
/*
 * Replacing the program while it serves (USR2): a new master is started from the file on disk and inherits the sockets; both
 * serve until one of them is told to end.
 *
 * 1. Move our pid file aside and mark the sockets as shared, so that neither master removes their paths.
 * 2. Fork and exec, with what inherit.c describes and a pipe for the new master's report.
 * 3. It reports that it is ready: roles that only one master may have are given up, Redis is left to it, the service manager
 *    is told. If it reports a failure, dies, or says nothing within UPGRADE_TIMEOUT, it is killed and everything is ours again.
 * 4. QUIT ends the old master; the new one sees the end of a pipe, and the sockets are its own.
 *
 * The predecessor may end in the middle of a reload of ours: the sockets of the next generation must not be pruned then.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"

#include "master/daemon.h"
#include "master/exit_report.h"
#include "master/resize.h"
#include "master/signals.h"
#include "master/state.h"

#include "master/upgrade.h"

#define OLD_SUFFIX ".old" /* of the pid file while there are two masters */

static _Noreturn void
fail(const char *what)
{

	log_error("cannot start the new master: %s: %s", what, strerror(errno));
	_exit(EXIT_RUNTIME);
}

/* In the child: from here on only exec or an end with a message. The configuration file is named, not its content. */
static _Noreturn void
be_successor(struct master *m, int report_fd)
{
	char *const argv[] = { m->program, (char *)"-c", m->now->conf->file, m->setup->foreground ? (char *)"-F" : NULL, NULL };
	struct inherited h = { .report_fd = report_fd, .predecessor = m->pool.life_read };
	char text[INHERIT_TEXT_MAX];
	struct buf b;

	signals_foreign();
	private_redis_hand_over(&m->redis, &h.redis);
	buf_init(&b, text, sizeof(text) - 1);
	inherit_write(&b, &m->sockets, &h);
	text[b.len] = '\0';
	if (b.overflow || inherit_export(text) != 0)
		fail("too many sockets");
	notify_export(&m->notify);
	execv(m->program, argv);
	fail(m->program);
}

/* Moves our pid file aside, or back: the new master makes and locks one of its own. */
static void
move_pid_file(const struct master *m, bool aside)
{
	char old[PATH_MAX];

	if (m->pid_fd < 0 || snprintf(old, sizeof(old), "%s" OLD_SUFFIX, m->pid_file) >= (int)sizeof(old))
		return;
	if (rename(aside ? m->pid_file : old, aside ? old : m->pid_file) != 0)
		log_warn("cannot rename the pid file %s: %s", m->pid_file, strerror(errno));
}

/* Also when this process was forked but did not come to exec: its end is the answer. */
static int
start(struct master *m, int64_t now)
{
	int report[2];
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) != 0)
		return (-1);
	(void)fd_nonblocking(report[0]);
	fflush(NULL);
	if ((pid = fork()) == 0) {
		close(report[0]);
		be_successor(m, report[1]);
	}
	close(report[1]);
	if (pid < 0) {
		close(report[0]);
		return (-1);
	}
	m->upgrade = (struct upgrade){ .pid = pid, .report_fd = report[0], .at = now + UPGRADE_TIMEOUT };
	return (0);
}

static void
close_report(struct upgrade *u)
{

	if (u->report_fd >= 0)
		close(u->report_fd);
	u->report_fd = -1;
	u->at = NEVER;
}

static void
succeed(struct master *m, int64_t now)
{

	log_info("the new master serves: pid=%d; QUIT ends this one, WINCH only its workers", (int)m->upgrade.pid);
	private_redis_leave(&m->redis, true, now);
	resize_yield(&m->pool, m->now, now + m->now->conf->drain_timeout);
	notify_main_pid(&m->notify, m->upgrade.pid);
}

/* One record, or the end without one. */
static void
hear(struct master *m, int64_t now)
{
	char why[MASTER_ERROR_MAX];
	int code = 0;

	switch (daemon_hear(m->upgrade.report_fd, &code, why, sizeof(why))) {
	case 0:
		return;
	case 1:
		close_report(&m->upgrade);
		if (code == 0)
			succeed(m, now);
		else
			log_error("the new master cannot start: %s", why);
		break;
	default:
		close_report(&m->upgrade);
		log_error("the new master ended before it served");
	}
}

/* A predecessor that was killed could not remove it. */
static void
remove_old_pid_file(const struct master *m)
{
	char old[PATH_MAX];

	if (m->pid_fd >= 0 && snprintf(old, sizeof(old), "%s" OLD_SUFFIX, m->pid_file) < (int)sizeof(old))
		(void)unlink(old);
}

static void
look_at_predecessor(struct master *m, int64_t now)
{
	struct pollfd p = { .fd = m->inherited.predecessor, .events = POLLIN };

	if (p.fd < 0 || poll(&p, 1, 0) <= 0)
		return;
	close(p.fd);
	m->inherited.predecessor = -1;
	log_info("the master before this one has left");
	remove_old_pid_file(m);
	listen_share(&m->sockets, false);
	private_redis_leave(&m->redis, false, now);
	generation_prune(m->now, m->next, &m->sockets);
}

void
upgrade_begin(struct master *m, int64_t now)
{

	look_at_predecessor(m, now);
	if (m->phase != PHASE_SERVING || m->upgrade.pid > 0 || m->inherited.predecessor >= 0 || m->next != NULL ||
	    m->program == NULL) {
		log_warn("no upgrade now: there are two masters already, or a reload is under way");
		return;
	}
	log_info("starting a new master from %s", m->program);
	move_pid_file(m, true);
	listen_share(&m->sockets, true);
	atomic_store(&m->board->company, true);
	if (start(m, now) == 0)
		return;
	log_error("cannot start a new master: %s", strerror(errno));
	listen_share(&m->sockets, false);
	move_pid_file(m, false);
}

void
upgrade_tick(struct master *m, int64_t now)
{

	look_at_predecessor(m, now);
	atomic_store(&m->board->company, m->upgrade.pid > 0 || m->inherited.predecessor >= 0);
	if (m->upgrade.pid <= 0)
		return;
	if (m->upgrade.report_fd >= 0)
		hear(m, now);
	if (now < m->upgrade.at)
		return;
	log_error("the new master (pid %d) does not get ready, killing it", (int)m->upgrade.pid);
	kill(m->upgrade.pid, SIGKILL);
	m->upgrade.at = NEVER;
}

/* Takes everything back, also what had been given up already. */
bool
upgrade_reap(struct master *m, pid_t pid, int status, int64_t now)
{
	char words[128];

	if (m->upgrade.pid <= 0 || pid != m->upgrade.pid)
		return (false);
	if (m->upgrade.report_fd >= 0)
		hear(m, now);
	close_report(&m->upgrade);
	exit_report_words(status, words, sizeof(words));
	log_warn("the new master %s, this one goes on: pid=%d", words, (int)pid);
	m->upgrade.pid = 0;
	if (m->phase != PHASE_SERVING)
		return (true);
	m->retired = false;
	listen_share(&m->sockets, false);
	move_pid_file(m, false);
	private_redis_leave(&m->redis, false, now);
	resize_refill(&m->pool, m->now, now);
	notify_main_pid(&m->notify, getpid());
	return (true);
}

void
upgrade_part(struct master *m, int64_t now)
{

	look_at_predecessor(m, now);
	if (m->upgrade.pid <= 0 && m->inherited.predecessor < 0)
		return;
	private_redis_leave(&m->redis, true, now);
	if (m->upgrade.pid > 0 && m->pid_fd >= 0) {
		char *old = NULL;

		if (asprintf(&old, "%s" OLD_SUFFIX, m->pid_file) >= 0) {
			free(m->pid_file);
			m->pid_file = old;
		}
	}
}

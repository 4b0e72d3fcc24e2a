/* SPDX-License-Identifier: ISC */
/*
 * The master: starts, watches and ends processes. It never sees a request, so nothing that a client sends reaches it.
 *
 * Its phases: FIRST (the first generation is starting; whoever started us waits, and what cannot get better ends the start),
 * SERVING, STOPPING (children were told to finish), LAST (they have; the private Redis, which they needed to the end, is
 * stopped). Phases only go forward.
 *
 * One turn of the loop: hear which children became ready, reap those that ended, obey signals, do what is due, wait. Readiness
 * comes before reaping: a process that became ready and died at once is counted as having been ready. Signals are blocked
 * except in the wait, so none can come between looking and waiting. In the first phase workers wait for the private Redis to
 * answer, but not for ever: it may be loading for minutes, and readiness says so.
 */
#include <sys/wait.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#include "master/daemon.h"
#include "master/reload.h"
#include "master/resize.h"
#include "master/signals.h"
#include "master/state.h"
#include "master/report.h"

#include "master/master.h"

/* Failed starts of one slot, with no process of its role ready, that end the attempt to start. */
#define FIRST_TRIES 5

static int64_t
earlier(int64_t a, int64_t b)
{

	return (a < b ? a : b);
}

/* The only place where the master waits, and where signals reach it. */
static void
wait_for_something(struct master *m, const sigset_t *mask)
{
	struct pollfd fds[BOARD_SLOTS];
	size_t n = pool_poll(&m->pool, fds);
	int64_t now = clock_mono_ms();
	int64_t until = earlier(earlier(pool_next(&m->pool), private_redis_next(&m->redis)), now + WATCH_PERIOD);
	int64_t ms = until > now ? until - now : 0;
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	if (ppoll(fds, n, &ts, mask) < 0 && errno != EINTR)
		log_error("the master cannot wait: %s", strerror(errno));
}

/*
 * Children are told to finish by ${deadline}. Our sockets are closed first, so that no front queues where nobody will accept.
 */
static void
stop(struct master *m, int64_t deadline)
{

	if (m->phase < PHASE_STOPPING) {
		upgrade_part(m, clock_mono_ms());
		if (m->upgrade.pid <= 0)
			notify_stopping(&m->notify);
	}
	if (m->phase != PHASE_LAST)
		m->phase = PHASE_STOPPING;
	listen_close_all(&m->sockets);
	pool_retire(&m->pool, NULL, deadline);
}

/* Nothing is drained: nobody was told that we serve. */
static void
give_up(struct master *m, int code, int64_t now)
{

	m->code = code;
	stop(m, now);
	pool_kill(&m->pool, NULL);
}

/* Whoever started us waits for the first generation: a failure that cannot get better is reported at once. */
static void
first_death(struct master *m, const struct death *d, int64_t now)
{
	const char *name = d->slot->name;
	bool hopeless = d->code == EXIT_RESOURCE || d->slot->backoff.failures >= FIRST_TRIES;

	if (d->code == EXIT_CONFIG) {
		snprintf(m->why, sizeof(m->why), "%s refused its configuration or permissions, the log says why", name);
		give_up(m, EXIT_CONFIG, now);
	} else if (hopeless && pool_count(&m->pool, m->now, (int)d->slot->role, SLOT_READY) == 0) {
		snprintf(m->why, sizeof(m->why), "%s did not become ready in %u tries, the log says why", name,
		    d->slot->backoff.failures > 0 ? d->slot->backoff.failures : 1);
		give_up(m, EXIT_RUNTIME, now);
	}
}

/* The same where there is no process to be had, or no descriptor for it: while nobody of its role serves it is not waited for.
 */
static void
first_shortage(struct master *m, int64_t now)
{

	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		const struct slot *pl = &m->pool.slots[i];

		if (pl->state != SLOT_DUE || pl->backoff.shortages < FIRST_TRIES ||
		    pool_count(&m->pool, m->now, (int)pl->role, SLOT_READY) > 0)
			continue;
		snprintf(
		    m->why, sizeof(m->why), "%s could not be started in %u tries, the log says why", pl->name, FIRST_TRIES);
		give_up(m, EXIT_RUNTIME, now);
		return;
	}
}

/* If no process may be started any more that could serve, the master exits, so that its own supervisor sees it. */
static void
later_death(struct master *m, const struct death *d, int64_t now)
{
	const struct role *role = &m->now->plan.roles[d->slot->role];
	size_t failed = pool_count(&m->pool, m->now, (int)d->slot->role, SLOT_FAILED);

	if (d->code != EXIT_CONFIG || !role->resizable)
		return;
	if (failed < m->board->roles[d->slot->board_role].wanted ||
	    pool_count(&m->pool, m->now, (int)d->slot->role, SLOT_READY) > 0)
		return;
	snprintf(m->why, sizeof(m->why), "no %s process is left that may be started", role->name);
	m->code = EXIT_CONFIG;
	stop(m, now + m->now->conf->stop_timeout);
}

static void
on_child_exit(struct master *m, const struct death *d, int64_t now)
{

	if (m->next != NULL && d->slot->gen == m->next) {
		if (!d->was_ready)
			reload_fail(m, "a process of the next one did not become ready");
	} else if (m->phase == PHASE_FIRST) {
		first_death(m, d, now);
	} else if (m->phase == PHASE_SERVING) {
		later_death(m, d, now);
	}
}

static void
reap(struct master *m, int64_t now)
{
	struct death d;
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (private_redis_reap(&m->redis, m->board, pid, status, now) || upgrade_reap(m, pid, status, now))
			continue;
		if (pool_reap(&m->pool, pid, status, now, &d))
			on_child_exit(m, &d, now);
	}
}

/* The master opens it and hands the descriptor down: workers may not be able to reach the file. */
static void
reopen_log(struct master *m)
{

	if (log_reopen() != 0) {
		log_error("the log cannot be opened again, all processes go on writing to the old file: %s", strerror(errno));
		return;
	}
	privs_give_file(m->now->conf->log_file, &m->now->privs);
	if (!m->setup->foreground)
		daemon_stdio(m->now->conf->log_file);
	pool_reopen(&m->pool, !m->setup->foreground && m->now->conf->log_file[0] != '\0');
	log_info("log opened again");
}

/* QUIT drains for long, TERM and INT for short; a second TERM or INT kills what is left. */
static void
obey_stop(struct master *m, int64_t now)
{
	const struct config *conf = m->now->conf;
	int hurry = signals_take(SIGTERM) + signals_take(SIGINT);

	if (signals_take(SIGQUIT) > 0) {
		log_info("told to finish, within %lld ms", (long long)conf->drain_timeout);
		stop(m, now + conf->drain_timeout);
	}
	if (hurry == 0)
		return;
	if (m->hurried == 0) {
		log_info("told to stop, within %lld ms", (long long)conf->stop_timeout);
		stop(m, now + conf->stop_timeout);
	}
	m->hurried += hurry;
	if (m->hurried > 1) {
		log_warn("told to stop again, killing what is left");
		pool_kill(&m->pool, NULL);
	}
}

/* Signals that make sense only while serving are dropped in other phases; HUP is kept for later. */
static void
obey(struct master *m, int64_t now)
{
	const struct config *conf = m->now->conf;

	signals_take(SIGCHLD);
	obey_stop(m, now);
	if (signals_take(SIGUSR1) > 0)
		reopen_log(m);
	if (signals_take(SIGHUP) > 0 && m->phase <= PHASE_SERVING) {
		if (m->phase == PHASE_SERVING)
			reload_begin(m, now);
		else
			m->reload_wanted = true;
	}
	for (int n = signals_take(SIGTTIN); n > 0 && m->phase == PHASE_SERVING; n--)
		resize_by(&m->pool, m->now, +1, now, NEVER);
	for (int n = signals_take(SIGTTOU); n > 0 && m->phase == PHASE_SERVING; n--)
		resize_by(&m->pool, m->now, -1, now, now + conf->drain_timeout);
	if (signals_take(SIGUSR2) > 0)
		upgrade_begin(m, now);
	if (signals_take(SIGWINCH) > 0 && m->phase == PHASE_SERVING) {
		log_info("told to stop all workers (WINCH): HUP starts them again");
		m->retired = true;
		pool_retire(&m->pool, m->now, now + conf->drain_timeout);
	}
}

/* Whether the first generation is up: all ready, but for slots that fail while others of their role serve. */
static bool
is_up(const struct master *m)
{

	for (size_t i = 0; i < BOARD_SLOTS; i++) {
		const struct slot *pl = &m->pool.slots[i];

		if (pl->state == SLOT_STARTING ||
		    (pl->state == SLOT_DUE && pl->backoff.failures < FIRST_TRIES && pl->backoff.shortages < FIRST_TRIES))
			return (false);
	}
	return (true);
}

/* reload_tick() may change m->now, so the deadline is computed after it. */
static void
tick_serving(struct master *m, int64_t now)
{
	int64_t deadline;

	reload_tick(m, now);
	deadline = now + m->now->conf->drain_timeout;
	resize_recycle(&m->pool, m->now, now, deadline);
	if (!m->retired)
		resize_balance(&m->pool, m->now, now, deadline);
	report_all(m, now);
}

/* The private Redis first, since workers need it; watching before upgrade and serving, which may replace what is watched. */
static void
tick(struct master *m, int64_t now)
{
	const struct config *conf = m->now->conf;
	struct watch_limits limits = { conf->slow_after, conf->request_timeout };

	private_redis_tick(&m->redis, m->board, now);
	if (m->phase != PHASE_FIRST || !private_redis_is_awaited(&m->redis, now))
		pool_tick(&m->pool, now);
	if (m->phase == PHASE_FIRST)
		first_shortage(m, now);
	watch_look(&m->watch, &m->pool, &limits, now);
	upgrade_tick(m, now);
	if (m->phase == PHASE_FIRST && is_up(m)) {
		m->phase = PHASE_SERVING;
		private_redis_leave(&m->redis, false, now);
		notify_ready(&m->notify);
		daemon_report(&m->report_fd, 0, "");
		log_info("ready: generation=%u processes=%zu", m->now->number, pool_count(&m->pool, NULL, -1, SLOT_READY));
	}
	if (m->phase == PHASE_SERVING)
		tick_serving(m, now);
	if (m->phase == PHASE_STOPPING && pool_alive(&m->pool) == 0)
		m->phase = PHASE_LAST;
}

static void
loop(struct master *m, const sigset_t *mask)
{
	int64_t now = clock_mono_ms();

	for (;;) {
		pool_hear(&m->pool);
		reap(m, now);
		obey(m, now);
		tick(m, now);
		if (m->phase == PHASE_LAST && private_redis_stop(&m->redis, now))
			return;
		wait_for_something(m, mask);
		now = clock_mono_ms();
	}
}

/* Descriptors that only the master may hold: in a child they would make a dead master look alive. */
static void
hide_descriptors(struct master *m)
{

	pool_hide(&m->pool, &m->report_fd);
	pool_hide(&m->pool, &m->pid_fd);
	pool_hide(&m->pool, &m->redis.life);
	pool_hide(&m->pool, &m->redis.pidfd);
	pool_hide(&m->pool, &m->inherited.predecessor);
	pool_hide(&m->pool, &m->upgrade.report_fd);
	pool_hide(&m->pool, &m->notify.fd);
	for (int i = 0; m->setup->helpers != NULL && i < 2; i++)
		pool_hide(&m->pool, &m->setup->helpers[i]);
	if (m->redis.life < 0 && m->inherited.redis.life >= 0) { /* not the one we want */
		close(m->inherited.redis.life);
		close(m->inherited.redis.pidfd);
	}
}

/* Everything that can fail before a process is started. Returns 0, or an exit code with a sentence in m->why. */
static int
prepare(struct master *m, struct config *conf)
{
	int code;

	if ((m->pid_file = strdup(conf->pid_file)) == NULL || (m->board = board_new()) == NULL ||
	    pool_init(&m->pool, m->board, &m->sockets) != 0) {
		snprintf(m->why, sizeof(m->why), "cannot make the memory and pipes that processes share: %s", strerror(errno));
		return (EXIT_RUNTIME);
	}
	log_count_lost(&m->board->log_lost);
	if ((m->pid_fd = daemon_pid_file(conf->pid_file, m->why, sizeof(m->why))) == -2)
		return (EXIT_RUNTIME);
	if ((m->now = generation_new(conf, m->setup, 1, &m->sockets, m->why, sizeof(m->why))) == NULL)
		return (EXIT_RUNTIME);
	if ((code = private_redis_prepare(&m->redis, conf, &m->now->privs, &m->inherited.redis, m->why, sizeof(m->why))) != 0)
		return (code);
	private_redis_leave(&m->redis, m->inherited.upgrade, clock_mono_ms());
	privs_give_file(conf->log_file, &m->now->privs);
	hide_descriptors(m);
	m->board->master_pid = (int32_t)getpid();
	m->board->generation = m->now->number;
	m->board->max_hashing = m->now->plan.max_hashing;
	if (pool_enter(&m->pool, m->now, clock_mono_ms()) == 0) {
		generation_publish(m->now, m->board);
		return (0);
	}
	snprintf(m->why, sizeof(m->why), "too many processes or roles");
	return (EXIT_RUNTIME);
}

/* The last steps of every exit. No child is left that could still need any of this. */
static int
leave(struct master *m)
{
	int code;

	listen_close_all(&m->sockets);
	daemon_pid_file_remove(m->pid_fd, m->pid_file);
	if (m->why[0] != '\0')
		log_error("%s", m->why);
	else
		log_info("stopped");
	if (m->why[0] != '\0' && m->setup->foreground && m->logs_to_file)
		fprintf(stderr, "doorward: %s\n", m->why);
	if (m->report_fd >= 0 && m->code == 0) {
		snprintf(m->why, sizeof(m->why), "stopped before it was ready");
		m->code = EXIT_RUNTIME;
	}
	daemon_report(&m->report_fd, m->code, m->why);
	code = m->code;
	generation_free(m->next, m->setup);
	generation_free(m->now, m->setup);
	notify_close(&m->notify);
	free(m->pid_file);
	free(m->program);
	free(m);
	return (code);
}

/* Read at the start, while the name still leads to the file we run from; NULL if it cannot be read. */
static char *
program_file(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return (NULL);
	path[n] = '\0';
	return (strdup(path));
}

/* Signals and what was inherited come before the forks of daemon_launch(): neither may be lost on the way to the background. */
int
master_run(struct config *conf, const struct master_setup *setup)
{
	struct master *m = calloc(1, sizeof(*m));
	sigset_t mask;

	if (m == NULL)
		return (EXIT_RUNTIME);
	m->setup = setup;
	m->report_fd = m->pid_fd = m->upgrade.report_fd = -1;
	m->upgrade.at = NEVER;
	m->redis.life = m->redis.pidfd = -1;
	m->program = program_file();
	m->logs_to_file = conf->log_file[0] != '\0';
	signals_master(&mask);
	notify_open(&m->notify);
	inherit_take(&m->sockets, &m->inherited);
	m->report_fd = m->inherited.report_fd;
	if (!setup->foreground && !m->inherited.upgrade) {
		if ((m->report_fd = daemon_launch()) < 0) {
			fprintf(stderr, "doorward: cannot go to the background: %s\n", strerror(errno));
			free(m);
			return (EXIT_RUNTIME);
		}
		daemon_stdio(conf->log_file);
	}
	log_name("master");
	if ((m->code = prepare(m, conf)) == 0)
		loop(m, &mask);
	if (m->now == NULL)
		setup->release(conf);
	return (leave(m));
}

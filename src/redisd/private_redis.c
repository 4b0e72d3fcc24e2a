/* SPDX-License-Identifier: ISC */
/*
 * The private Redis as the master sees it: a directory, a configuration written at each start, a supervisor process to start
 * again when it ends, with backoff. The supervisor (supervisor.c) is between the two, so that the server can outlive one master
 * in an upgrade and never outlives the last one.
 *
 * A pipe that only masters hold is the supervisor's sign of life: its end means that no master is left. A master that took the
 * server over from its predecessor is not its parent: it watches a pidfd instead of reaping. ${leave} says that another master
 * looks after it.
 *
 * Nothing waits in here: what has to be seen later is due at ${at}, which the master's loop heeds. Only at the very start we
 * give the server of a killed master a moment to leave.
 */
#include <sys/pidfd.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "child/outcome.h"

#include "redisd/supervisor.h"
#include "master/listen.h"
#include "master/exit_report.h"
#include "master/signals.h"

#include "redisd/private_redis.h"

#define CONFIG_MAX (4 * PATH_MAX)
#define POLL_MS 50

/* One argument as redis reads it. Control characters were refused before. */
static void
quoted(struct buf *b, const char *s)
{

	buf_putc(b, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			buf_putc(b, '\\');
		buf_putc(b, *s);
	}
	buf_putc(b, '"');
}

/*
 * noeviction: an evicted logout record or denial would be a lie; the append-only file every second: what a crash may cost is
 * one second, or with redis.durability "disk" nothing. No port, only the socket; no snapshots beside the append-only file.
 */
static void
put_config(struct buf *b, const char *dir, bool disk)
{

	buf_puts(b, "# Written by doorward at each start: changes here are lost.\n"
		    "port 0\nprotected-mode yes\ndaemonize no\ndatabases 1\nsave \"\"\n"
		    "appendonly yes\nmaxmemory-policy noeviction\nunixsocketperm 770\n");
	buf_printf(b, "appendfsync %s\ndir ", disk ? "always" : "everysec");
	quoted(b, dir);
	buf_puts(b, "\nunixsocket redis.sock\nlogfile redis.log\n");
}

static int
write_config(const struct private_redis *r, bool disk, char *err, size_t errlen)
{
	char text[CONFIG_MAX], path[PATH_MAX + 16];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	put_config(&b, r->dir, disk);
	snprintf(path, sizeof(path), "%s/redis.conf", r->dir);
	if (b.overflow || fd_write_file(path, b.p, b.len, 0644) != 0) {
		snprintf(err, errlen, "cannot write %.*s: %s", PATH_MAX, path, strerror(b.overflow ? ENAMETOOLONG : errno));
		return (-1);
	}
	return (0);
}

/* Checked at the start, so that the message does not have to come from a child that dies. */
bool
private_redis_find(const char *name, char out[PATH_MAX])
{
	const char *env = getenv("PATH");
	struct str rest = str_of(env == NULL ? "/usr/bin:/bin" : env);

	if (strchr(name, '/') != NULL)
		return (snprintf(out, PATH_MAX, "%s", name) < PATH_MAX && access(out, X_OK) == 0);
	while (rest.p != NULL) {
		struct str dir = str_cut(&rest, ':');

		if (dir.len > 0 && dir.len < PATH_MAX &&
		    snprintf(out, PATH_MAX, "%.*s/%s", (int)dir.len, dir.p, name) < PATH_MAX && access(out, X_OK) == 0)
			return (true);
	}
	return (false);
}

/* The server of a master that was killed is told so by the kernel and leaves; it only needs a moment. */
static bool
wait_for_leftover(const char *path)
{
	struct timespec nap = { .tv_nsec = POLL_MS * 1000000L };
	int64_t until = clock_mono_ms() + REDIS_LEFTOVER_WAIT;

	while (listen_is_alive(path)) {
		if (clock_mono_ms() >= until)
			return (false);
		nanosleep(&nap, NULL);
	}
	return (true);
}

static int
make_directory(struct private_redis *r, const struct config *conf, char *err, size_t errlen)
{

	if (snprintf(r->dir, sizeof(r->dir), "%s/redis", conf->state_dir) >= (int)sizeof(r->dir) ||
	    str_has_control(str_of(r->dir))) {
		snprintf(err, errlen, "state_dir is too long or holds control characters");
		return (-1);
	}
	if (privs_directory(conf->state_dir, 0750, r->privs.uid, r->privs.gid) != 0 ||
	    privs_directory(r->dir, 0750, r->privs.uid, r->privs.gid) != 0) {
		snprintf(err, errlen, "cannot make the directory %s: %s", r->dir, strerror(errno));
		return (-1);
	}
	return (0);
}

static void
socket_path(const struct private_redis *r, char out[PATH_MAX + 16])
{

	snprintf(out, PATH_MAX + 16, "%s/redis.sock", r->dir);
}

/* The one that runs, if it is the one that is wanted. */
static bool
take_over(struct private_redis *r, const struct inherit_redis *from)
{

	if (from->pid <= 0 || strcmp(from->dir, r->dir) != 0)
		return (false);
	r->pid = from->pid;
	r->pidfd = from->pidfd;
	r->life = from->life;
	r->at = NEVER;
	r->wanted = true;
	return (true);
}

/* Everything that can be wrong with the configuration is said here, before anything is started. */
int
private_redis_prepare(struct private_redis *r, const struct config *conf, const struct privs *privs,
    const struct inherit_redis *from, char *err, size_t errlen)
{
	char path[PATH_MAX + 16];

	*r = (struct private_redis){ .pidfd = -1, .life = -1, .privs = *privs, .hung_after = conf->redis_hung_after };
	if (!conf->redis_spawn)
		return (0);
	if (!private_redis_find(conf->redis_server, r->program)) {
		snprintf(err, errlen, "redis.server: cannot run %s: %s", conf->redis_server, strerror(errno));
		return (EXIT_CONFIG);
	}
	if (make_directory(r, conf, err, errlen) != 0)
		return (EXIT_RUNTIME);
	socket_path(r, path);
	if (strlen(path) > LISTEN_ADDRESS_MAX) {
		snprintf(err, errlen, "state_dir is too long for the socket %.*s", PATH_MAX, path);
		return (EXIT_CONFIG);
	}
	if (take_over(r, from))
		return (0);
	if (!wait_for_leftover(path)) {
		snprintf(err, errlen, "another redis-server answers on %.*s: stop it first", PATH_MAX, path);
		return (EXIT_RUNTIME);
	}
	if (write_config(r, conf->redis_durability == DURABILITY_DISK, err, errlen) != 0)
		return (EXIT_RUNTIME);
	r->wanted = true;
	return (0);
}

static void
be_redis(const void *ctx, pid_t supervisor)
{
	const struct private_redis *r = ctx;
	char *const argv[] = { (char *)"redis-server", (char *)"redis.conf", NULL };
	int null;

	/*
	 * Without its supervisor nobody would restart or stop it. What it has acknowledged is written to the kernel, so it can
	 * be killed at once.
	 */
	if (privs_follow_parent(supervisor, SIGKILL) != 0)
		_exit(EXIT_RETIRED);
	if (chdir(r->dir) != 0 || (null = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0) {
		log_error("cannot start redis-server in %s: %s", r->dir, strerror(errno));
		_exit(EXIT_RESOURCE);
	}
	execv(r->program, argv);
	log_error("cannot run %s: %s", r->program, strerror(errno));
	_exit(EXIT_RESOURCE); /* it was there when we started: perhaps it is being upgraded */
}

static _Noreturn void
be_supervisor(const struct private_redis *r, int life)
{
	char path[PATH_MAX + 16];
	struct supervisor g = {
		.socket = path, .hung_after = r->hung_after, .stop_timeout = REDIS_STOP_TIMEOUT, .run = be_redis, .ctx = r
	};

	socket_path(r, path);
	signals_foreign();
	log_name("redis");
	if (privs_drop(&r->privs) != 0)
		_exit(outcome_code(errno));
	supervisor_run(life, &g);
}

static void
close_life(struct private_redis *r)
{

	if (r->life >= 0)
		close(r->life);
	if (r->pidfd >= 0)
		close(r->pidfd);
	r->life = r->pidfd = -1;
}

/* Returns the process that guards it, or -1. */
static pid_t
fork_supervisor(struct private_redis *r)
{
	int life[2];
	pid_t pid;

	if (pipe2(life, O_CLOEXEC) != 0)
		return (-1);
	fflush(NULL);
	if ((pid = fork()) == 0) {
		close(life[1]);
		be_supervisor(r, life[0]);
	}
	close(life[0]);
	close_life(r);
	if (pid < 0)
		close(life[1]);
	else
		r->life = life[1];
	return (pid);
}

static void
start(struct private_redis *r, struct board *b, int64_t now)
{
	char path[PATH_MAX + 16];
	pid_t pid;

	/* A server that is still exiting would unlink the socket of the next one. */
	socket_path(r, path);
	if (listen_is_alive(path)) {
		r->at = now + POLL_MS;
		return;
	}
	if ((pid = fork_supervisor(r)) < 0) {
		log_error("cannot start redis-server: %s", strerror(errno));
		r->at = now + BACKOFF_CAP;
		return;
	}
	r->pid = pid;
	r->born = now;
	r->at = NEVER;
	b->redis_pid = (uint32_t)pid;
	log_info("private redis-server started: pid=%d dir=%s", (int)pid, r->dir);
}

/* Another master's child is not ours to wait for. */
static void
look_at_foreign(struct private_redis *r, struct board *b, int64_t now)
{
	struct pollfd p = { .fd = r->pidfd, .events = POLLIN };

	if (r->pidfd < 0 || r->pid == 0)
		return;
	b->redis_pid = (uint32_t)r->pid;
	if (poll(&p, 1, 0) <= 0)
		return;
	close_life(r);
	r->pid = 0;
	b->redis_pid = 0;
	r->at = r->stopping ? NEVER : now;
	if (!r->stopping && !r->leave)
		log_error("private redis-server, started by an earlier master, has ended, see %s/redis.log", r->dir);
}

void
private_redis_tick(struct private_redis *r, struct board *b, int64_t now)
{

	look_at_foreign(r, b, now);
	if (!r->wanted || r->leave || now < r->at)
		return;
	if (r->pid == 0 && !r->stopping) {
		start(r, b, now);
	} else if (r->pid > 0 && r->stopping) {
		log_warn("the supervisor of redis-server (pid %d) did not stop in time, killing both", (int)r->pid);
		kill(r->pid, SIGKILL);
		r->at = NEVER;
	}
}

bool
private_redis_is_awaited(struct private_redis *r, int64_t now)
{
	char path[PATH_MAX + 16];

	if (!r->wanted || r->leave || r->met || r->pid == 0 || r->pidfd >= 0)
		return (false);
	socket_path(r, path);
	r->met = listen_is_alive(path) || now - r->born >= REDIS_START_WAIT;
	r->at = r->met ? NEVER : now + POLL_MS;
	return (!r->met);
}

int64_t
private_redis_next(const struct private_redis *r)
{

	return (r->wanted && !r->leave ? r->at : NEVER);
}

/* Its requests are not counted here: a long enough life counts as one. */
static void
schedule(struct private_redis *r, struct board *b, int status, int64_t now)
{
	int64_t lived = now - r->born, delay;
	struct life life = { .ready = true,
		.ms = lived,
		.requests = lived >= BACKOFF_RESET_LIFE,
		.shortage = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_RESOURCE };
	uint32_t random = 0;
	char words[128];

	(void)!getrandom(&random, sizeof(random), GRND_NONBLOCK);
	delay = backoff_next(&r->backoff, &life, random);
	r->at = now + delay;
	b->redis_respawns++;
	r->met = true; /* requests wait for nobody */
	if (WIFEXITED(status) && WEXITSTATUS(status) == SUPERVISOR_HUNG)
		snprintf(words, sizeof(words), "did not answer for %lld ms (redis.hung_after) and was killed",
		    (long long)r->hung_after);
	else
		exit_report_words(status, words, sizeof(words));
	log_error("private redis-server %s, see %s/redis.log: age_ms=%lld; started again in %lld ms", words, r->dir,
	    (long long)lived, (long long)delay);
}

bool
private_redis_reap(struct private_redis *r, struct board *b, pid_t pid, int status, int64_t now)
{

	if (r->pid == 0 || pid != r->pid || r->pidfd >= 0)
		return (false);
	r->pid = 0;
	b->redis_pid = 0;
	if (r->stopping && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		log_warn("redis-server did not stop within %d ms and was killed", REDIS_STOP_TIMEOUT);
	if (r->stopping || r->leave)
		r->at = NEVER;
	else
		schedule(r, b, status, now);
	return (true);
}

/* The descriptors are ours: who fills ${out} after fork has copies, and ours stay. */
void
private_redis_hand_over(const struct private_redis *r, struct inherit_redis *out)
{

	*out = (struct inherit_redis){ .pid = r->pid, .pidfd = r->pidfd, .life = r->life };
	snprintf(out->dir, sizeof(out->dir), "%s", r->dir);
	if (out->pid > 0 && out->pidfd < 0)
		out->pidfd = pidfd_open(out->pid, 0);
	if (out->pidfd < 0 || out->life < 0)
		out->pid = 0;
}

void
private_redis_leave(struct private_redis *r, bool leave, int64_t now)
{

	r->leave = leave;
	if (!leave && r->wanted && r->pid == 0 && !r->stopping)
		r->at = now;
}

bool
private_redis_stop(struct private_redis *r, int64_t now)
{

	if (r->pid == 0 || r->leave) {
		r->stopping = true;
		r->at = NEVER;
		return (true);
	}
	if (!r->stopping) {
		r->stopping = true;
		r->at = now + REDIS_LAST_TIMEOUT;
		kill(r->pid, SIGTERM);
	}
	return (false);
}

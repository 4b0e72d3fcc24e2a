/* SPDX-License-Identifier: ISC */
/* A real master with processes that do what the test says. What they see is told through shared memory. */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "doorward/board.h"

#include "master/master.h"

#define PIDS 4096

enum mode { OBEY, WORN, CRASH, REFUSE, SHORTAGE, SILENT, SERVE_AND_DIE, STUBBORN, STUCK };

static struct shared {
	_Atomic int mode;
	_Atomic int load_fails;
	_Atomic int starts, usr1;
	_Atomic int workers;    /* for the next plan */
	_Atomic int pids[PIDS]; /* in the order of their starts; one that left by itself is 0 again */
	_Atomic int generation[PIDS];
	_Atomic uint64_t retired, killed, slow;
	_Atomic int foreground;
	_Atomic int most, all_busy; /* a dynamic pool, and what it looks like */
} * t;

static char dir[] = "/tmp/doorward-master-XXXXXX";
static char sock[64], pid_file[64];
static volatile sig_atomic_t told, told_usr1;

static void
on_signal(int sig)
{

	if (sig == SIGUSR1)
		told_usr1 = 1;
	else
		told = 1;
}

static void
nap(int ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

static void
obey(struct child *c)
{
	static const int signals[] = { SIGQUIT, SIGTERM, SIGINT, SIGUSR1 };
	struct sigaction sa = { .sa_handler = on_signal };
	struct pollfd p = { .fd = c->master_fd, .events = POLLIN };
	sigset_t none;

	sigemptyset(&none);
	for (size_t i = 0; i < 4; i++)
		sigaction(signals[i], &sa, NULL);
	while (!told) {
		if (ppoll(&p, 1, NULL, &none) > 0)
			break;
		t->usr1 += told_usr1;
		told_usr1 = 0;
	}
}

/* The life of every process here. _exit(): a leak check for each of a thousand deaths would take minutes. */
static int
live(struct child *c, const struct config *conf)
{
	int n = t->starts++ % PIDS;

	(void)conf;
	t->pids[n] = (int)getpid();
	t->generation[n] = (int)c->slot->generation;
	t->retired = c->board->retired_requests;
	t->killed = c->board->killed;
	t->slow = c->board->slow;
	switch ((enum mode)t->mode) {
	case CRASH:
		raise(SIGKILL);
		break;
	case REFUSE:
		_exit(EXIT_CONFIG);
	case SHORTAGE:
		_exit(EXIT_RESOURCE);
	case SILENT:
		obey(c);
		_exit(EXIT_RUNTIME);
	case SERVE_AND_DIE:
		child_ready(c);
		board_busy(c->slot, 1, "");
		board_idle(c->slot, 200);
		_exit(EXIT_RUNTIME);
	case STUBBORN:
		child_ready(c);
		for (;;)
			pause(); /* everything that asks is blocked */
	case STUCK:
		child_ready(c);
		board_busy(c->slot, 3, "0123456789abcdef0123456789abcdef");
		board_stage(c->slot, STAGE_REDIS);
		obey(c);
		_exit(EXIT_RETIRED);
	case WORN: /* the first one; its first successor does not get ready, which is no reason to leave */
		c->slot->recycle = n == 0;
		if (n != 1)
			child_ready(c);
		obey(c);
		break;
	case OBEY:
		child_ready(c);
		if (t->all_busy) {
			board_busy(c->slot, 1, "");
			c->slot->busy_since = 0; /* for ever new: not stuck */
		}
		obey(c);
	}
	t->pids[n] = 0;
	_exit(EXIT_RETIRED);
}

static void
plan(const struct config *conf, struct plan *out)
{

	*out = (struct plan){ .n_roles = 1, .max_hashing = 1 };
	out->roles[0] = (struct role){
		.name = "check", .run = live, .count = (size_t)t->workers, .resizable = true, .front = true, .n_listen = 1
	};
	out->roles[0].most = (size_t)t->most;
	out->roles[0].spare_least = 1;
	out->roles[0].spare_most = 2;
	out->roles[0].listen[0] = (struct listen_spec){ .kind = LISTEN_UNIX,
		.address = conf->listen_check,
		.uid = (uid_t)-1,
		.gid = (gid_t)-1,
		.mode = 0660,
		.backlog = 16 };
}

static struct config *
load(const struct config *running, char *err, size_t errlen)
{
	struct config *c;

	(void)running;
	if (t->load_fails) {
		snprintf(err, errlen, "told to fail");
		return (NULL);
	}
	c = calloc(1, sizeof(*c));
	*c = (struct config){ .file = strdup("test.conf"),
		.user = strdup(""),
		.group = strdup(""),
		.state_dir = strdup(dir),
		.pid_file = strdup(pid_file),
		.log_file = strdup(""),
		.log_socket = strdup(""),
		.log_level = LOG_LEVEL_WARN,
		.listen_check = strdup(sock),
		.start_timeout = 1000,
		.drain_timeout = 1000,
		.stop_timeout = 700,
		.slow_after = 300,
		.request_timeout = 1000 };
	return (c);
}

static void
release(struct config *c)
{

	free(c->file);
	free(c->user);
	free(c->group);
	free(c->state_dir);
	free(c->pid_file);
	free(c->log_file);
	free(c->log_socket);
	free(c->listen_check);
	free(c);
}

static pid_t
start(enum mode mode, int workers)
{
	struct master_setup setup = { .plan = plan, .load = load, .release = release };
	char err[64];
	pid_t pid;

	memset(t->pids, 0, sizeof(t->pids));
	t->starts = t->usr1 = t->load_fails = 0;
	t->retired = t->killed = t->slow = 0;
	t->mode = (int)mode;
	t->workers = workers;
	fflush(NULL);
	if ((pid = fork()) == 0) {
		setup.foreground = t->foreground;
		_exit(master_run(load(NULL, err, sizeof(err)), &setup));
	}
	return (pid);
}

/* Waits until ${condition}; the test fails after a minute without: others may have the machine. */
#define UNTIL(condition)                                                                                                       \
	do {                                                                                                                   \
		int64_t until_ = clock_mono_ms() + 60000;                                                                      \
                                                                                                                               \
		while (!(condition) && clock_mono_ms() < until_)                                                               \
			nap(5);                                                                                                \
		assert_true(condition);                                                                                        \
	} while (0)

/* Exit code of ${pid}, -1 if it was killed. */
static int
end_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return (WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

/* Where nobody reaps, a process that left stays as a zombie: that is gone too. */
static bool
is_gone(int pid)
{
	char path[64], text[512] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if ((f = fopen(path, "r")) == NULL)
		return (true);
	(void)!fgets(text, sizeof(text), f);
	fclose(f);
	return (strstr(text, ") Z ") != NULL);
}

static int
count_fds(pid_t pid)
{
	char path[64];
	DIR *d;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	assert_non_null(d = opendir(path));
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return (n);
}

static bool
answers(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), rc;

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", sock);
	rc = connect(fd, (struct sockaddr *)&sa, sizeof(sa));
	close(fd);
	return (rc == 0);
}

static int
finish(pid_t master)
{

	kill(master, SIGTERM);
	return (end_of(master));
}

static void
starts_and_stops(void **state)
{
	pid_t m = start(OBEY, 3);
	char text[32] = "";
	FILE *f;

	(void)state;
	UNTIL(t->starts == 3 && answers());
	assert_non_null(f = fopen(pid_file, "r"));
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	assert_int_equal(atoi(text), m);
	kill(m, SIGUSR1);
	UNTIL(t->usr1 == 3);
	assert_int_equal(t->starts, 3); /* nobody restarts for the log */
	assert_int_equal(finish(m), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(t->pids[i], 0); /* they left by themselves */
	assert_int_not_equal(access(sock, F_OK), 0);
	assert_int_not_equal(access(pid_file, F_OK), 0);
}

static void
refuses_a_second_one(void **state)
{
	pid_t m = start(OBEY, 1), second;

	(void)state;
	UNTIL(t->starts == 1);
	second = start(OBEY, 1);
	assert_int_equal(end_of(second), EXIT_RUNTIME);
	assert_true(answers());
	assert_int_equal(access(pid_file, F_OK), 0);
	assert_int_equal(finish(m), 0);
}

static void
replaces_the_dead(void **state)
{
	pid_t m = start(OBEY, 2);
	int64_t before, took;
	int n = 2;

	(void)state;
	UNTIL(t->starts == 2);
	do { /* at once, unless others had the machine; a delay would be there each time, and of 80 ms at least */
		nap(1100);
		before = clock_mono_ms();
		kill(t->pids[n - 1], SIGKILL);
		n++;
		UNTIL(t->starts == n);
		took = clock_mono_ms() - before;
	} while (took >= 80 && n < 10);
	assert_in_range(took, 0, 79);
	assert_int_equal(finish(m), 0);
}

static void
gives_up_a_start_that_cannot_succeed(void **state)
{
	int64_t before = clock_mono_ms();

	(void)state;
	assert_int_equal(end_of(start(CRASH, 1)), EXIT_RUNTIME);
	assert_int_equal(t->starts, 5);
	assert_in_range(clock_mono_ms() - before, 1200, 3500); /* 100 + 200 + 400 + 800, +-20 % */
	assert_int_equal(end_of(start(REFUSE, 2)), EXIT_CONFIG);
	assert_in_range(t->starts, 1, 2);
	assert_int_equal(end_of(start(SHORTAGE, 1)), EXIT_RUNTIME);
	assert_int_equal(t->starts, 1);
	assert_int_not_equal(access(sock, F_OK), 0);
}

static void
kills_who_does_not_get_ready(void **state)
{
	pid_t m = start(SILENT, 1);

	(void)state;
	UNTIL(t->starts == 2);
	assert_true(is_gone(t->pids[0]));
	assert_int_equal(finish(m), 0);
}

static void
reload_changes_generations(void **state)
{
	pid_t m = start(OBEY, 2);
	int old[2];

	(void)state;
	UNTIL(t->starts == 2);
	old[0] = t->pids[0];
	old[1] = t->pids[1];
	t->workers = 3;
	kill(m, SIGHUP);
	UNTIL(t->starts == 5 && is_gone(old[0]) && is_gone(old[1]));
	assert_int_equal(t->generation[4], 2);
	assert_true(answers());
	for (int i = 0; i < 20; i++) { /* many at once: the last is not lost */
		kill(m, SIGHUP);
		nap(3);
	}
	UNTIL(t->starts >= 8);
	nap(300);
	UNTIL(t->starts % 3 == 2); /* whole generations */
	assert_int_equal(finish(m), 0);
}

static void
a_bad_reload_changes_nothing(void **state)
{
	static const enum mode bad[] = { CRASH, REFUSE, SILENT };
	pid_t m = start(OBEY, 2);

	(void)state;
	UNTIL(t->starts == 2);
	t->load_fails = 1;
	kill(m, SIGHUP);
	nap(200);
	assert_int_equal(t->starts, 2);
	t->load_fails = 0;
	for (size_t i = 0; i < 3; i++) {
		t->mode = (int)bad[i];
		t->starts = 2;
		kill(m, SIGHUP);
		UNTIL(t->starts > 2);
		nap(bad[i] == SILENT ? 1500 : 300);
		assert_false(is_gone(t->pids[0]) || is_gone(t->pids[1]));
		assert_in_range(t->starts, 3, 4);
		UNTIL(is_gone(t->pids[2]));
	}
	t->mode = OBEY;
	t->starts = 2;
	kill(m, SIGHUP);
	UNTIL(t->starts == 4 && is_gone(t->pids[0]));
	assert_int_equal(finish(m), 0);
}

static void
ends_the_stubborn(void **state)
{
	pid_t m = start(STUBBORN, 2);
	int64_t before;

	(void)state;
	UNTIL(t->starts == 2);
	nap(50);
	before = clock_mono_ms();
	assert_int_equal(finish(m), 0);
	assert_in_range(clock_mono_ms() - before, 650, 1500);
	assert_true(is_gone(t->pids[0]) && is_gone(t->pids[1]));

	m = start(STUBBORN, 2);
	UNTIL(t->starts == 2);
	nap(50);
	before = clock_mono_ms();
	kill(m, SIGTERM);
	nap(100);
	assert_int_equal(finish(m), 0);                     /* the second TERM */
	assert_in_range(clock_mono_ms() - before, 90, 690); /* the time to stop, which the first TERM gives, is 700 */
}

static void
a_thousand_deaths_cost_nothing(void **state)
{
	pid_t m = start(SERVE_AND_DIE, 4);
	int fds;

	(void)state;
	UNTIL(t->starts > 50);
	t->mode = OBEY;
	nap(200);
	fds = count_fds(m);
	t->mode = SERVE_AND_DIE;
	for (int i = 0; i < PIDS; i++)
		if (t->pids[i] != 0 && !is_gone(t->pids[i]))
			kill(t->pids[i], SIGKILL);
	UNTIL(t->starts > 1050); /* served before they died: never delayed */
	t->mode = OBEY;
	UNTIL(count_fds(m) <= fds); /* who is starting has a pipe to the master */
	assert_in_range(t->retired, 1000, 4000);
	assert_int_equal(finish(m), 0);
}

static void
nobody_outlives_a_killed_master(void **state)
{
	pid_t m = start(OBEY, 3);

	(void)state;
	UNTIL(t->starts == 3 && answers());
	kill(m, SIGKILL);
	assert_int_equal(end_of(m), -1);
	UNTIL(t->pids[0] == 0 && t->pids[1] == 0 && t->pids[2] == 0);
	UNTIL(!answers());
	m = start(OBEY, 1); /* the dead socket and the pid file are no obstacle */
	UNTIL(t->starts == 1 && answers());
	assert_int_equal(finish(m), 0);
}

static void
more_and_less(void **state)
{
	pid_t m = start(OBEY, 1);

	(void)state;
	UNTIL(t->starts == 1);
	kill(m, SIGTTIN);
	UNTIL(t->starts == 2);
	kill(m, SIGTTOU);
	UNTIL(t->pids[1] == 0);
	kill(m, SIGTTOU); /* not below one */
	nap(200);
	assert_int_not_equal(t->pids[0], 0);
	assert_int_equal(finish(m), 0);
}

/* The worn one serves until the fresh one is ready, and there is never one too few. */
static void
the_recycle_are_replaced(void **state)
{
	pid_t m = start(WORN, 1);
	int old;

	(void)state;
	UNTIL(t->starts == 2);
	old = t->pids[0];
	nap(300);
	assert_int_equal(t->pids[0], old);
	UNTIL(t->starts == 3 && t->pids[0] == 0);
	nap(600);
	assert_int_equal(t->starts, 3);
	assert_int_not_equal(t->pids[2], 0);
	assert_int_equal(finish(m), 0);
}

static void
sizes_itself(void **state)
{
	pid_t m;
	int alive = 0;

	(void)state;
	t->most = 5;
	t->all_busy = 1;
	m = start(OBEY, 2);
	UNTIL(t->starts == 5); /* nobody is idle: all it may have */
	nap(700);
	assert_int_equal(t->starts, 5);
	t->all_busy = 0;
	kill(m, SIGHUP); /* as many after a reload, now idle: it shrinks, to the least */
	UNTIL(t->starts == 10);
	nap(3000);
	for (int i = 0; i < 10; i++)
		alive += t->pids[i] != 0;
	assert_int_equal(alive, 2);
	assert_int_equal(finish(m), 0);
	t->most = 0;
}

static void
without_processes_for_a_while(void **state)
{
	pid_t m = start(OBEY, 2);

	(void)state;
	UNTIL(t->starts == 2);
	nap(50);
	kill(m, SIGWINCH);
	UNTIL(t->pids[0] == 0 && t->pids[1] == 0);
	nap(300);
	assert_int_equal(t->starts, 2);
	assert_true(answers()); /* connections wait */
	kill(m, SIGHUP);
	UNTIL(t->starts == 4);
	assert_int_equal(finish(m), 0);
}

static void
the_stuck_are_noticed_and_killed(void **state)
{
	pid_t m = start(STUCK, 1);
	int64_t before = clock_mono_ms();

	(void)state;
	UNTIL(t->starts == 2);
	assert_in_range(clock_mono_ms() - before, 900, 2500);
	assert_int_equal(t->slow, 1);
	assert_int_equal(t->killed, 1);
	assert_int_equal(finish(m), 0);
}

static void
the_background_is_honest(void **state)
{
	pid_t m, daemon;
	FILE *f;

	(void)state;
	t->foreground = 0;
	assert_int_equal(end_of(start(CRASH, 1)), EXIT_RUNTIME);
	assert_int_equal(end_of(start(REFUSE, 1)), EXIT_CONFIG);
	m = start(OBEY, 2);
	assert_int_equal(end_of(m), 0);
	assert_true(t->starts == 2 && answers());
	assert_non_null(f = fopen(pid_file, "r"));
	assert_int_equal(fscanf(f, "%d", &daemon), 1);
	fclose(f);
	assert_int_not_equal(daemon, m);
	assert_int_equal(getsid(daemon) == getsid(0), 0);
	kill(daemon, SIGTERM);
	UNTIL(is_gone(daemon));
	assert_int_not_equal(access(sock, F_OK), 0);
	t->foreground = 1;
}

static int
set_up(void **state)
{

	(void)state;
	t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t == MAP_FAILED || mkdtemp(dir) == NULL)
		return (-1);
	t->foreground = 1;
	snprintf(sock, sizeof(sock), "%s/s", dir);
	snprintf(pid_file, sizeof(pid_file), "%s/pid", dir);
	return (log_open("", getenv("TEST_LOG") == NULL ? LOG_LEVEL_ERROR : LOG_LEVEL_DEBUG));
}

static int
tear_down(void **state)
{

	(void)state;
	return (rmdir(dir));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_and_stops),
		cmocka_unit_test(refuses_a_second_one),
		cmocka_unit_test(replaces_the_dead),
		cmocka_unit_test(gives_up_a_start_that_cannot_succeed),
		cmocka_unit_test(kills_who_does_not_get_ready),
		cmocka_unit_test(reload_changes_generations),
		cmocka_unit_test(a_bad_reload_changes_nothing),
		cmocka_unit_test(ends_the_stubborn),
		cmocka_unit_test(a_thousand_deaths_cost_nothing),
		cmocka_unit_test(nobody_outlives_a_killed_master),
		cmocka_unit_test(more_and_less),
		cmocka_unit_test(the_recycle_are_replaced),
		cmocka_unit_test(sizes_itself),
		cmocka_unit_test(without_processes_for_a_while),
		cmocka_unit_test(the_stuck_are_noticed_and_killed),
		cmocka_unit_test(the_background_is_honest),
	};

	return (cmocka_run_group_tests(tests, set_up, tear_down));
}

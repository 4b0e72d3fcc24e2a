/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "config/load.h"
#include "crypto/keyring.h"

#include "process.h"

struct process process;

static void
write_conf(void)
{
	FILE *f = fopen("t.conf", "w");

	assert_non_null(f);
	fprintf(f, "state_dir = \"%s\";\nissuer = \"https://example.org/auth\";\n", process.dir);
	fprintf(f, "redis: { url = \"unix:%s/none\"; };\nuserdb: { url = \"sqlite:users.db\"; };\n", process.dir);
	assert_int_equal(fclose(f), 0);
}

static int
listen_at(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, SOMAXCONN), 0);
	return (fd);
}

/* Connections and descriptors as the master makes them; the signals likewise. */
static void
make_child(void)
{
	int life[2], channel[2];

	assert_int_equal(pipe2(life, O_CLOEXEC), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel), 0);
	process.life = life[1];
	process.channel = channel[0];
	process.child = (struct child){ .role = "check",
		.n_listen = 1,
		.listen_fds = { listen_at(process.socket) },
		.master_fd = life[0],
		.channel = channel[1],
		.board = board_new() };
	assert_non_null(process.child.board);
	process.child.board->max_hashing = 1;
	process.child.slot = board_assign(process.child.board, 0, (uint32_t)board_role(process.child.board, "check"), 1);
}

int
process_setup(void **state)
{
	char err[CONFIG_ERROR_MAX] = "";

	(void)state;
	process = (struct process){ .dir = "/tmp/dwchildXXXXXX" };
	if (mkdtemp(process.dir) == NULL || chdir(process.dir) != 0)
		return (-1);
	snprintf(process.socket, sizeof(process.socket), "%s/sock", process.dir);
	write_conf();
	if (keyring_create(process.dir, "EdDSA", (uid_t)-1, (gid_t)-1, err, sizeof(err)) != 0 ||
	    (process.conf = config_load("t.conf", err, sizeof(err))) == NULL)
		fail_msg("%s", err);
	make_child();
	return (0);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{

	(void)st;
	(void)type;
	(void)ftw;
	return (remove(path));
}

static void
close_end(int *fd)
{

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int
process_teardown(void **state)
{

	(void)state;
	if (process.pid > 0) {
		kill(process.pid, SIGKILL);
		waitpid(process.pid, NULL, 0);
	}
	close_end(&process.life);
	close_end(&process.channel);
	close_end(&process.child.master_fd);
	close_end(&process.child.channel);
	close_end(&process.child.listen_fds[0]);
	config_free(process.conf);
	return (chdir("/") != 0 ? -1 : nftw(process.dir, remove_one, 8, FTW_DEPTH | FTW_PHYS));
}

/* The parent keeps no end of the child's: it would hide the child's end. */
void
process_start(int (*run)(struct child *, const struct config *))
{

	assert_true((process.pid = fork()) >= 0);
	if (process.pid > 0) {
		close_end(&process.child.channel);
		close_end(&process.child.master_fd);
		close_end(&process.child.listen_fds[0]);
		return;
	}
	close(process.life);
	close(process.channel);
	(void)log_open("log", LOG_LEVEL_DEBUG);
	exit(run(&process.child, process.conf));
}

bool
process_is_ready(void)
{
	char byte;

	return (read(process.channel, &byte, 1) == 1 && byte == 'R');
}

int
process_end(int sig)
{
	int status;

	if (sig != 0)
		assert_int_equal(kill(process.pid, sig), 0);
	assert_int_equal(waitpid(process.pid, &status, 0), process.pid);
	process.pid = 0;
	return (WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

void
process_orphan(void)
{

	close_end(&process.life);
}

int
process_connect(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", process.socket);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return (fd);
}

static void (*begin)(void);

static void
leaves_when_told(void **state)
{

	(void)state;
	process.child.n_listen = 0;
	begin();
	assert_true(process_is_ready());
	assert_int_equal(process_end(SIGQUIT), EXIT_RETIRED);
}

static void
leaves_with_the_master(void **state)
{

	(void)state;
	process.child.n_listen = 0;
	begin();
	assert_true(process_is_ready());
	process_orphan();
	assert_int_equal(process_end(0), EXIT_RETIRED);
}

int
process_leaves(void (*start)(void))
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(leaves_when_told, process_setup, process_teardown),
		cmocka_unit_test_setup_teardown(leaves_with_the_master, process_setup, process_teardown),
	};

	begin = start;
	return (cmocka_run_group_tests(tests, NULL, NULL));
}

/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"

#include "master/listen.h"

#include "../tempdir.h"

static char path[64];
static char err[512];

static struct listen_spec
unix_spec(const char *where)
{

	return ((struct listen_spec){
	    .kind = LISTEN_UNIX, .address = where, .uid = (uid_t)-1, .gid = (gid_t)-1, .mode = 0660, .backlog = 16 });
}

static void
binds_with_its_mode_and_cleans_up(void **state)
{
	struct listeners ls = { 0 };
	struct listen_spec spec = unix_spec(path);
	struct listener *l = listen_open(&ls, &spec, err, sizeof(err));
	struct stat st;

	(void)state;
	assert_non_null(l);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_true(fd_is_listening(l->fd));
	assert_true((fcntl(l->fd, F_GETFL) & O_NONBLOCK) != 0);
	assert_true((fcntl(l->fd, F_GETFD) & FD_CLOEXEC) != 0);
	assert_ptr_equal(listen_open(&ls, &spec, err, sizeof(err)), l); /* a reload takes it as it is */
	listen_close_all(&ls);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void
refuses_a_live_one_and_replaces_a_dead_one(void **state)
{
	struct listeners ls = { 0 }, other = { 0 };
	struct listen_spec spec = unix_spec(path);
	struct listener *l = listen_open(&ls, &spec, err, sizeof(err)), *second;

	(void)state;
	assert_non_null(l);
	assert_null(listen_open(&other, &spec, err, sizeof(err)));
	assert_non_null(strstr(err, "another process listens"));
	assert_int_equal(access(path, F_OK), 0);
	/* Its path was taken by another: while our socket is open its inode number cannot be used again. */
	unlink(path);
	second = listen_open(&other, &spec, err, sizeof(err));
	assert_non_null(second);
	listen_close(l);
	assert_int_equal(access(path, F_OK), 0);
	close(second->fd); /* killed: the path stays */
	second->fd = -1;
	l = listen_open(&ls, &spec, err, sizeof(err));
	assert_non_null(l);
	listen_close(l);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void
leaves_other_files_alone(void **state)
{
	struct listeners ls = { 0 };
	struct listen_spec spec = unix_spec(path);
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	(void)state;
	close(fd);
	assert_null(listen_open(&ls, &spec, err, sizeof(err)));
	assert_non_null(strstr(err, "not a socket"));
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
}

static void
refuses_what_cannot_be(void **state)
{
	static const char *const bad[] = { "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "localhost:80", "[::1:80", "::1:80",
		":80", "" };
	struct listeners ls = { 0 };
	char longer[200];
	struct listen_spec spec;

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	spec = unix_spec(longer);
	assert_null(listen_open(&ls, &spec, err, sizeof(err)));
	assert_non_null(strstr(err, "too long"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		spec = (struct listen_spec){ .kind = LISTEN_TCP, .address = bad[i], .backlog = 16 };
		assert_null(listen_open(&ls, &spec, err, sizeof(err)));
	}
	for (size_t i = 0; i < LISTENERS_MAX; i++)
		assert_int_equal(ls.all[i].kind, 0);
}

static void
opens_tcp_and_takes_over_inherited(void **state)
{
	struct listeners ls = { 0 };
	struct listen_spec spec = { .kind = LISTEN_TCP, .address = "127.0.0.1:0", .backlog = 16 };
	struct listener *l = listen_open(&ls, &spec, err, sizeof(err)), *again;

	(void)state;
	assert_non_null(l);
	spec = (struct listen_spec){ .kind = LISTEN_INHERITED, .address = "inherited", .fd = l->fd };
	again = listen_open(&ls, &spec, err, sizeof(err));
	assert_non_null(again);
	assert_int_not_equal(again->fd, l->fd);
	assert_true(fd_is_listening(again->fd));
	listen_close_all(&ls);
}

static int
make_dir(void **state)
{

	if (tempdir_make(state) != 0)
		return (-1);
	snprintf(path, sizeof(path), "%s/s", tempdir);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(binds_with_its_mode_and_cleans_up),
		cmocka_unit_test(refuses_a_live_one_and_replaces_a_dead_one),
		cmocka_unit_test(leaves_other_files_alone),
		cmocka_unit_test(refuses_what_cannot_be),
		cmocka_unit_test(opens_tcp_and_takes_over_inherited),
	};

	return (cmocka_run_group_tests(tests, make_dir, tempdir_remove_empty));
}

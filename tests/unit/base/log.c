/* SPDX-License-Identifier: ISC */
/* Where the log goes: a file that is moved away, a syslog daemon that is slow, dies and comes back. */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
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

#include "base/log.h"

static char dir[] = "/tmp/dwlogXXXXXX", file[64], path[64];

static int
setup(void **state)
{

	(void)state;
	if (mkdtemp(dir) == NULL)
		return (-1);
	snprintf(file, sizeof(file), "%s/log", dir);
	snprintf(path, sizeof(path), "%s/socket", dir);
	return (0);
}

static int
teardown(void **state)
{

	(void)state;
	(void)log_open(NULL, LOG_LEVEL_ERROR);
	(void)unlink(file);
	(void)unlink(path);
	return (rmdir(dir));
}

static const char *
content(const char *name)
{
	static char text[8192];
	int fd = open(name, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return (text);
}

static int
listen_here(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), room = 4096;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	(void)unlink(path);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return (fd);
}

static const char *
datagram(int fd)
{
	static char text[4096];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	return (text);
}

static void
test_file(void **state)
{
	struct log_options o = { .target = LOG_TARGET_AUTO, .format = LOG_FORMAT_JSON, .level = LOG_LEVEL_INFO, .file = file };
	char moved[80];
	struct stat st;

	(void)state;
	assert_int_equal(log_setup(&o), 0);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0137, 0);
	log_info("one n=1");
	log_debug("not this");
	assert_non_null(strstr(content(file), "\"message\":\"one\",\"n\":1}\n"));
	assert_null(strstr(content(file), "not this"));
	snprintf(moved, sizeof(moved), "%s.1", file);
	assert_int_equal(rename(file, moved), 0);
	log_info("two");
	assert_int_equal(log_reopen(), 0);
	log_info("three");
	assert_non_null(strstr(content(moved), "two"));
	assert_null(strstr(content(moved), "three"));
	assert_non_null(strstr(content(file), "three"));
	unlink(moved);
}

static void
test_failure_leaves_it(void **state)
{
	struct log_options o = { .target = LOG_TARGET_FILE, .level = LOG_LEVEL_INFO, .file = "/nonexistent/log" };

	(void)state;
	assert_int_equal(log_open(file, LOG_LEVEL_INFO), 0);
	assert_int_equal(log_setup(&o), -1);
	o.target = LOG_TARGET_SYSLOG;
	o.socket = "/nonexistent/socket";
	assert_int_equal(log_setup(&o), -1);
	errno = EPERM;
	log_info("still here");
	assert_int_equal(errno, EPERM);
	assert_non_null(strstr(content(file), "still here"));
}

static void
test_trace(void **state)
{

	(void)state;
	assert_int_equal(log_open(file, LOG_LEVEL_INFO), 0);
	log_trace("4bf92f3577b34da6a3ce929d0e0e4736");
	log_info("with");
	log_trace(NULL);
	log_info("without");
	assert_non_null(strstr(content(file), "trace=4bf92f3577b34da6a3ce929d0e0e4736 with\n"));
	assert_null(strstr(strstr(content(file), "with\n") + 5, "trace="));
}

/* Standard error is where lines go that syslog does not take: into a file for the time of a test. */
static int
catch_stderr(void)
{
	int old = dup(STDERR_FILENO), fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);

	fflush(stderr);
	dup2(fd, STDERR_FILENO);
	close(fd);
	return (old);
}

static void
release_stderr(int old)
{

	dup2(old, STDERR_FILENO);
	close(old);
}

static void
test_syslog_comes_back(void **state)
{
	struct log_options o = { .target = LOG_TARGET_SYSLOG, .level = LOG_LEVEL_INFO, .socket = path };
	int fd = listen_here(), err;

	(void)state;
	assert_int_equal(log_setup(&o), 0);
	log_warn("first x=1");
	assert_non_null(strstr(datagram(fd), "warn [doorward] first x=1"));
	close(fd);
	err = catch_stderr();
	log_warn("nobody hears this");
	release_stderr(err);
	assert_non_null(strstr(content(file), "nobody hears this"));
	fd = listen_here();
	log_warn("back");
	assert_non_null(strstr(datagram(fd), "log lines were lost lines=1"));
	assert_non_null(strstr(datagram(fd), "back"));
	close(fd);
}

static void
test_syslog_is_not_waited_for(void **state)
{
	struct log_options o = { .target = LOG_TARGET_SYSLOG, .level = LOG_LEVEL_INFO, .socket = path };
	int fd = listen_here(), err;

	(void)state;
	assert_int_equal(log_setup(&o), 0);
	err = catch_stderr();
	alarm(20); /* a line that waits would end the test here */
	for (int i = 0; i < 2000; i++)
		log_info("line %d", i);
	alarm(0);
	release_stderr(err);
	while (datagram(fd)[0] != '\0')
		continue;
	log_info("after");
	assert_non_null(strstr(datagram(fd), "lines were lost"));
	assert_non_null(strstr(datagram(fd), "after"));
	close(fd);
}

/* One message of a kind, not one a request. */
static void
test_due(void **state)
{
	int64_t one = 0, other = 0;

	(void)state;
	assert_true(log_due(&one));
	for (int i = 0; i < 1000; i++)
		assert_false(log_due(&one));
	assert_true(log_due(&other));
	one -= LOG_PERIOD_MS; /* as if that time had passed */
	assert_true(log_due(&one));
	assert_false(log_due(&one));
}

/* A burst is said, then one line a period, whatever the clock of the machine says at its start. */
static void
test_pace(void **state)
{
	struct log_pace p = { 0 };

	(void)state;
	for (int i = 0; i < LOG_PACE_BURST; i++)
		assert_true(log_paced(&p));
	for (int i = 0; i < 1000; i++)
		assert_false(log_paced(&p));
	p.since -= LOG_PACE_PERIOD_MS; /* as if so much time had gone by */
	assert_true(log_paced(&p));
	assert_false(log_paced(&p));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_failure_leaves_it),
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_due),
		cmocka_unit_test(test_syslog_comes_back),
		cmocka_unit_test(test_syslog_is_not_waited_for),
	};

	return (cmocka_run_group_tests(tests, setup, teardown));
}

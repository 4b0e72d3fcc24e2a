/* SPDX-License-Identifier: ISC */
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/http.h"
#include "ctl/options.h"
#include "doorward/config.h"

static char dir[] = "/tmp/dw-unit-XXXXXX";
static char path[sizeof(dir) + 8];

static int
listen_here(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	(void)unlink(path);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return (fd);
}

/* A process that answers one request with ${answer}, whatever it is. */
static pid_t
answer_once(const char *answer)
{
	int fd = listen_here();
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		char request[1024];
		int peer = accept(fd, NULL, NULL);
		ssize_t n = read(peer, request, sizeof(request) - 1);

		if (n > 0 && memmem(request, (size_t)n, "\r\nConnection: close\r\n", 21) != NULL &&
		    write(peer, answer, strlen(answer)) >= 0)
			_exit(0);
		_exit(1);
	}
	close(fd);
	return (pid);
}

static void
wait_for(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* An answer is taken whole or not at all: half a JSON text of a daemon that was killed is none. */
static void
answers(void **state)
{
	static const struct {
		const char *answer, *body;
		int status;
	} t[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "{}", 200 },
		{ "HTTP/1.1 503 Service Unavailable\r\ncontent-length:  2\r\n\r\n{}", "{}", 503 },
		{ "HTTP/1.0 200 OK\r\n\r\n", "", 200 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", NULL, -1 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}", NULL, -1 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}", NULL, -1 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", NULL, -1 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", NULL, -1 },
		{ "HTTP/1.1 2x0 OK\r\n\r\n", NULL, -1 },
		{ "SSH-2.0-OpenSSH_9.9\r\n\r\n", NULL, -1 },
		{ "", NULL, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		pid_t pid = answer_once(t[i].answer);
		char mem[256];
		struct str body;

		assert_int_equal(http_get(path, "/status?json", mem, sizeof(mem), &body), t[i].status);
		if (t[i].body != NULL)
			assert_true(str_is(body, t[i].body));
		wait_for(pid);
	}
}

static void
too_long(void **state)
{
	pid_t pid = answer_once(
	    "HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n"
	    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789");
	char mem[200];
	struct str body;

	(void)state;
	assert_int_equal(http_get(path, "/", mem, sizeof(mem), &body), -1);
	wait_for(pid);
}

/* Nobody there is no failure of a post; somebody who says no is. */
static void
posts(void **state)
{
	char longest[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
	pid_t pid;

	(void)state;
	(void)unlink(path);
	assert_false(http_is_up(path));
	assert_int_equal(http_post(path, "/admin/flush"), 0);
	close(listen_here()); /* left over by a daemon that was killed */
	assert_false(http_is_up(path));
	assert_int_equal(http_post(path, "/admin/flush"), 0);
	pid = answer_once("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(http_post(path, "/admin/flush"), 1);
	wait_for(pid);
	pid = answer_once("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(http_post(path, "/admin/flush"), -1);
	wait_for(pid);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(http_post(longest, "/admin/flush"), -1); /* a socket that cannot be is not one that is not there */
}

/* What "status" prints of the daemon on ${path}. */
static void
print_status(char out[1024])
{
	struct config conf = { .admin_socket = path };
	struct ctl c = { .conf = &conf };
	struct options o = { .json = false };
	int before = dup(STDOUT_FILENO);
	FILE *file = tmpfile();
	size_t n;

	assert_true(file != NULL && before >= 0 && fflush(stdout) == 0);
	assert_int_equal(dup2(fileno(file), STDOUT_FILENO), STDOUT_FILENO);
	assert_int_equal(status_command(&c, &o), CTL_DONE);
	assert_int_equal(fflush(stdout), 0);
	assert_int_equal(dup2(before, STDOUT_FILENO), STDOUT_FILENO);
	close(before);
	rewind(file);
	n = fread(out, 1, 1023, file);
	out[n] = '\0';
	fclose(file);
}

/* The last error of a sink is what somebody else said: a terminal does not act on it. */
static void
terminal(void **state)
{
	static const char body[] =
	    "{\"version\":\"\\u001b]0;v\",\"sinks\":[{\"sink\":\"amqp\",\"last_error\":\"\\u001b[2J\"}]}";
	char answer[512], out[1024];
	pid_t pid;

	(void)state;
	snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
	pid = answer_once(answer);
	print_status(out);
	wait_for(pid);
	assert_null(strchr(out, '\033'));
	assert_non_null(strstr(out, "\\u001b[2J"));
	assert_non_null(strstr(out, "\\u001b]0;v"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(too_long),
		cmocka_unit_test(posts),
		cmocka_unit_test(terminal),
	};
	int failed;

	if (mkdtemp(dir) == NULL)
		return (1);
	snprintf(path, sizeof(path), "%s/socket", dir);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(path);
	(void)rmdir(dir);
	return (failed);
}

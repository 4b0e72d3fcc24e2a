/* SPDX-License-Identifier: ISC */
/*
 * Messages to the service manager (sd_notify(3), without its library): ready, reloading, stopping, a status line, a sign of
 * life, the pid of the master that took over. Where no manager listens nothing is sent. Its variables are removed from the
 * environment, so that no child speaks in our name, and given to a new master at an upgrade.
 */
#include <sys/socket.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"

#include "master/notify.h"

#define WATCHDOG_MAX ((uint64_t)1 << 40) /* microseconds: more is a mistake */

/* An address with '@' has no file: the kernel knows it by a name that begins with NUL. */
static bool
address_of(const char *path, struct sockaddr_un *to, socklen_t *len)
{
	size_t n = strlen(path);

	if ((path[0] != '/' && path[0] != '@') || n < 2 || n >= sizeof(to->sun_path))
		return (false);
	*to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(to->sun_path, path, n);
	if (path[0] == '@')
		to->sun_path[0] = '\0';
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	return (true);
}

static char *
copy_of(const char *name)
{
	const char *value = getenv(name);

	return (value == NULL ? NULL : strdup(value));
}

/* Half of what is allowed, unless it is another process that is watched. */
static int64_t
watchdog_period(const char *usec)
{
	const char *pid = getenv("WATCHDOG_PID");
	uint64_t p, n;

	if (usec == NULL || !str_to_u64(str_of(usec), WATCHDOG_MAX, &n))
		return (0);
	if (pid != NULL && (!str_to_u64(str_of(pid), INT32_MAX, &p) || (pid_t)p != getpid()))
		return (0);
	return ((int64_t)(n / 2000));
}

void
notify_open(struct notify *n)
{

	*n = (struct notify){ .fd = -1, .socket = copy_of("NOTIFY_SOCKET"), .usec = copy_of("WATCHDOG_USEC") };
	n->watchdog = watchdog_period(n->usec);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	if (n->socket == NULL || n->socket[0] == '\0')
		return;
	if (!address_of(n->socket, &n->to, &n->tolen) ||
	    (n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		log_warn("cannot use NOTIFY_SOCKET %s", log_text(str_of(n->socket)));
}

void
notify_close(struct notify *n)
{

	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
	free(n->socket);
	free(n->usec);
	n->socket = n->usec = NULL;
}

void
notify_export(const struct notify *n)
{

	if (n->socket != NULL)
		setenv("NOTIFY_SOCKET", n->socket, 1);
	if (n->usec != NULL && n->watchdog > 0)
		setenv("WATCHDOG_USEC", n->usec, 1);
}

/* What does not get through is not repeated: a manager that hears nothing acts by itself. */
static void
say(struct notify *n, const char *text)
{

	if (n->fd >= 0)
		(void)sendto(n->fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&n->to, n->tolen);
}

void
notify_ready(struct notify *n)
{

	say(n, "READY=1");
}

/* The manager matches the time against the READY=1 that follows. */
void
notify_reloading(struct notify *n)
{
	struct timespec ts;
	char text[64];

	clock_gettime(CLOCK_MONOTONIC, &ts);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
	say(n, text);
}

void
notify_stopping(struct notify *n)
{

	say(n, "STOPPING=1");
}

void
notify_main_pid(struct notify *n, pid_t pid)
{
	char text[32];

	snprintf(text, sizeof(text), "MAINPID=%d", (int)pid);
	say(n, text);
}

/* Not more often than NOTIFY_STATUS_PERIOD, and only what has changed. */
void
notify_status(struct notify *n, const char *text, int64_t now)
{
	char message[NOTIFY_STATUS_MAX + 8];

	if (n->fd < 0 || now - n->told < NOTIFY_STATUS_PERIOD || strcmp(n->status, text) == 0)
		return;
	n->told = now;
	snprintf(n->status, sizeof(n->status), "%s", text);
	snprintf(message, sizeof(message), "STATUS=%s", n->status);
	say(n, message);
}

void
notify_alive(struct notify *n, int64_t now)
{

	if (n->watchdog == 0 || now - n->alive_at < n->watchdog)
		return;
	n->alive_at = now;
	say(n, "WATCHDOG=1");
}

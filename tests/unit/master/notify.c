/* SPDX-License-Identifier: ISC */
/* What the service manager hears, by a socket of the test's own. */
#include <sys/socket.h>
#include <sys/un.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "master/notify.h"

static char name[64];
static int manager = -1;

/* The next message, "" if there is none. */
static const char *
heard(void)
{
	static char text[512];
	ssize_t n = recv(manager, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return (text);
}

static void
speaks(void **state)
{
	struct notify n;
	char want[64];

	(void)state;
	setenv("NOTIFY_SOCKET", name, 1);
	notify_open(&n);
	assert_null(getenv("NOTIFY_SOCKET")); /* children shall not speak for us */
	notify_ready(&n);
	assert_string_equal(heard(), "READY=1");
	notify_reloading(&n);
	assert_int_equal(strncmp(heard(), "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
	notify_stopping(&n);
	assert_string_equal(heard(), "STOPPING=1");
	notify_main_pid(&n, 4711);
	snprintf(want, sizeof(want), "MAINPID=%d", 4711);
	assert_string_equal(heard(), want);
	notify_status(&n, "fine", 5000);
	assert_string_equal(heard(), "STATUS=fine");
	notify_status(&n, "fine", 9000); /* nothing new */
	assert_string_equal(heard(), "");
	notify_status(&n, "finer", 5500); /* too soon */
	assert_string_equal(heard(), "");
	notify_status(&n, "finer", 6000);
	assert_string_equal(heard(), "STATUS=finer");
	notify_export(&n);
	assert_string_equal(getenv("NOTIFY_SOCKET"), name);
	notify_close(&n);
	unsetenv("NOTIFY_SOCKET");
}

static void
signs_of_life(void **state)
{
	char pid[16];
	struct notify n;

	(void)state;
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "2000000", 1);
	notify_open(&n);
	notify_alive(&n, 10000);
	assert_string_equal(heard(), "WATCHDOG=1");
	notify_alive(&n, 10999);
	assert_string_equal(heard(), "");
	notify_alive(&n, 11000);
	assert_string_equal(heard(), "WATCHDOG=1");
	notify_close(&n);

	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "2000000", 1);
	snprintf(pid, sizeof(pid), "%d", (int)getpid() + 1);
	setenv("WATCHDOG_PID", pid, 1); /* it watches another */
	notify_open(&n);
	notify_alive(&n, 10000);
	assert_string_equal(heard(), "");
	notify_close(&n);
}

static void
nobody_listens(void **state)
{
	static const char *const bad[] = { NULL, "", "relative", "@" };
	struct notify n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (bad[i] != NULL)
			setenv("NOTIFY_SOCKET", bad[i], 1);
		notify_open(&n);
		assert_int_equal(n.fd, -1);
		notify_ready(&n);
		notify_status(&n, "to nobody", 100000);
		notify_close(&n);
	}
}

/* An abstract address: '@' stands for the NUL it begins with. */
static int
listen_for_it(void **state)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	(void)state;
	snprintf(name, sizeof(name), "@doorward-notify-%d", (int)getpid());
	memcpy(sa.sun_path, name, strlen(name));
	sa.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM, 0);
	return (bind(manager, (struct sockaddr *)&sa, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(speaks),
		cmocka_unit_test(signs_of_life),
		cmocka_unit_test(nobody_listens),
	};

	return (cmocka_run_group_tests(tests, listen_for_it, NULL));
}

/* SPDX-License-Identifier: ISC */
/* Asking sentinels: of several answers the newest, of bad ones none, and never longer than allowed; and who may be connected
 * to. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "doorward/config.h"
#include "store/node.h"
#include "store/sentinel.h"

#define PATIENCE_MS 400
#define WHERE(host, port) "*2\r\n" host "\r\n" port "\r\n"
#define GOOD WHERE("$8\r\n10.0.0.1", "$4\r\n6379")
#define EPOCH(n) "*4\r\n$4\r\nname\r\n$1\r\nm\r\n$12\r\nconfig-epoch\r\n$1\r\n" n "\r\n"
#define LONG_64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static char none[] = "";
static struct config conf = { .redis_sentinel_user = none, .redis_sentinel_password_file = none, .redis_connect_timeout = 200 };
static pid_t peers[REDIS_HOSTS_MAX];
static struct redis_url url;

/* A further sentinel, that answers ${bytes} whatever it is asked and then says nothing. NULL: does not even take the
 * connection. */
static void
add_peer(const char *bytes)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one;
	socklen_t len = sizeof(a);
	char buf[4096];

	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(fd, 4) == 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	snprintf(url.hosts[url.n].name, sizeof(url.hosts[url.n].name), "127.0.0.1");
	url.hosts[url.n].port = ntohs(a.sin_port);
	if ((peers[url.n] = fork()) == 0) {
		alarm(10);
		if (bytes == NULL || (one = accept(fd, NULL, NULL)) < 0)
			for (;;)
				pause();
		(void)!write(one, bytes, strlen(bytes));
		while (read(one, buf, sizeof(buf)) > 0)
			;
		_exit(0);
	}
	close(fd);
	url.n++;
}

static int
begin(void **state)
{

	(void)state;
	url = (struct redis_url){ .kind = REDIS_SENTINEL, .master = "m" };
	return (0);
}

static int
end(void **state)
{

	(void)state;
	for (size_t i = 0; i < url.n; i++) {
		kill(peers[i], SIGKILL);
		waitpid(peers[i], NULL, 0);
	}
	return (0);
}

/* Asks, and fails if that took longer than it may. */
static bool
find(struct sentinel_answer *out, char why[256])
{
	int64_t began = clock_mono_ms();
	bool found = sentinel_find(&conf, &url, began + PATIENCE_MS, out, why, 256);

	assert_true(clock_mono_ms() - began < PATIENCE_MS + 2000);
	return (found);
}

static void
test_newest(void **state)
{
	struct sentinel_answer a;
	char why[256];

	(void)state;
	add_peer(GOOD EPOCH("3"));
	add_peer(WHERE("$3\r\n::1", "$1\r\n9") EPOCH("5"));
	add_peer(GOOD EPOCH("4"));
	add_peer(NULL);
	assert_true(find(&a, why));
	assert_string_equal(a.master.name, "::1");
	assert_int_equal(a.master.port, 9);
	assert_int_equal(a.epoch, 5);
}

static void
test_bad(void **state)
{
	static const char *const rows[] = { "", "+OK\r\n", "nonsense", "-NOAUTH Authentication required.\r\n-NOAUTH no\r\n",
		"*-1\r\n-ERR No such master with that name\r\n", "*1\r\n$1\r\na\r\n" EPOCH("1"),
		WHERE("$0\r\n", "$4\r\n6379") EPOCH("1"), WHERE("$3\r\na\033c", "$4\r\n6379") EPOCH("1"),
		WHERE("$3\r\na:b", "$4\r\n6379") EPOCH("1"), "-ERR \033[2J\r\n-ERR no\r\n",
		WHERE("$1\r\na", "$5\r\n65536") EPOCH("1"), WHERE("$1\r\na", "$1\r\n0") EPOCH("1"),
		WHERE("$1\r\na", "$2\r\n-1") EPOCH("1"),
		WHERE("$320\r\n" LONG_64 LONG_64 LONG_64 LONG_64 LONG_64, "$1\r\n9") EPOCH("1"),
		GOOD "*2\r\n$4\r\nname\r\n$1\r\nm\r\n", GOOD EPOCH("x"), GOOD "+OK\r\n",
		GOOD "*3\r\n$4\r\nname\r\n$1\r\nm\r\n$12\r\nconfig-epoch\r\n", GOOD, "*2\r\n$8\r\n10.0", "$536870912\r\nabc" };
	struct sentinel_answer a;
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(NULL);
		add_peer(rows[i]);
		if (find(&a, why))
			fail_msg("row %zu was taken", i);
		assert_non_null(strstr(why, "no sentinel of redis.url names a master m: "));
		assert_null(strchr(why, '\033'));
		end(NULL);
	}
	url.n = 0;
}

/* What is wrong with one is no reason not to believe another; nobody there is told at once. */
static void
test_others(void **state)
{
	struct sentinel_answer a;
	char why[256];

	(void)state;
	add_peer("nonsense");
	add_peer(GOOD EPOCH("x"));
	add_peer(GOOD EPOCH("0"));
	assert_true(find(&a, why));
	assert_string_equal(a.master.name, "10.0.0.1");
	end(NULL);
	assert_false(find(&a, why));
	url.n = 0;
}

/* A number below the highest is not followed, for a while; a higher one voids what was connected before. */
static void
test_follow(void **state)
{
	struct node n = { .epoch = 7 };

	(void)state;
	assert_true(node_follow(&n, 4));
	assert_int_equal(n.epoch, 7); /* the first that is heard of */
	assert_true(node_follow(&n, 4));
	assert_true(node_follow(&n, 5));
	assert_int_equal(n.epoch, 8);
	assert_false(node_follow(&n, 4));
	assert_int_equal(n.epoch, 8);
	n.config_at = n.config_at - 60000; /* nobody has named it for long: the sentinels were made anew */
	assert_true(node_follow(&n, 0));
	assert_int_equal(n.epoch, 9);
	assert_true(node_follow(&n, 0));
	assert_int_equal(n.epoch, 9);
	assert_true(node_follow(&n, UINT64_MAX)); /* a sentinel that lies, and then is mended: nobody stays where it led to */
	assert_int_equal(n.epoch, 10);
	n.config_at = n.config_at - 60000;
	assert_true(node_follow(&n, 1));
	assert_int_equal(n.epoch, 11);
}

static void
test_ask_due(void **state)
{
	struct node n = { .epoch = 0 };

	(void)state;
	assert_true(node_ask_due(&n, 1000));
	assert_false(node_ask_due(&n, 1000));
	assert_true(node_ask_due(&n, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_newest, begin, end),
		cmocka_unit_test_setup_teardown(test_bad, begin, end),
		cmocka_unit_test_setup_teardown(test_others, begin, end),
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_ask_due),
	};

	signal(SIGPIPE, SIG_IGN);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}

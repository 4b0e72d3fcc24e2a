/* SPDX-License-Identifier: ISC */
/*
 * Hello on the transport of the product: its event loop, its look at what was sent, libfcgi as the codec, from the
 * libraries that make the daemon; only serve() is another one. What a check costs beyond this is what the check
 * costs.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "doorward/board.h"
#include "prefork.h"
#include "web/serve.h"
#include "worker/fcgi.h"
#include "worker/loop.h"
#include "child/wait.h"

#define HELLO "Status: 200\r\nContent-Type: text/plain\r\n\r\nhello\n"
#define DEADLINE 5000   /* ms, the default of workers.receive_deadline */
#define SLOW_AFTER 1000 /* ms, that of workers.slow_after */

void
serve(struct app *app, struct exchange *x)
{
	static char answer[] = HELLO;

	memcpy(answer, HELLO, sizeof(answer)); /* the transport wipes what it has sent */
	board_busy(app->slot, 0, "");
	x->answer = (struct str){ answer, sizeof(answer) - 1 };
	x->status = 200;
}

static void
run(int fd)
{
	struct board *board = board_new();
	struct child c = {
		.role = "check", .listen_fds = { fd }, .n_listen = 1, .master_fd = -1, .channel = -1, .board = board
	};
	struct loop_options o = { .deadline = DEADLINE };
	struct config conf = { .slow_after = SLOW_AFTER, .receive_deadline = DEADLINE };
	struct app app = { .conf = &conf, .board = board };

	if (board == NULL || fcgi_init() != 0 || fd_nonblocking(fd) != 0)
		err(1, "hello does not start");
	child_signals();
	c.slot = app.slot = &board->slots[0];
	exit(loop_run(&app, &c, &o));
}

int
main(int argc, char **argv)
{

	if (argc != 3)
		errx(2, "usage: hello SOCKET PROCESSES");
	prefork_run(prefork_listen(argv[1]), (unsigned)atoi(argv[2]), run);
	return (1);
}

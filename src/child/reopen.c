/* SPDX-License-Identifier: ISC */
/*
 * A worker runs as a user who need not be able to reach the log: a directory of root's with mode 0700 is usual. It could only
 * try its name and stay on the rotated file for ever. So the master, who can, opens it once and hands the descriptor to
 * everybody, before the signal: when the signal is there, the descriptor is.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "child/signals.h"

#include "child/reopen.h"

void
reopen_log(const struct child *c)
{
	bool taken = false;
	char what;
	int fd;

	if (!signals_reopen())
		return;
	while (c->channel >= 0 && (fd = fd_receive(c->channel, &what)) >= 0) {
		if (what == CHANNEL_LOG) {
			log_take(fd);
			taken = true;
			continue;
		}
		(void)dup2(fd, STDERR_FILENO);
		close(fd);
	}
	if (!taken && log_reopen() != 0)
		log_error("the log cannot be opened again: %s", strerror(errno));
}

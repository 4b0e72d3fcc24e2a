/* SPDX-License-Identifier: ISC */
/* The command is sent by hand, so that no copy of the password stays in a freed buffer of hiredis. */
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/fd.h"
#include "base/log.h"
#include "doorward/config.h"
#include "store/warn.h"

#include "store/auth_command.h"

/* Into ${secret}, without the end of the line; false after a log line. */
static bool
read_password(const char *option, const char *file, char secret[REDIS_PASSWORD_MAX])
{
	ssize_t n = fd_read_secret(file, secret, REDIS_PASSWORD_MAX);

	if (n < 0) {
		if (warn_due(WARN_PASSWORD))
			log_error("cannot read %s file=%s error=%s", option, log_text(str_of(file)), strerror(errno));
		return (false);
	}
	while (n > 0 && (secret[n - 1] == '\n' || secret[n - 1] == '\r'))
		secret[--n] = '\0';
	return (true);
}

bool
auth_command_send(int fd, const char *user, const char *option, const char *file)
{
	char secret[REDIS_PASSWORD_MAX], *cmd = NULL;
	const char *argv[3] = { "AUTH" };
	bool sent = false;
	int argc = 1, len;

	if (!read_password(option, file, secret))
		return (false);
	if (user[0] != '\0')
		argv[argc++] = user;
	argv[argc++] = secret;
	if ((len = redisFormatCommandArgv(&cmd, argc, argv, NULL)) >= 0) {
		sent = send(fd, cmd, (size_t)len, MSG_NOSIGNAL) == len;
		explicit_bzero(cmd, (size_t)len);
		redisFreeCommand(cmd);
	}
	explicit_bzero(secret, sizeof(secret));
	return (sent);
}

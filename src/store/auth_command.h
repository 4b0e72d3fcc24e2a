/* SPDX-License-Identifier: ISC */
/* AUTH, to Redis and to sentinels. */
#ifndef STORE_AUTH_COMMAND_H
#define STORE_AUTH_COMMAND_H

#include <stdbool.h>

/*
 * Sends AUTH with the password in ${file}, which the option ${option} names, as ${user} ("": the default user) over the
 * connected socket ${fd}, before anything else. The file is read each time, so that a new password needs no restart. False: it
 * cannot be read, which is logged, or sent.
 */
bool auth_command_send(int fd, const char *user, const char *option, const char *file);

#endif

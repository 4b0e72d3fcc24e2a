/* SPDX-License-Identifier: ISC */
/* The options of the log as base/log.c takes them. It is here because base/ knows no configuration. */
#include <string.h>

#include "base/log.h"
#include "doorward/config.h"

#include "config/logging.h"

int
logging_open(const struct config *c)
{
	struct log_options o = { .target = (enum log_target)c->log_target,
		.format = (enum log_format)c->log_format,
		.level = (enum log_level)c->log_level,
		.file = c->log_file,
		.socket = c->log_socket };

	return (log_setup(&o));
}

const char *
logging_place(const struct config *c)
{

	return (c->log_target == LOG_TARGET_SYSLOG ? c->log_socket : c->log_file);
}

bool
logging_same(const struct config *a, const struct config *b)
{

	return (a->log_target == b->log_target && a->log_format == b->log_format && a->log_level == b->log_level &&
		strcmp(a->log_file, b->log_file) == 0 && strcmp(a->log_socket, b->log_socket) == 0);
}

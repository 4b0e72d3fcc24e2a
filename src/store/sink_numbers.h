/* SPDX-License-Identifier: ISC */
/* What a sink's relay has counted, for all hosts to see: kept in Redis, so that it goes on when another host takes over. */
#ifndef STORE_SINK_NUMBERS_H
#define STORE_SINK_NUMBERS_H

#include <stdint.h>

#include "doorward/result.h"

struct redis_store;

#define SINK_ERROR_MAX 255

struct sink_numbers {
	uint64_t delivered;
	uint64_t failed;                /* tries that did not deliver */
	char error[SINK_ERROR_MAX + 1]; /* of the last one; "" = none since it worked again */
};

/* DW_OK also where nothing was counted yet: zeroes. */
enum dw_result sink_numbers_read(struct redis_store *s, const char *sink, struct sink_numbers *out);

/* By the active relay only. */
enum dw_result sink_numbers_write(struct redis_store *s, const char *sink, const struct sink_numbers *n);

#endif

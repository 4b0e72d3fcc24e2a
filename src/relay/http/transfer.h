/* SPDX-License-Identifier: ISC */
/* One request of http.c: its handle, what is sent, and what came. */
#ifndef RELAY_HTTP_TRANSFER_H
#define RELAY_HTTP_TRANSFER_H

#include "relay/http/http.h"
#include "relay/http/target.h"

struct transfer {
	CURL *easy;
	const struct target *target;
	void *of; /* whose request it is; NULL = free */
	struct curl_slist *headers;
	char *body; /* what is sent */
	char *answer;
	size_t len, cap; /* of ${answer} */
	size_t head;     /* bytes of header lines that came */
	bool cut;
	bool headed;                  /* the answer's header is there, up to the empty line */
	char refused[HTTP_ERROR_MAX]; /* why an address was not connected to, or an answer not read; "" = nothing was refused */
	char error[CURL_ERROR_SIZE];
};

/* Makes the handle with everything that all requests have in common. False: no memory, or libcurl is too old or too bare. */
bool transfer_open(struct transfer *t, const struct target *target, const char *ca_file);
void transfer_close(struct transfer *t);

/* Takes ${r} for ${of}. False: no memory; then it is free as before. */
bool transfer_fill(struct transfer *t, const struct http_request *r, void *of);

/* Forgets what was sent and came: it is free for another one. */
void transfer_clear(struct transfer *t);

/* What came of it, as libcurl's ${rc} says. ${text} of HTTP_ERROR_MAX bytes holds the sentence. Valid until it is cleared. */
struct http_answer transfer_answer(const struct transfer *t, CURLcode rc, char *text);

#endif

/* SPDX-License-Identifier: ISC */
/*
 * Many POST requests to one URL at a time, none of which waits for another: libcurl's multi interface on an epoll set of its
 * own, so that whoever waits sees one descriptor. Addresses are judged at every connect (target.h); no redirect is followed, no
 * proxy asked, nothing taken from the environment.
 */
#ifndef RELAY_HTTP_HTTP_H
#define RELAY_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_AT_ONCE 64      /* requests under way: more wait in Redis. Each has a connection while it lasts */
#define HTTP_CONNECT_MS 2000 /* name, connection and TLS */
#define HTTP_ANSWER_MS 10000 /* from the first byte of ours to the last of the answer, connecting included */
#define HTTP_BODY_MAX 65536  /* bytes of an answer that are read; what follows is not */
#define HTTP_HEAD_MAX 65536  /* bytes of its header lines, of interim answers and trailers too: libcurl keeps them all */
#define HTTP_HEADER_MAX 512  /* bytes of one header of ours */
#define HTTP_HEADERS 6
#define HTTP_ERROR_MAX 256

struct http;

struct http_place {
	const char *url;
	const char *ca_file; /* "" = those that the system trusts */
	bool allow_private;
	bool plain_private; /* as in struct target */
};

struct http_request {
	const char *headers[HTTP_HEADERS]; /* "Name: value"; NULL = no more */
	const char *body;
	size_t len;
};

struct http_answer {
	long status;       /* 0: there was no whole answer, and ${error} says why */
	const char *error; /* a sentence without secrets */
	const char *body;  /* NUL-terminated; "" = none */
	size_t len;
	bool cut; /* there was more than HTTP_BODY_MAX */
};

/* Is told how the request of ${of} ended, from within http_run(). It may start another one. */
typedef void http_done(void *arg, void *of, const struct http_answer *a);

/* Opens nothing but memory. NULL with a sentence in ${why}. ${p} is copied; the caller closes it. */
struct http *http_open(const struct http_place *p, http_done *done, void *arg, char *why, size_t len);

/* Begins a request, copying ${r}. False: HTTP_AT_ONCE are under way, or there is no memory. */
bool http_start(struct http *h, const struct http_request *r, void *of);

/* As those of struct sink_driver. http_close() tells nobody of what was under way. NULL is fine. */
int http_fd(const struct http *h);
int64_t http_due(const struct http *h);
void http_run(struct http *h);
void http_close(struct http *h);

#endif

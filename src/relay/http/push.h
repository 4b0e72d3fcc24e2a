/* SPDX-License-Identifier: ISC */
/* What the sinks that POST have in common: a place, requests under way, and what an answer means. */
#ifndef RELAY_HTTP_PUSH_H
#define RELAY_HTTP_PUSH_H

#include "base/buf.h"
#include "crypto/jws.h"
#include "doorward/config.h"
#include "doorward/sink.h"
#include "relay/http/http.h"

struct mac_key;
struct push;

/* One request as a kind of sink writes it. */
struct push_message {
	char header[HTTP_HEADERS][HTTP_HEADER_MAX];
	size_t headers;
	char text[JWS_MAX + 64]; /* room for a body that is made and not only handed on */
	const char *body;
	size_t len;
	bool later; /* what cannot be written now may be written another time */
};

struct push_kind {
	/* Reads what only this kind has; NULL = nothing. False with a sentence in ${why}. */
	bool (*open)(struct push *p, char *why, size_t len);
	/* Writes the request for ${e}. NULL, or why that is not possible: never, unless ${m}->later. */
	const char *(*write)(const struct push *p, const struct sink_event *e, struct push_message *m);
	/* Does ${a}, whose status is not 2xx, mean that it will never be taken? May go on in ${error} of HTTP_ERROR_MAX bytes.
	 */
	bool (*is_final)(const struct http_answer *a, char *error);
};

struct push {
	const struct push_kind *kind;
	const struct sink_conf *conf;
	const struct sink_env *env;
	struct http *http;
	struct mac_key *secret; /* of a webhook */
};

/* Appends a header "${name}: ${value}" of ${m}. */
void push_header(struct push_message *m, const char *name, const char *value);

/* Appends "${name}":"${value}" to a payload. */
void push_member(struct buf *b, const char *name, const char *value);

/*
 * Makes the body of ${m} of ${prefix} and a token of type ${typ} about the session of ${e}, with what ${payload} writes. NULL,
 * or why that cannot be.
 */
typedef void push_payload(struct buf *b, const struct push *p, const struct sink_event *e);
const char *push_token(const struct push *p, const struct sink_event *e, const char *prefix, const char *typ,
    push_payload *payload, struct push_message *m);

/* What is refused in the URL and the CA file of ${c}. True: nothing. */
bool push_check(const struct sink_conf *c, char *why, size_t len);
/* The same for a kind that sends tokens, which need somebody whom they are for. */
bool push_check_tokens(const struct sink_conf *c, char *why, size_t len);

/* As those of struct sink_driver. */
void *push_open(const struct push_kind *kind, const struct sink_conf *c, const struct sink_env *env, char *why, size_t len);
bool push_start(void *sink, struct sink_delivery *d, const struct sink_event *e);
int push_fd(void *sink);
int64_t push_due(void *sink);
void push_run(void *sink);
void push_close(void *sink);
#define PUSH_OPERATIONS .start = push_start, .fd = push_fd, .due = push_due, .run = push_run, .close = push_close

/* The kinds. */
extern const struct sink_driver webhook_driver, set_driver, backchannel_driver, otlp_driver;

#endif

/* SPDX-License-Identifier: ISC */
/*
 * Sentinels tell each other of a failover once in two seconds. In between some of them still name the old master, which goes on
 * calling itself one for up to eleven seconds and takes writes that nobody will ever see. So all are asked at once, and of
 * their answers that with the highest configuration epoch counts. One that is stopped or far away costs a moment, and only
 * where somebody connects; one that is not there costs nothing.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/redis_url.h"
#include "base/resolve.h"
#include "base/str.h"
#include "store/meaning.h"
#include "store/sentinel_link.h"

#include "store/sentinel.h"

#define OTHERS_MS 50 /* that the others get when one has answered */
#define PORT_MAX 65535
#define QUESTIONS_MAX (2 * REDIS_HOSTS_MAX) /* a name may have several addresses: behind each of them one may be */

struct question {
	struct sentinel_link link;
	unsigned replies;
	struct sentinel_answer answer;
	bool known; /* and has an answer, when there are two replies */
};

struct round {
	const struct config *conf;
	const struct redis_url *url;
	struct question of[QUESTIONS_MAX];
	size_t n, under_way, answered;
	size_t unknown; /* names that no address is known of yet */
	int error;      /* of the last of those that have none */
};

static void
ask(struct question *q, const char *address, int port, const char *master)
{
	const char *where[] = { "SENTINEL", "GET-MASTER-ADDR-BY-NAME", master }, *what[] = { "SENTINEL", "MASTER", master };

	if (sentinel_link_open(&q->link, address, port) && sentinel_link_ask(&q->link, 3, where))
		(void)sentinel_link_ask(&q->link, 3, what);
}

static struct str
text_of(const redisReply *r)
{

	return (r->type == REDIS_REPLY_STRING ? (struct str){ r->str, r->len } : STR_NONE);
}

static bool
take_where(struct question *q, const redisReply *r)
{
	uint64_t port;

	if (r->type == REDIS_REPLY_ERROR)
		snprintf(q->link.why, sizeof(q->link.why), "it refuses: %.80s", log_text(meaning_text(r)));
	else
		snprintf(q->link.why, sizeof(q->link.why), "it does not know that master");
	if (r->type != REDIS_REPLY_ARRAY || r->elements != 2 || !redis_host_is_name(text_of(r->element[0])) ||
	    !str_copy(q->answer.master.name, sizeof(q->answer.master.name), text_of(r->element[0])) ||
	    !str_to_u64(text_of(r->element[1]), PORT_MAX, &port) || port == 0)
		return (false);
	q->answer.master.port = (int)port;
	return (true);
}

/* Names and values in turn. The address is not taken from here: while a failover is under way it is still that of before. */
static bool
take_epoch(struct question *q, const redisReply *r)
{

	for (size_t i = 0; r->type == REDIS_REPLY_ARRAY && i + 1 < r->elements; i += 2)
		if (str_is(text_of(r->element[i]), "config-epoch"))
			return (str_to_u64(text_of(r->element[i + 1]), UINT64_MAX, &q->answer.epoch));
	return (false);
}

static void
take(struct question *q)
{
	redisReply *r;

	while (q->replies < 2 && (r = sentinel_link_reply(&q->link)) != NULL) {
		q->known = q->replies == 0 ? take_where(q, r) : take_epoch(q, r) && q->known;
		q->replies++;
		freeReplyObject(r);
	}
	if (q->replies == 2)
		sentinel_link_close(&q->link);
}

static void
count(struct round *r)
{

	r->under_way = r->answered = 0;
	for (size_t i = 0; i < r->n; i++) {
		r->under_way += sentinel_link_fd(&r->of[i].link) >= 0;
		r->answered += r->of[i].replies == 2 && r->of[i].known;
	}
}

static void
turn(struct round *r, int64_t ms)
{
	struct pollfd fds[QUESTIONS_MAX];

	for (size_t i = 0; i < r->n; i++)
		fds[i] = (struct pollfd){ .fd = sentinel_link_fd(&r->of[i].link),
			.events = sentinel_link_events(&r->of[i].link) };
	if (poll(fds, r->n, (int)ms) <= 0)
		return;
	for (size_t i = 0; i < r->n; i++)
		if (fds[i].revents != 0 && sentinel_link_step(&r->of[i].link, r->conf, fds[i].revents))
			take(&r->of[i]);
}

static void
wait_for_all(struct round *r, int64_t deadline)
{
	int64_t now;

	for (count(r); r->under_way > 0 && (now = clock_mono_ms()) < deadline; count(r)) {
		size_t before = r->answered;

		turn(r, deadline - now);
		count(r);
		if (before == 0 && r->answered > 0 && clock_mono_ms() + OTHERS_MS < deadline)
			deadline = clock_mono_ms() + OTHERS_MS;
	}
}

static const struct question *
newest(const struct round *r)
{
	const struct question *best = NULL;

	for (size_t i = 0; i < r->n; i++) {
		const struct question *q = &r->of[i];

		if (q->replies == 2 && q->known && (best == NULL || q->answer.epoch > best->answer.epoch))
			best = q;
	}
	return (best);
}

/* What the first of them failed of stands for all. */
static void
explain(const struct round *r, char *why, size_t len)
{
	const struct question *q = &r->of[0];
	const char *said = r->n == 0 ? resolve_error(r->error) : "no answer";

	for (size_t i = r->n; i-- > 0;)
		if (r->of[i].replies > 0)
			q = &r->of[i];
	snprintf(why, len, "no sentinel of redis.url names a master %s: %s", r->url->master,
	    q->link.why[0] != '\0' ? q->link.why : said);
}

/* Asks behind each address of ${h} that has not been asked yet. */
static void
ask_host(struct round *r, const struct redis_host *h)
{
	struct resolved list;
	int error = resolve(h->name, 0, &list);

	r->unknown += error == EAI_INPROGRESS;
	if (error != 0)
		r->error = error;
	for (size_t i = 0; i < list.n && r->n < QUESTIONS_MAX; i++)
		ask(&r->of[r->n++], list.address[i], h->port, r->url->master);
}

/*
 * Names that were resolved before cost nothing. A new one is waited for, but when others can be asked no longer than those wait
 * for each other.
 */
static void
ask_all(struct round *r, int64_t deadline)
{
	bool asked[REDIS_HOSTS_MAX] = { false };
	unsigned seen;

	do {
		seen = resolve_answers();
		r->unknown = 0;
		for (size_t i = 0; i < r->url->n; i++) {
			size_t before = r->n;

			if (!asked[i])
				ask_host(r, &r->url->hosts[i]);
			asked[i] |= r->n > before;
		}
		if (r->n > 0)
			deadline = clock_earlier(deadline, clock_mono_ms() + OTHERS_MS);
	} while (r->unknown > 0 && resolve_wait(seen, deadline));
}

bool
sentinel_find(
    const struct config *c, const struct redis_url *url, int64_t deadline, struct sentinel_answer *out, char *why, size_t len)
{
	struct round r = { .conf = c, .url = url };
	const struct question *best;

	ask_all(&r, deadline);
	wait_for_all(&r, deadline);
	for (size_t i = 0; i < r.n; i++)
		sentinel_link_close(&r.of[i].link);
	if ((best = newest(&r)) == NULL) {
		explain(&r, why, len);
		return (false);
	}
	*out = best->answer;
	return (true);
}

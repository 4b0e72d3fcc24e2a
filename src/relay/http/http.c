/* SPDX-License-Identifier: ISC */
/*
 * libcurl tells which sockets it waits for and how long (CURLMOPT_SOCKETFUNCTION, CURLMOPT_TIMERFUNCTION); they are put into an
 * epoll set, which itself is one descriptor for whoever waits. A turn takes what is ready, tells libcurl, and collects what has
 * ended. Handles are made once and used again, connections kept by libcurl: a request to a receiver that is well costs no
 * handshake.
 */
#include <sys/epoll.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "relay/http/transfer.h"

#include "relay/http/http.h"

#define EVENTS_A_TURN 16 /* a handshake takes a millisecond: others want their turn, too */

struct http {
	CURLM *multi;
	int set;       /* epoll */
	int64_t timer; /* mono, ms: when libcurl wants to be called; -1 = never */
	http_done *done;
	void *arg;
	struct target target;
	struct transfer all[HTTP_AT_ONCE];
};

static uint32_t
epoll_events(int what)
{

	return ((what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0));
}

/* ${known} is what curl_multi_assign() gave the socket: NULL at first. */
static int
watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct http *h = arg;
	struct epoll_event e = { .events = epoll_events(what), .data.fd = fd };

	(void)easy;
	if (what == CURL_POLL_REMOVE)
		(void)epoll_ctl(h->set, EPOLL_CTL_DEL, fd, NULL);
	else if (epoll_ctl(h->set, known == NULL ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &e) != 0)
		return (-1); /* it would never be looked at: libcurl fails the transfer */
	(void)curl_multi_assign(h->multi, fd, what == CURL_POLL_REMOVE ? NULL : h);
	return (0);
}

static int
set_timer(CURLM *multi, long ms, void *arg)
{
	struct http *h = arg;

	(void)multi;
	h->timer = ms < 0 ? -1 : clock_mono_ms() + ms;
	return (0);
}

#define SET(option, value) (curl_multi_setopt(h->multi, (option), (value)) == CURLM_OK)

static bool
open_multi(struct http *h)
{

	return ((h->multi = curl_multi_init()) != NULL && (h->set = epoll_create1(EPOLL_CLOEXEC)) >= 0 &&
		SET(CURLMOPT_SOCKETFUNCTION, watch_socket) && SET(CURLMOPT_SOCKETDATA, h) &&
		SET(CURLMOPT_TIMERFUNCTION, set_timer) && SET(CURLMOPT_TIMERDATA, h) &&
		SET(CURLMOPT_MAXCONNECTS, (long)HTTP_AT_ONCE));
}

static bool
open_transfers(struct http *h, const char *ca_file)
{

	for (size_t i = 0; i < HTTP_AT_ONCE; i++)
		if (!transfer_open(&h->all[i], &h->target, ca_file))
			return (false);
	return (true);
}

struct http *
http_open(const struct http_place *p, http_done *done, void *arg, char *why, size_t len)
{
	struct http *h = calloc(1, sizeof(*h));

	if (h == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		snprintf(why, len, "out of memory");
		free(h);
		return (NULL);
	}
	h->set = -1;
	h->timer = -1;
	h->done = done;
	h->arg = arg;
	if (target_open(&h->target, p->url, p->allow_private, why, len)) {
		h->target.plain_private = p->plain_private;
		if (open_multi(h) && open_transfers(h, p->ca_file))
			return (h);
		snprintf(why, len, "libcurl cannot be used: no memory, no descriptor, or an option that it does not know");
	}
	http_close(h);
	return (NULL);
}

static struct transfer *
free_transfer(struct http *h)
{

	for (size_t i = 0; i < HTTP_AT_ONCE; i++)
		if (h->all[i].of == NULL)
			return (&h->all[i]);
	return (NULL);
}

bool
http_start(struct http *h, const struct http_request *r, void *of)
{
	struct transfer *t = free_transfer(h);

	if (t == NULL || !transfer_fill(t, r, of))
		return (false);
	if (curl_multi_add_handle(h->multi, t->easy) == CURLM_OK)
		return (true);
	transfer_clear(t);
	return (false);
}

int
http_fd(const struct http *h)
{

	return (h->set);
}

int64_t
http_due(const struct http *h)
{
	int64_t left;

	if (h->timer < 0)
		return (-1);
	left = h->timer - clock_mono_ms();
	return (left < 0 ? 0 : left);
}

/* Its owner may start another request at once: it is free by then. */
static void
finish(struct http *h, struct transfer *t, CURLcode rc)
{
	char text[HTTP_ERROR_MAX];
	struct http_answer a = transfer_answer(t, rc, text);
	struct transfer taken = *t;

	(void)curl_multi_remove_handle(h->multi, t->easy);
	t->headers = NULL;
	t->body = t->answer = NULL;
	transfer_clear(t);
	h->done(h->arg, taken.of, &a);
	taken.easy = NULL;
	transfer_clear(&taken);
}

static void
collect(struct http *h)
{
	struct CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left)) != NULL) {
		struct transfer *t = NULL;
		CURLcode rc = m->data.result;

		if (m->msg == CURLMSG_DONE && curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t) == CURLE_OK)
			finish(h, t, rc);
	}
}

static int
curl_events(uint32_t e)
{

	return ((e & EPOLLIN ? CURL_CSELECT_IN : 0) | (e & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
		(e & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0));
}

void
http_run(struct http *h)
{
	struct epoll_event ready[EVENTS_A_TURN];
	int running, n = epoll_wait(h->set, ready, EVENTS_A_TURN, 0);

	for (int i = 0; i < n; i++)
		(void)curl_multi_socket_action(h->multi, ready[i].data.fd, curl_events(ready[i].events), &running);
	if (http_due(h) == 0) {
		h->timer = -1;
		(void)curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	collect(h);
}

void
http_close(struct http *h)
{

	if (h == NULL)
		return;
	for (size_t i = 0; i < HTTP_AT_ONCE; i++) {
		if (h->all[i].of != NULL)
			(void)curl_multi_remove_handle(h->multi, h->all[i].easy);
		transfer_close(&h->all[i]);
	}
	curl_multi_cleanup(h->multi);
	if (h->set >= 0)
		close(h->set);
	target_close(&h->target);
	free(h);
	curl_global_cleanup();
}

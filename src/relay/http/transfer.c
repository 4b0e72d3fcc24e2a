/* SPDX-License-Identifier: ISC */
/*
 * What may happen to one request, and what may not.
 *
 * The socket is made here, after the address was judged: whatever the name resolved to before, nothing is connected to that was
 * not looked at (DNS rebinding), and a connection that is used again was looked at when it was made. Certificates are verified,
 * and the name in them. Redirects would be an address that nobody configured. A proxy of the environment would be asked for any
 * address, and would resolve names itself.
 *
 * An answer counts when it is whole. Of one that is longer than HTTP_BODY_MAX the rest is not read: its status counts, and the
 * connection is given up. One with more than HTTP_HEAD_MAX of headers, or of trailers behind a chunked body, is none.
 */
#include "config.h"

#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#include "relay/http/transfer.h"

/* Takes a piece of the answer. Less than ${n} ends the transfer. */
static size_t
take(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t room = HTTP_BODY_MAX - t->len;

	n *= size;
	t->cut = n > room;
	if (t->cut)
		return (0);
	if (t->len + n >= t->cap) {
		size_t cap = 2 * (t->len + n) + 1;
		char *more = realloc(t->answer, cap);

		if (more == NULL)
			return (0);
		t->answer = more;
		t->cap = cap;
	}
	memcpy(t->answer + t->len, p, n);
	t->len += n;
	t->answer[t->len] = '\0';
	return (n);
}

/*
 * libcurl takes a header that is cut off in its middle for a whole one. An interim answer's is followed by another, with a
 * status line of its own; what comes without one behind a whole header are trailers.
 */
static size_t
take_header(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	struct str line = { p, size * n };

	if (str_starts(line, "HTTP/"))
		t->headed = false;
	else if (line.len > 0 && line.len <= 2 && (p[0] == '\r' || p[0] == '\n'))
		t->headed = true;
	t->head += line.len;
	if (t->head <= HTTP_HEAD_MAX)
		return (line.len);
	t->headed = false;
	(void)str_copy(t->refused, sizeof(t->refused), STR_LIT("the headers of the answer are too long"));
	return (0);
}

/* Makes the socket, if its peer may be connected to. */
static curl_socket_t
open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct transfer *t = arg;
	int fd;

	if (purpose != CURLSOCKTYPE_IPCXN || !target_admits(t->target, &a->addr, t->refused, sizeof(t->refused)))
		return (CURL_SOCKET_BAD);
	fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
	return (fd < 0 ? CURL_SOCKET_BAD : fd);
}

#define SET(option, value) (curl_easy_setopt(t->easy, (option), (value)) == CURLE_OK)

static bool
bind_memory(struct transfer *t)
{

	return (SET(CURLOPT_PRIVATE, t) && SET(CURLOPT_ERRORBUFFER, t->error) && SET(CURLOPT_WRITEFUNCTION, take) &&
		SET(CURLOPT_WRITEDATA, t) && SET(CURLOPT_HEADERFUNCTION, take_header) && SET(CURLOPT_HEADERDATA, t) &&
		SET(CURLOPT_OPENSOCKETFUNCTION, open_socket) && SET(CURLOPT_OPENSOCKETDATA, t));
}

/* Without CURLOPT_QUICK_EXIT a request that ends waits for a resolver that does not. */
static bool
bound(struct transfer *t)
{

	return (SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_CONNECTTIMEOUT_MS, (long)HTTP_CONNECT_MS) &&
		SET(CURLOPT_TIMEOUT_MS, (long)HTTP_ANSWER_MS) && SET(CURLOPT_QUICK_EXIT, 1L) &&
		SET(CURLOPT_BUFFERSIZE, 8192L) && SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
		SET(CURLOPT_TCP_KEEPALIVE, 1L));
}

static bool
restrict_to(struct transfer *t, const char *ca_file)
{

	return (SET(CURLOPT_CURLU, t->target->url) && SET(CURLOPT_PROTOCOLS_STR, t->target->plain ? "http" : "https") &&
		SET(CURLOPT_FOLLOWLOCATION, 0L) && SET(CURLOPT_PROXY, "") && SET(CURLOPT_NOPROXY, "*") &&
		SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) && SET(CURLOPT_SSL_VERIFYPEER, 1L) &&
		SET(CURLOPT_SSL_VERIFYHOST, 2L) && SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
		(ca_file[0] == '\0' || (SET(CURLOPT_CAINFO, ca_file) && SET(CURLOPT_CAPATH, NULL))));
}

bool
transfer_open(struct transfer *t, const struct target *target, const char *ca_file)
{

	*t = (struct transfer){ .easy = curl_easy_init(), .target = target };
	if (t->easy != NULL && bind_memory(t) && bound(t) && restrict_to(t, ca_file) && SET(CURLOPT_POST, 1L) &&
	    SET(CURLOPT_USERAGENT, "doorward/" PACKAGE_VERSION))
		return (true);
	transfer_close(t);
	return (false);
}

void
transfer_close(struct transfer *t)
{

	transfer_clear(t);
	curl_easy_cleanup(t->easy);
	t->easy = NULL;
}

static bool
add_header(struct transfer *t, const char *line)
{
	struct curl_slist *list = curl_slist_append(t->headers, line);

	if (list != NULL)
		t->headers = list;
	return (list != NULL);
}

/* "Expect:" takes that header away: the receiver is not asked whether it wants the body. */
static bool
add_headers(struct transfer *t, const struct http_request *r)
{

	for (size_t i = 0; i < HTTP_HEADERS && r->headers[i] != NULL; i++)
		if (!add_header(t, r->headers[i]))
			return (false);
	return (add_header(t, "Expect:"));
}

bool
transfer_fill(struct transfer *t, const struct http_request *r, void *of)
{

	if ((t->body = malloc(r->len + 1)) != NULL) {
		memcpy(t->body, r->body, r->len);
		if (add_headers(t, r) && SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->len) &&
		    SET(CURLOPT_POSTFIELDS, t->body) && SET(CURLOPT_HTTPHEADER, t->headers)) {
			t->of = of;
			return (true);
		}
	}
	transfer_clear(t);
	return (false);
}

void
transfer_clear(struct transfer *t)
{

	curl_slist_free_all(t->headers);
	t->headers = NULL;
	free(t->body);
	t->body = NULL;
	free(t->answer);
	t->answer = NULL;
	t->len = t->cap = t->head = 0;
	t->cut = t->headed = false;
	t->of = NULL;
	t->refused[0] = t->error[0] = '\0';
}

/* An address that was refused explains the failure better than what libcurl makes of it. */
static const char *
reason(const struct transfer *t, CURLcode rc)
{

	if (t->refused[0] != '\0')
		return (t->refused);
	if (rc == CURLE_OK)
		return ("the connection was closed in the middle of an answer");
	return (t->error[0] != '\0' ? t->error : curl_easy_strerror(rc));
}

struct http_answer
transfer_answer(const struct transfer *t, CURLcode rc, char *text)
{
	struct http_answer a = { .error = text, .body = t->answer == NULL ? "" : t->answer, .len = t->len, .cut = t->cut };

	text[0] = '\0';
	if (t->headed && (rc == CURLE_OK || t->cut))
		(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &a.status);
	if (a.status == 0)
		(void)str_copy(text, HTTP_ERROR_MAX, str_of(reason(t, rc)));
	return (a);
}

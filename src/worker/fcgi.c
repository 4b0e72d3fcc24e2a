/* SPDX-License-Identifier: ISC */
/*
 * libfcgi as the codec. It reads from the memory file of feed.c, never from a connection: a request gets here when all of it
 * has been checked (incoming.c), so reading neither blocks nor fails, and nothing that follows the request can be swallowed.
 * For the answer it is given the connection (ipcFd) instead. It never waits for a new connection, and never closes slowly.
 *
 * The slot of the scoreboard is busy before libfcgi reads: should it hang nevertheless, the master's watchdog sees it.
 */
#include <sys/socket.h>
#include <sys/time.h>

#include <malloc.h>
#include <string.h>
#include <unistd.h>

#include <fastcgi.h>
#include <fcgiapp.h>

#include "base/buf.h"
#include "base/log.h"
#include "web/serve.h"
#include "worker/feed.h"

#include "worker/fcgi.h"

/* Bytes that an empty socket takes at once, whatever its kind. */
#define ANSWER_SMALL 8192

static FCGX_Request request;

int
fcgi_init(void)
{

	if (FCGX_Init() != 0 || FCGX_InitRequest(&request, -1, 0) != 0)
		return (-1);
	return (feed_open());
}

void
fcgi_set_timeout(int fd, int64_t ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

static ssize_t
read_body(void *ctx, char *p, size_t n)
{
	FCGX_Stream *in = ctx;
	int got = FCGX_GetStr(p, (int)n, in);

	return (got == 0 && FCGX_GetError(in) != 0 ? -1 : got);
}

/* One line for a request that took long, with what it spent its time on. The write includes the wait for a front that does not
 * read. */
static void
report_slow(struct app *app, int status)
{
	const struct board_slot *s = app->slot;
	char text[160] = "";
	struct buf b;

	board_count(app->slot, COUNT_SLOW, 1);
	buf_init(&b, text, sizeof(text));
	for (enum board_stage i = STAGE_READ; i < BOARD_STAGES; i++)
		if (s->spent[i] > 0)
			buf_printf(&b, " %s_ms=%lld", board_stage_word(i), (long long)(s->spent[i] / 1000000));
	log_trace(s->trace);
	log_warn("slow request answered route=%s status=%d ms=%lld%s", board_route_word(s->route), status,
	    (long long)(s->spent[STAGE_NONE] / 1000000), text);
	log_trace(NULL);
}

/*
 * libfcgi frees its copies of the credential, of the body and of the answer as they are (R203). Nobody can get at its buffers,
 * but free(3) can be told to overwrite what is as large as these; what is as small as a variable it keeps at hand and leaves
 * alone.
 */
static void
release(FCGX_Request *r)
{

	for (char **e = r->envp; *e != NULL; e++)
		if (strncmp(*e, "HTTP_COOKIE=", 12) == 0 || strncmp(*e, "HTTP_AUTHORIZATION=", 19) == 0)
			explicit_bzero(*e, strlen(*e));
	mallopt(M_PERTURB, 1);
	FCGX_Finish_r(r);
	mallopt(M_PERTURB, 0);
}

static void
finish(struct app *app, FCGX_Request *r, int status)
{

	r->detached = 1;
	release(r);
	if (status == 0) {
		board_forget(app->slot);
		return;
	}
	board_idle(app->slot, status);
	if (app->slot->spent[STAGE_NONE] / 1000000 >= app->conf->slow_after)
		report_slow(app, status);
}

/* Returns the status of the answer. An Authorizer's connection is never kept: what some servers send after it is no request. */
static int
respond(struct app *app, FCGX_Request *r, const struct fcgi_visit *v)
{
	struct exchange x = { .envp = r->envp,
		.authorizer = v->in->authorizer,
		.poisoned = v->in->poisoned,
		.oversized = v->in->oversized,
		.read = read_body,
		.ctx = r->in };

	serve(app, &x);
	r->ipcFd = v->fd;
	if (x.authorizer || !v->may_keep)
		r->keepConnection = 0;
	board_stage(app->slot, STAGE_WRITE);
	if (x.answer.len > ANSWER_SMALL)
		fcgi_set_timeout(v->fd, v->deadline);
	FCGX_PutStr(x.answer.p, (int)x.answer.len, r->out);
	explicit_bzero((char *)(uintptr_t)x.answer.p, x.answer.len);
	return (x.status);
}

/*
 * Lets libfcgi read the request that feed.c prepared. Returns 0, or -1 if it did not understand it, which nobody should ever
 * see.
 */
static int
read_request(FCGX_Request *r, const struct incoming *in)
{

	if ((r->ipcFd = feed_load(in)) < 0)
		return (-1);
	r->keepConnection = 1;
	r->in = NULL;
	r->detached = 1; /* close(2) and no more: the lingering close would hold the worker for two seconds */
	if (FCGX_Accept_r(r) == 0)
		return (0);
	feed_lost(); /* libfcgi has closed it */
	return (-1);
}

bool
fcgi_serve(struct app *app, const struct fcgi_visit *v)
{
	FCGX_Request *r = &request;
	int status = 0;

	board_begin(app->slot);
	board_busy(app->slot, ROUTE_NONE, "");
	if (read_request(r, v->in) != 0) {
		log_error("libfcgi could not read a request that was checked");
		board_forget(app->slot);
		close(v->fd);
		return (false);
	}
	/* A cut stream of variables would be handed out as a whole request: believe nothing before this. */
	if (FCGX_GetError(r->in) == 0) {
		status = respond(app, r, v);
	} else {
		log_error("libfcgi stopped in a request that was checked error=%d", FCGX_GetError(r->in));
		r->ipcFd = v->fd;
		r->keepConnection = 0;
	}
	finish(app, r, status);
	feed_wipe();
	return (r->ipcFd >= 0);
}

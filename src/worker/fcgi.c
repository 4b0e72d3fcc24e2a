#include <sys/socket.h>
#include <sys/time.h>

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "web/route.h"
#include "web/serve.h"

#include "worker/fcgi.h"

/* A body nobody wants is read this far, so that the front shows our answer and not its own error about a broken pipe. */
#define DRAIN_MAX (1024 * 1024)

/* Bytes that an empty socket takes at once, whatever its kind. */
#define ANSWER_SMALL 8192

int
fcgi_init(void)
{

	return (FCGX_Init() == 0 ? 0 : -1);
}

void
fcgi_prepare(FCGX_Request *r)
{

	FCGX_InitRequest(r, -1, 0);
}

void
fcgi_set_timeouts(int fd, int64_t ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

/* The body of one request, and until when it has to be here. */
struct body {
	FCGX_Request *request;
	int64_t until; /* mono, ms */
};

/*
 * Reads what is there, and waits for more only while there is time: libfcgi's own read of ${n} bytes would go on waiting for a sender that
 * trickles.
 */
static ssize_t
read_body(void *ctx, char *p, size_t n)
{
	struct body *b = ctx;
	FCGX_Stream *in = b->request->in;
	size_t more;

	if (n == 0 || clock_mono_ms() > b->until)
		return (-1);
	if (FCGX_GetStr(p, 1, in) != 1)
		return (FCGX_GetError(in) == 0 ? 0 : -1);
	more = (size_t)(in->stop - in->rdNext);
	if (more > n - 1)
		more = n - 1;
	return (1 + (more > 0 ? FCGX_GetStr(p + 1, (int)more, in) : 0));
}

/* Returns true once the end of the body has been seen: only then may the next request follow on this connection. */
static bool
drain(struct body *b)
{
	char sink[8192];
	size_t total = 0;
	ssize_t got;

	while ((got = read_body(b, sink, sizeof(sink))) > 0)
		if ((total += (size_t)got) > DRAIN_MAX)
			return (false);
	return (got == 0);
}

/* One line for a request that took long, with what it spent its time on. The write includes the wait for a front that does not read. */
static void
report_slow(struct app *app, int status)
{
	const struct board_slot *s = app->slot;
	const char *route = route_name(s->route);
	char text[160] = "";
	struct buf b;

	board_count(app->slot, COUNT_SLOW, 1);
	buf_init(&b, text, sizeof(text));
	for (enum board_stage i = STAGE_READ; i < BOARD_STAGES; i++)
		if (s->spent[i] > 0)
			buf_printf(&b, " %s_ms=%lld", board_stage_word(i), (long long)(s->spent[i] / 1000000));
	log_trace(s->trace);
	log_warn("slow request answered route=%s status=%d ms=%lld%s", route == NULL ? "none" : route, status,
	    (long long)(s->spent[STAGE_NONE] / 1000000), text);
	log_trace(NULL);
}

static void
finish(struct app *app, FCGX_Request *r, int status)
{

	r->detached = 1;
	FCGX_Finish_r(r);
	if (status == 0) {
		board_forget(app->slot);
		return;
	}
	board_idle(app->slot, status);
	if (app->slot->spent[STAGE_NONE] / 1000000 >= app->conf->slow_after)
		report_slow(app, status);
}

/* Returns the status of the answer. */
static int
respond(struct app *app, FCGX_Request *r, const struct fcgi_visit *v, int64_t until)
{
	struct body body = { .request = r, .until = until };
	struct exchange x = { .envp = r->envp, .authorizer = r->role == FCGI_AUTHORIZER, .poisoned = v->poisoned,
		.read = read_body, .ctx = &body };

	serve(app, &x);
	/* An Authorizer gets no end of body from some servers: reading on would wait for ever, so its connection is never kept. */
	if (x.authorizer || (x.body_left && !drain(&body)) || !v->may_keep)
		r->keepConnection = 0;
	board_stage(app->slot, STAGE_WRITE);
	if (x.answer.len > ANSWER_SMALL)
		fcgi_set_timeouts(v->fd, v->deadline);
	FCGX_PutStr(x.answer.p, (int)x.answer.len, r->out);
	explicit_bzero((char *)(uintptr_t)x.answer.p, x.answer.len);
	return (x.status);
}

bool
fcgi_serve(struct app *app, FCGX_Request *r, const struct fcgi_visit *v)
{
	int64_t until;
	int status = 0;

	board_begin(app->slot);
	until = app->slot->begun / 1000000 + v->deadline;
	r->ipcFd = v->fd;
	r->keepConnection = 1;
	r->in = NULL;
	r->detached = 1; /* close(2) and no more: the lingering close would hold the worker for two seconds */
	if (FCGX_Accept_r(r) != 0) { /* libfcgi has closed it */
		board_forget(app->slot);
		return (false);
	}
	/* A cut stream of variables is handed out as a whole request: believe nothing before this. */
	if (FCGX_GetError(r->in) != 0 || r->role == FCGI_FILTER) {
		log_debug("a request was cut off error=%d", FCGX_GetError(r->in));
		r->keepConnection = 0;
	} else {
		status = respond(app, r, v, until);
	}
	finish(app, r, status);
	return (r->ipcFd >= 0);
}

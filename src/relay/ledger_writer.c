/* SPDX-License-Identifier: ISC */
/*
 * Rows first, in one transaction, then lines, in one wait for the disk. A row that is there already stays; a line that was
 * written before a crash is written again, with the same id.
 *
 * The lock covers what the two hand to each other, for moments. The batch itself belongs to one of them at a time. While there
 * is nothing to write the audit file is looked at once a second, so that a rotation is followed and a fault seen.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/aside.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/mac.h"
#include "doorward/board.h"

#include "relay/ledger_writer.h"

#define LOOK_MS 1000

struct ledger_writer {
	struct app *app;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t news; /* for the thread */
	int bell;            /* for the owner */
	/* under the lock */
	struct ledger_batch *given, *written;
	bool leave;
	/* the thread's */
	struct audit *audit; /* NULL: none */
	int64_t looked_at;   /* mono, ms: at the file */
};

/* NULL, or why not. */
static const char *
put_rows(struct ledger_writer *w, struct ledger_batch *b)
{
	const struct app *app = w->app;

	b->database_failed = b->n_rows > 0 && app->records->put_logouts(app->records_ctx, b->rows, b->n_rows) != DW_OK;
	return (b->database_failed ? "the database of records could not be written" : NULL);
}

/* The same; shown in /health/ready until it works again. */
static const char *
put_lines(struct ledger_writer *w, struct ledger_batch *b)
{
	bool good;

	if (w->audit == NULL)
		return (NULL);
	good = audit_append(w->audit, b->lines, b->n, b->text, sizeof(b->text));
	atomic_store(&w->app->board->audit_failing, !good);
	w->looked_at = clock_mono_ms();
	return (good ? NULL : b->text);
}

static void
look_at_audit(struct ledger_writer *w)
{
	static int64_t said;
	char why[LEDGER_WHY_MAX];
	int64_t now = clock_mono_ms();
	bool good;

	if (w->audit == NULL || now - w->looked_at < LOOK_MS)
		return;
	w->looked_at = now;
	good = audit_look(w->audit, why, sizeof(why));
	atomic_store(&w->app->board->audit_failing, !good);
	if (!good && log_due(&said))
		log_warn("%s", why);
}

/* Under the lock. Without an audit file there is nothing to wake up for. */
static void
wait_for_news(struct ledger_writer *w)
{
	struct timespec until;

	if (w->audit == NULL) {
		pthread_cond_wait(&w->news, &w->lock);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += LOOK_MS / 1000;
	(void)pthread_cond_timedwait(&w->news, &w->lock, &until);
}

/* The next batch; NULL: look at the file, or leave. */
static struct ledger_batch *
next_batch(struct ledger_writer *w, bool *leave)
{
	struct ledger_batch *b;

	pthread_mutex_lock(&w->lock);
	if (w->given == NULL && !w->leave)
		wait_for_news(w);
	b = w->given;
	*leave = w->leave;
	pthread_mutex_unlock(&w->lock);
	return (b);
}

static void
hand_back(struct ledger_writer *w, struct ledger_batch *b)
{

	pthread_mutex_lock(&w->lock);
	w->given = NULL;
	w->written = b;
	pthread_mutex_unlock(&w->lock);
	aside_wake(w->bell);
}

static void *
write_batches(void *arg)
{
	struct ledger_writer *w = arg;
	struct ledger_batch *b;
	bool leave = false;

	while (!leave) {
		if ((b = next_batch(w, &leave)) == NULL || leave) {
			look_at_audit(w);
			continue;
		}
		if ((b->error = put_rows(w, b)) == NULL)
			b->error = put_lines(w, b);
		hand_back(w, b);
	}
	mac_end_thread();
	return (NULL);
}

static bool
make_lock(struct ledger_writer *w)
{
	pthread_condattr_t attr;
	bool good;

	if (pthread_mutex_init(&w->lock, NULL) != 0 || pthread_condattr_init(&attr) != 0)
		return (false);
	good = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 && pthread_cond_init(&w->news, &attr) == 0;
	pthread_condattr_destroy(&attr);
	return (good);
}

struct ledger_writer *
ledger_writer_open(struct app *app, struct audit *audit, char *why, size_t len)
{
	struct ledger_writer *w = calloc(1, sizeof(*w));
	int rc = ENOMEM;

	if (w == NULL)
		goto err0;
	*w = (struct ledger_writer){ .app = app, .audit = audit, .looked_at = INT64_MIN / 2, .bell = aside_bell() };
	if (w->bell < 0) {
		rc = errno;
		goto err1;
	}
	if (!make_lock(w))
		goto err2;
	atomic_store(&app->board->audit_failing, 0);
	look_at_audit(w); /* what fails at the start is said before the first event */
	if ((rc = aside_start(&w->thread, write_batches, w)) == 0)
		return (w);

err2:
	close(w->bell);
err1:
	free(w);
err0:
	snprintf(why, len, "the thread of the ledger cannot be started: %s", strerror(rc));
	errno = rc;
	return (NULL);
}

void
ledger_writer_close(struct ledger_writer *w)
{

	pthread_mutex_lock(&w->lock);
	w->leave = true;
	pthread_cond_signal(&w->news);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->news);
	pthread_mutex_destroy(&w->lock);
	close(w->bell);
	free(w);
}

void
ledger_writer_give(struct ledger_writer *w, struct ledger_batch *b)
{

	pthread_mutex_lock(&w->lock);
	w->given = b;
	pthread_cond_signal(&w->news);
	pthread_mutex_unlock(&w->lock);
}

struct ledger_batch *
ledger_writer_take(struct ledger_writer *w)
{
	struct ledger_batch *b;

	pthread_mutex_lock(&w->lock);
	b = w->written;
	w->written = NULL;
	pthread_mutex_unlock(&w->lock);
	if (b != NULL)
		aside_woken(w->bell);
	return (b);
}

int
ledger_writer_fd(const struct ledger_writer *w)
{

	return (w->bell);
}

/* SPDX-License-Identifier: ISC */
/*
 * A thread that writes batches of events to the ledger and the audit file, and waits for the database and the disk there: the
 * relay's loop, and with it every other sink, goes on meanwhile. It has one batch at a time.
 */
#ifndef RELAY_LEDGER_WRITER_H
#define RELAY_LEDGER_WRITER_H

#include "base/str.h"
#include "doorward/app.h"
#include "relay/audit.h"

#define LEDGER_BATCH_MAX 256 /* events written together */
#define LEDGER_WHY_MAX 256

struct ledger_batch {
	struct ledger_row rows[LEDGER_BATCH_MAX]; /* of those that ended a session */
	size_t n_rows;
	struct str lines[LEDGER_BATCH_MAX]; /* all of them, for the audit file */
	size_t n;
	/* the writer's answer */
	const char *error; /* NULL: the database and the file have all of it */
	char text[LEDGER_WHY_MAX];
	bool database_failed;
};

struct ledger_writer;

/*
 * Starts the thread. From now on the records of ${app} and ${audit}, which may be NULL, are its own; the caller keeps them
 * until the end. NULL with a sentence in ${why}.
 */
struct ledger_writer *ledger_writer_open(struct app *app, struct audit *audit, char *why, size_t len);

/* Waits for what is being written, a bounded time but for a disk that hangs. What was not begun is not written. */
void ledger_writer_close(struct ledger_writer *w);

/* Hands over ${b}, which is not touched until it comes back. The one before has come back. */
void ledger_writer_give(struct ledger_writer *w, struct ledger_batch *b);

/* The batch that has been written or has failed; NULL: none yet. The descriptor is readable when there is one. */
struct ledger_batch *ledger_writer_take(struct ledger_writer *w);
int ledger_writer_fd(const struct ledger_writer *w);

#endif

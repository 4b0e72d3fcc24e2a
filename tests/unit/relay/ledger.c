/* SPDX-License-Identifier: ISC */
/* The ledger beside a database that does not answer: the caller never waits, and what came meanwhile is written together. */
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "../store/fixture.h"
#include "base/str.h"
#include "doorward/app.h"
#include "relay/event.h"
#include "relay/ledger.h"

#define MANY 40
#define PATIENCE_MS 20000

static struct board board;
static struct app app;
static struct sink_env env;
static void *ledger;
static char dir[32], audit[64], last[64];
static unsigned delivered, failed;

/* The database of the test: it answers when it is let. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static enum dw_result answer;
static struct ledger_row rows[MANY + 2];
static size_t n_rows, n_batches;

static enum dw_result
put(void *db, const struct ledger_row *r, size_t n)
{

	(void)db;
	pthread_mutex_lock(&gate);
	n_batches++;
	for (size_t i = 0; answer == DW_OK && i < n && n_rows < MANY + 2; i++)
		rows[n_rows++] = r[i];
	pthread_mutex_unlock(&gate);
	return (answer);
}

static const struct userdb_ops ops = { .put_logouts = put };

static void
done(struct sink_delivery *d, enum sink_outcome outcome, const char *error)
{

	(void)d;
	assert_true(outcome == SINK_DELIVERED || outcome == SINK_RETRY);
	assert_true((outcome == SINK_DELIVERED) == (error == NULL));
	*(outcome == SINK_DELIVERED ? &delivered : &failed) += 1;
}

static int
set_up(void **state)
{
	char why[256];

	snprintf(dir, sizeof(dir), "ledgerXXXXXX");
	if (mkdtemp(dir) == NULL)
		return (-1);
	snprintf(audit, sizeof(audit), "%s/audit.log", dir);
	snprintf(last, sizeof(last), "%s/audit.last", dir);
	fx.conf.state_dir = dir;
	fx.conf.audit_file = audit;
	app = (struct app){
		.conf = &fx.conf, .keys = fx.keys, .redis = fx.store, .board = &board, .slot = &fx.slot, .records = &ops
	};
	env = (struct sink_env){ .done = done, .conf = &fx.conf, .keys = fx.keys, .app = &app };
	answer = DW_OK;
	delivered = failed = 0;
	n_rows = n_batches = 0;
	ledger = ledger_driver.open(NULL, &env, why, sizeof(why));
	return (ledger == NULL ? -1 : fixture_fresh(state));
}

static int
tear_down(void **state)
{

	(void)state;
	ledger_driver.close(ledger);
	fx.conf.state_dir = NULL;
	(void)unlink(audit);
	(void)unlink(last);
	return (rmdir(dir));
}

static bool
give(struct sink_event *e)
{

	return (ledger_driver.start(ledger, NULL, e));
}

/* The event of a session that ended in ${scope}, as the script wrote it. */
static struct sink_event *
ending(uint8_t n, enum end_scope scope)
{
	struct login_write w = fixture_login(n);
	struct end_write x = fixture_logout_record(n, END_USER, scope);
	struct json_object *found;
	struct sink_event *e;

	fixture_logged_in(&w);
	fixture_end(&x);
	assert_non_null(found = fixture_event("logout"));
	assert_non_null(e = event_parse(str_of(json_object_to_json_string_ext(found, JSON_C_TO_STRING_PLAIN))));
	json_object_put(found);
	return (e);
}

static size_t
lines(void)
{
	FILE *f = fopen(audit, "r");
	size_t n = 0;
	int c;

	assert_non_null(f);
	while ((c = fgetc(f)) != EOF)
		n += c == '\n';
	fclose(f);
	return (n);
}

/* Runs it whenever it wants to, until so many are over. */
static void
until(unsigned over)
{
	struct pollfd p = { .fd = ledger_driver.fd(ledger), .events = POLLIN };

	while (delivered + failed < over) {
		int64_t ms = ledger_driver.due(ledger);

		assert_int_not_equal(poll(&p, 1, ms < 0 ? PATIENCE_MS : (int)ms) == 0 && ms < 0, true);
		ledger_driver.run(ledger);
	}
}

static void
nobody_waits(void **state)
{
	struct sink_event *first = ending(1, SCOPE_ALL), *later = ending(2, SCOPE_SESSION);

	(void)state;
	pthread_mutex_lock(&gate);
	assert_true(give(first));
	assert_int_equal(ledger_driver.due(ledger), 0);
	ledger_driver.run(ledger); /* a database that hangs would hold it here */
	for (int i = 0; i < MANY; i++)
		assert_true(give(later));
	ledger_driver.run(ledger);
	assert_int_equal(ledger_driver.due(ledger), -1);
	assert_int_equal(delivered + failed, 0);
	assert_int_equal(access(audit, F_OK), 0); /* it was looked at before */
	assert_int_equal(lines(), 0);
	pthread_mutex_unlock(&gate);
	until(1 + MANY);
	assert_int_equal(delivered, 1 + MANY);
	assert_int_equal(n_batches, 2);
	assert_int_equal(lines(), 1 + MANY);
	assert_int_equal(n_rows, 1 + MANY);
	assert_string_equal(rows[0].event_id, first->id);
	assert_string_equal(rows[0].scope, "all");
	assert_string_equal(rows[1].scope, "session");
	free(first);
	free(later);
}

static void
what_fails_comes_again(void **state)
{
	struct sink_event *e = ending(1, SCOPE_SESSION);

	(void)state;
	answer = DW_UNAVAILABLE;
	assert_true(give(e));
	until(1);
	assert_int_equal(failed, 1);
	answer = DW_OK;
	assert_true(give(e));
	until(2);
	assert_int_equal(delivered, 1);
	free(e);
}

/* More than has room waits at the caller's, until a batch is back. */
static void
has_a_bound(void **state)
{
	struct sink_event *e = ending(1, SCOPE_SESSION);
	unsigned taken = 1;

	(void)state;
	answer = DW_UNAVAILABLE;
	pthread_mutex_lock(&gate);
	assert_true(give(e));
	ledger_driver.run(ledger);
	while (give(e))
		assert_in_range(++taken, 2, 1000);
	pthread_mutex_unlock(&gate);
	until(1);
	assert_true(give(e));
	until(taken + 1);
	free(e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nobody_waits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_fails_comes_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(has_a_bound, set_up, tear_down),
	};

	return (fixture_main("relay/ledger", tests, sizeof(tests) / sizeof(tests[0])));
}

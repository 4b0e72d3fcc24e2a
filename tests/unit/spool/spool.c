/* SPDX-License-Identifier: ISC */
/* The spool before a store that the test turns off and on: what is committed, denied, replayed, and what a broken file comes
 * to. */
#include <sys/resource.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/arena.h"
#include "base/log.h"
#include "doorward/cache.h"
#include "doorward/config.h"
#include "doorward/deny.h"
#include "doorward/node.h"
#include "spool/replay.h"

#define NOW 1800000000
#define TOLD_MAX 4096

/* The store behind the spool, as the test wants it. */
static struct {
	enum dw_result rc; /* of everything */
	bool at_risk;
	uint8_t sick_user; /* of this one nothing is taken; 0 = none */
	struct lookup_reply found;
	size_t ends;
	struct {
		uint8_t user, session;
		enum end_scope scope;
		struct act act;
	} told[TOLD_MAX];
	size_t notices;
	char noticed[128]; /* the last of them */
	uint64_t run;      /* whom a ping finds; 0 = nobody new */
	bool overtaken;    /* the replay ends the session behind the answer to the next question */
} store;

static void replay_all(void);

static struct config conf;
static struct client clients[1];
static struct deny *deny;
static struct spool *spool;
static struct node nodes[NODES_MAX];
static char dir[32], path[64];

static enum dw_result
lookup(void *ctx, const struct lookup *q, struct lookup_reply *out)
{

	(void)ctx;
	(void)q;
	*out = store.found;
	if (store.overtaken) {
		store.overtaken = false;
		replay_all();
		store.found.live = false;
	}
	return (store.rc);
}

/* The one session there is, if it is live. */
static enum dw_result
list(void *ctx, const uint8_t user_key[USER_KEY_LEN], struct arena *arena, struct session_list *out)
{
	struct lookup_reply found;
	enum dw_result rc = lookup(ctx, NULL, &found);

	(void)user_key;
	memset(out, 0, sizeof(*out));
	assert_non_null(out->sessions = arena_alloc(arena, sizeof(found.session)));
	out->sessions[0] = found.session;
	out->n = found.live;
	return (rc);
}

static enum dw_result
end(void *ctx, const struct end_write *w, struct arena *arena, struct end_reply *out)
{

	(void)ctx;
	(void)arena;
	memset(out, 0, sizeof(*out));
	out->at_risk = store.at_risk;
	if (store.rc != DW_OK)
		return (store.rc);
	if (w->claim.unjudged || (store.sick_user != 0 && w->user_key[0] == store.sick_user))
		return (DW_UNAVAILABLE);
	assert_true(store.ends < TOLD_MAX);
	store.told[store.ends].user = w->user_key[0];
	store.told[store.ends].session = w->session_key[0];
	store.told[store.ends].scope = w->scope;
	store.told[store.ends++].act = w->act;
	return (DW_OK);
}

static enum dw_result
notify(void *ctx, const struct notice *n)
{

	(void)ctx;
	if (store.rc != DW_OK)
		return (store.rc);
	store.notices++;
	snprintf(store.noticed, sizeof(store.noticed), "%s %s %s %s %s %s %lld after %zu", n->type, n->user_id, n->username,
	    n->actor.client_id, n->actor.ip, n->reason, (long long)n->act.at, store.ends);
	return (DW_OK);
}

static enum dw_result
ping(void *ctx)
{

	(void)ctx;
	if (store.rc == DW_OK && store.run != 0)
		atomic_store(&nodes[0].run, store.run);
	return (store.rc);
}

static int64_t
now(void *ctx)
{

	(void)ctx;
	return (NOW);
}

static const struct store_ops inner = {
	.lookup = lookup, .list = list, .end = end, .notify = notify, .ping = ping, .now = now
};

static void
open_spool(void)
{
	char err[256];

	assert_int_equal(spool_make(&conf, err, sizeof(err)), 0);
	assert_non_null(deny = deny_new((size_t)conf.spool_max * 2));
	assert_int_equal(spool_fill(&conf, deny, err, sizeof(err)), 0);
	assert_non_null(spool = spool_new(&conf, &inner, NULL, deny));
}

static int
setup(void **state)
{

	(void)state;
	memset(&store, 0, sizeof(store));
	memset(nodes, 0, sizeof(nodes));
	store.rc = DW_UNAVAILABLE;
	store.found.live = store.found.session.has_cookie = true;
	store.found.session.created = NOW - 100;
	store.found.session.absolute = NOW + 1000;
	strcpy(store.found.user_id, "u");
	strcpy(dir, "/tmp/dwspoolXXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/spool.db", dir);
	clients[0] = (struct client){ .id = "default", .secret_file = (char *)(uintptr_t) "" };
	conf = (struct config){ .state_dir = dir,
		.spool_enabled = true,
		.spool_file = (char *)(uintptr_t) "spool.db",
		.spool_max = 3000,
		.clients = clients,
		.n_clients = 1 };
	open_spool();
	return (0);
}

static int
teardown(void **state)
{
	char command[64];

	(void)state;
	spool_free(spool);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return (system(command));
}

static struct end_write
ending(uint8_t user, uint8_t sid, enum end_cause cause, enum end_scope scope)
{
	struct end_write w = { .cause = cause, .scope = scope, .said_scope = scope, .has_sid = sid != 0 };

	memset(w.user_key, user, USER_KEY_LEN);
	memset(w.session_key, sid, SESSION_KEY_LEN);
	return (w);
}

static enum dw_result
end_it(const struct end_write *w)
{
	struct end_reply reply;

	return (spool_store_ops.end(spool, w, NULL, &reply));
}

static void
promise(uint8_t user, uint8_t sid, enum end_cause cause, enum end_scope scope)
{
	struct end_write w = ending(user, sid, cause, scope);

	assert_int_equal(end_it(&w), DW_PENDING);
}

/* May the session pass? */
static enum dw_result
ask(uint8_t user, uint8_t sid, bool *live)
{
	struct lookup q = { .family = true };
	struct lookup_reply found;
	enum dw_result rc;

	memset(q.user_key, user, USER_KEY_LEN);
	memset(q.session_key, sid, SESSION_KEY_LEN);
	rc = spool_store_ops.lookup(spool, &q, &found);
	*live = rc == DW_OK && found.live;
	return (rc);
}

static void
expect_denied(uint8_t user, uint8_t sid)
{
	bool live;

	assert_int_equal(ask(user, sid, &live), DW_OK);
	assert_false(live);
}

static void
expect_passed(uint8_t user, uint8_t sid)
{
	bool live;

	assert_int_equal(ask(user, sid, &live), store.rc);
	assert_int_equal(live, store.rc == DW_OK);
}

/* So many sessions of the user are shown; there is room for one list, and not for another. */
static void
expect_listed(uint8_t user, size_t n)
{
	_Alignas(16) char block[(sizeof(struct session) + 15) / 16 * 16];
	struct session_list found;
	uint8_t user_key[USER_KEY_LEN];
	struct arena arena;

	arena_init(&arena, block, sizeof(block));
	memset(user_key, user, sizeof(user_key));
	assert_int_equal(spool_store_ops.list(spool, user_key, &arena, &found), DW_OK);
	assert_int_equal(found.n, n);
}

static struct spool_numbers
numbers(void)
{
	struct spool_numbers n;

	assert_int_equal(spool_numbers(spool, &n), DW_OK);
	return (n);
}

static void
replay_all(void)
{
	uint64_t left = 1;

	for (int i = 0; i < 100 && left > 0; i++)
		(void)spool_replay(spool, nodes, 64, &left);
	assert_int_equal(left, 0);
}

/* While the store answers there is no file to open; a browser's earlier session, or nonsense, is not spooled. */
static void
test_nothing_to_do(void **state)
{
	struct end_write w = ending(1, 1, END_USER, SCOPE_SESSION);

	(void)state;
	store.rc = DW_OK;
	assert_int_equal(end_it(&w), DW_OK);
	assert_null(spool->file.db);
	assert_int_equal(strlen(store.told[0].act.id), EVENT_ID_LEN);
	assert_int_equal(store.told[0].act.at, 0);
	store.rc = DW_FAULT;
	assert_int_equal(end_it(&w), DW_FAULT);
	store.rc = DW_UNAVAILABLE;
	w.cause = END_RELOGIN;
	assert_int_equal(end_it(&w), DW_UNAVAILABLE);
	assert_int_equal(numbers().pending, 0);
}

static void
test_promise(void **state)
{
	struct stat st;
	bool live;

	(void)state;
	for (int i = 0; i < 3; i++)
		promise(1, 1, END_USER, SCOPE_SESSION);
	assert_int_equal(numbers().pending, 1);
	expect_denied(1, 1);
	assert_int_equal(ask(1, 2, &live), DW_UNAVAILABLE);
	assert_true(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600);
	store.rc = DW_OK;
	expect_denied(1, 1);
	replay_all();
	assert_true(store.ends == 1 && store.told[0].act.at == NOW && store.told[0].session == 1);
	expect_denied(1, 1); /* until it is sure that no failover forgets it */
}

/* Written, but a failover may forget it; or the answer was lost: the same id is told again. */
static void
test_not_durable(void **state)
{

	(void)state;
	store.rc = DW_OK;
	store.at_risk = true;
	promise(1, 1, END_USER, SCOPE_SESSION);
	store.at_risk = false;
	replay_all();
	assert_int_equal(store.ends, 2);
	assert_string_equal(store.told[0].act.id, store.told[1].act.id);
}

/* Whom a promise denies before it is kept. */
static void
test_who_is_denied(void **state)
{
	struct end_write one = ending(5, 2, END_USER, SCOPE_SESSION);

	(void)state;
	promise(1, 1, END_USER, SCOPE_ALL);
	expect_denied(1, 1);
	expect_passed(1, 2);
	promise(2, 1, END_USER, SCOPE_OTHERS);
	expect_passed(2, 1);
	expect_passed(2, 2);
	promise(3, 0, END_KICK, SCOPE_ALL);
	expect_denied(3, 7);
	promise(4, 1, END_PASSWORD, SCOPE_OTHERS);
	expect_passed(4, 1);
	expect_denied(4, 2);
	one.claim = (struct claim){ .unjudged = true, .by = CLAIM_COOKIE };
	memset(one.claim.session_key, 1, SESSION_KEY_LEN);
	assert_int_equal(end_it(&one), DW_PENDING);
	expect_passed(5, 2);
	one.claim.known = true;
	assert_int_equal(end_it(&one), DW_PENDING);
	expect_denied(5, 2);
	store.rc = DW_OK; /* with its word on when it was opened, who came later passes */
	expect_denied(3, 7);
	store.found.session.created = NOW + 1;
	expect_passed(3, 7);
}

/* A caller who was over when he asked ends nobody, and then nobody is denied for it; one who ended later was alive. */
static void
test_judged(void **state)
{
	struct end_write w = ending(5, 2, END_USER, SCOPE_SESSION);

	(void)state;
	w.claim = (struct claim){ .unjudged = true, .known = true, .by = CLAIM_COOKIE };
	memset(w.claim.session_key, 1, SESSION_KEY_LEN);
	for (int later = 0; later < 2; later++) {
		store.rc = DW_UNAVAILABLE;
		assert_int_equal(end_it(&w), DW_PENDING);
		expect_denied(5, 2);
		store.rc = DW_OK;
		store.found.live = false;
		store.found.ended = true;
		store.found.logout_record.at = later ? NOW + 5 : NOW - 5;
		replay_all();
		assert_int_equal(store.ends, later);
		store.found.live = true;
		if (!later)
			expect_passed(5, 2);
	}
	assert_int_equal(store.told[0].session, 2);
}

/* A token that was revoked ends its own session, whatever it asked for. */
static void
test_revoked_caller(void **state)
{
	struct end_write w = ending(5, 1, END_USER, SCOPE_ALL);

	(void)state;
	w.claim = (struct claim){ .unjudged = true, .by = CLAIM_ACCESS };
	memset(w.claim.session_key, 1, SESSION_KEY_LEN);
	assert_int_equal(end_it(&w), DW_PENDING);
	store.rc = DW_OK;
	store.found.blacklisted = true;
	replay_all();
	assert_true(store.ends == 1 && store.told[0].scope == SCOPE_SESSION);
}

/* It ends no other: who was denied because of it, since the caller was alive here a moment before, is let in again. */
static void
test_revoked_caller_of_another(void **state)
{
	struct end_write w = ending(5, 2, END_USER, SCOPE_SESSION);

	(void)state;
	w.claim = (struct claim){ .unjudged = true, .known = true, .by = CLAIM_ACCESS };
	memset(w.claim.session_key, 1, SESSION_KEY_LEN);
	assert_int_equal(end_it(&w), DW_PENDING);
	expect_denied(5, 2);
	store.rc = DW_OK;
	store.found.blacklisted = true;
	replay_all();
	assert_int_equal(store.ends, 0);
	expect_passed(5, 2);
}

static void
change_rows(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* Rows that make no sense hold up nobody behind them, however many they are. */
static void
test_nonsense(void **state)
{
	uint64_t left = 0;

	(void)state;
	for (uint8_t user = 1; user <= 5; user++)
		promise(user, 1, END_USER, SCOPE_SESSION);
	change_rows("UPDATE spool SET at = 0 WHERE id IN (SELECT id FROM spool ORDER BY id LIMIT 4)");
	store.rc = DW_OK;
	for (int i = 0; i < 10; i++)
		assert_int_equal(spool_replay(spool, nodes, 2, &left), DW_OK);
	assert_true(store.ends == 1 && store.told[0].user == 5);
	assert_int_equal(left, 4);
}

/* A file that cannot be asked does not say that nothing waits. */
static void
test_left(void **state)
{
	struct config elsewhere = conf;
	struct spool *other;
	uint64_t left = 7;

	(void)state;
	elsewhere.spool_file = (char *)(uintptr_t) "none/spool.db";
	assert_non_null(other = spool_new(&elsewhere, &inner, NULL, NULL));
	assert_int_equal(spool_replay(other, NULL, 64, &left), DW_UNAVAILABLE);
	assert_int_equal(left, 7);
	spool_free(other);
}

/* A start with what the file has; another writer is seen; a replay by somebody else, too. */
static void
test_refill(void **state)
{
	struct spool *other = spool_new(&conf, &inner, NULL, NULL);
	struct end_write kick = ending(3, 0, END_KICK, SCOPE_ALL);
	uint64_t left = 1;

	(void)state;
	promise(1, 1, END_USER, SCOPE_SESSION);
	spool_free(spool);
	open_spool();
	expect_denied(1, 1);
	spool_sync(spool);
	memset(kick.act.id, 'A', EVENT_ID_LEN);
	assert_int_equal(spool_end(other, &kick, NOW), DW_PENDING);
	expect_passed(3, 3);
	spool_sync(spool);
	expect_denied(3, 3);
	store.rc = DW_OK;
	for (int i = 0; i < 50 && left > 0; i++)
		assert_int_equal(spool_replay(other, NULL, 100, &left), DW_OK);
	spool_sync(spool);
	expect_passed(3, 3);
	expect_denied(1, 1);
	spool_free(other);
}

/* Without shared memory the file is asked, and where it cannot be, nobody passes. */
static void
test_alone(void **state)
{
	bool live;

	(void)state;
	promise(1, 1, END_USER, SCOPE_SESSION);
	spool_free(spool);
	spool = spool_new(&conf, &inner, NULL, NULL);
	expect_denied(1, 1);
	store.rc = DW_OK;
	expect_denied(1, 1);
	expect_passed(1, 2);
	spool_free(spool);
	conf.spool_file = (char *)(uintptr_t) "none/spool.db";
	spool = spool_new(&conf, &inner, NULL, NULL);
	assert_int_equal(ask(1, 2, &live), DW_UNAVAILABLE);
	store.found.live = false; /* what would not pass anyway needs no second word */
	assert_int_equal(ask(1, 2, &live), DW_OK);
}

static void
expect_reason(uint8_t sid, const char *reason)
{
	struct lookup q = { .family = true };
	struct lookup_reply found;

	memset(q.user_key, 1, USER_KEY_LEN);
	memset(q.session_key, sid, SESSION_KEY_LEN);
	assert_int_equal(spool_store_ops.lookup(spool, &q, &found), DW_OK);
	assert_true(found.ended && !found.live);
	assert_string_equal(found.logout_record.reason, reason);
}

/* Who was kicked is told what the operator said, also while Redis does not know it; what was unusual is for operators. */
static void
test_reason(void **state)
{
	struct end_write kick = ending(1, 1, END_KICK, SCOPE_SESSION), unusual = ending(1, 2, END_ANOMALY, SCOPE_SESSION);

	(void)state;
	kick.reason = "lost";
	unusual.reason = "travel";
	assert_int_equal(end_it(&kick), DW_PENDING);
	assert_int_equal(end_it(&unusual), DW_PENDING);
	promise(1, 3, END_KICK, SCOPE_SESSION);
	for (int i = 0; i < 2; i++) {
		expect_reason(1, "lost");
		expect_reason(2, "anomaly");
		expect_reason(3, "kick");
		spool_free(spool);
		spool = spool_new(&conf, &inner, NULL, NULL);
	}
}

/* In order, and one user whom the store does not take holds up nobody but himself. */
static void
test_order(void **state)
{
	uint8_t last[16] = { 0 };
	uint64_t left = 0;

	(void)state;
	for (uint8_t sid = 1; sid <= 40; sid++)
		for (uint8_t user = 1; user <= 10; user++)
			promise(user, sid, END_USER, SCOPE_SESSION);
	atomic_store(&nodes[0].run, 1);
	atomic_store(&nodes[1].run, 2); /* two servers: one of them may be down */
	store.rc = DW_OK;
	store.sick_user = 4;
	for (int i = 0; i < 60; i++)
		(void)spool_replay(spool, nodes, 64, &left);
	assert_int_equal(left, 40);
	assert_int_equal(store.ends, 360);
	store.sick_user = 0;
	replay_all();
	assert_int_equal(store.ends, 400);
	for (size_t i = 0; i < store.ends; i++) {
		assert_int_equal(store.told[i].session, last[store.told[i].user] + 1);
		last[store.told[i].user]++;
	}
}

static enum dw_result
tell(bool lasting, int64_t at)
{
	struct notice n = { .lasting = lasting,
		.type = "password_changed",
		.user_id = "u1",
		.username = "ann",
		.reason = "r",
		.actor = { .client_id = "app", .ip = "192.0.2.1" } };

	memset(n.user_key, 1, USER_KEY_LEN);
	n.act.at = at;
	return (spool_store_ops.notify(spool, &n));
}

/* An event is told behind the endings that go with it, and denies nobody. */
static void
test_notice(void **state)
{

	(void)state;
	assert_int_equal(tell(false, 0), DW_UNAVAILABLE);
	assert_int_equal(numbers().pending, 0);
	assert_int_equal(tell(true, 0), DW_PENDING);
	assert_true(deny_is_empty(deny));
	assert_int_equal(tell(true, 0), DW_PENDING); /* in the same second: one */
	assert_int_equal(numbers().pending, 1);
	store.rc = DW_OK;
	replay_all();
	assert_int_equal(store.notices, 1);
	assert_string_equal(store.noticed, "password_changed u1 ann app 192.0.2.1 r 1800000000 after 0");
	store.rc = DW_UNAVAILABLE;
	promise(1, 3, END_USER, SCOPE_SESSION);
	store.rc = DW_OK;
	assert_int_equal(tell(true, NOW + 1), DW_PENDING); /* though the store could take it */
	replay_all();
	assert_string_equal(store.noticed, "password_changed u1 ann app 192.0.2.1 r 1800000001 after 1");
	assert_int_equal(tell(true, NOW + 1), DW_OK);
	assert_int_equal(store.notices, 3);
}

/* A file that was made before there were events in it. */
static void
test_older_file(void **state)
{

	(void)state;
	promise(1, 1, END_USER, SCOPE_SESSION);
	spool_free(spool);
	change_rows("ALTER TABLE spool DROP COLUMN type; ALTER TABLE spool DROP COLUMN user_id;"
		    "ALTER TABLE spool DROP COLUMN username; ALTER TABLE spool DROP COLUMN client_id");
	open_spool();
	expect_denied(1, 1);
	assert_int_equal(tell(true, 0), DW_PENDING);
	store.rc = DW_OK;
	replay_all();
	assert_int_equal(store.ends, 1);
	assert_int_equal(store.notices, 1);
}

/* Another master answers: what the one before it was told lately is told again, by the same ids, also after a restart. */
static void
test_failover(void **state)
{

	(void)state;
	atomic_store(&nodes[0].run, 77);
	promise(1, 1, END_USER, SCOPE_SESSION);
	promise(3, 0, END_KICK, SCOPE_ALL);
	store.rc = DW_OK;
	replay_all();
	replay_all();
	assert_int_equal(store.ends, 2);
	spool_free(spool);
	open_spool();
	atomic_store(&nodes[0].run, 78);
	replay_all();
	assert_int_equal(store.ends, 4);
	assert_string_equal(store.told[0].act.id, store.told[2].act.id);
	assert_string_equal(store.told[1].act.id, store.told[3].act.id);
	spool_free(spool);
	open_spool();
	atomic_store(&nodes[0].run, 0); /* the same server, which this host has in another place now */
	atomic_store(&nodes[2].run, 78);
	replay_all();
	assert_int_equal(store.ends, 4);
}

/* It is the replay's own question that finds another server: what that lacks is told with what waits, and nothing is left. */
static void
test_failover_found_by_asking(void **state)
{
	uint64_t left;

	(void)state;
	atomic_store(&nodes[0].run, 77);
	promise(1, 1, END_USER, SCOPE_SESSION);
	store.rc = DW_OK;
	replay_all();
	store.rc = DW_UNAVAILABLE;
	promise(3, 0, END_KICK, SCOPE_ALL);
	store.rc = DW_OK;
	store.run = 78;
	assert_int_equal(spool_replay(spool, nodes, 64, &left), DW_OK);
	assert_int_equal(left, 0);
	assert_int_equal(store.ends, 3);
	assert_int_equal(spool_replay(spool, nodes, 64, &left), DW_OK);
	assert_int_equal(store.ends, 3);
}

static void
test_full(void **state)
{
	struct end_write w = ending(1, 17, END_USER, SCOPE_SESSION);

	(void)state;
	conf.spool_max = 16;
	for (uint8_t sid = 1; sid <= 16; sid++)
		promise(1, sid, END_USER, SCOPE_SESSION);
	assert_int_equal(end_it(&w), DW_UNAVAILABLE);
	expect_passed(1, 17);
	promise(1, 16, END_USER, SCOPE_SESSION); /* it was promised already */
}

/* ${to} becomes another file with what is in ${from}. */
static void
copy_file(const char *from, const char *to)
{
	static char text[1 << 20];
	int in = open(from, O_RDONLY | O_CLOEXEC), out;
	ssize_t n;

	assert_true(in >= 0 && (n = read(in, text, sizeof(text))) > 0 && n < (ssize_t)sizeof(text));
	assert_int_equal(unlink(to), 0);
	assert_true((out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) >= 0);
	assert_int_equal(write(out, text, (size_t)n), n);
	close(in);
	close(out);
}

static void
limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A limit is like a full disk: nothing is promised, and the process goes on. */
static void
test_disk_full(void **state)
{
	struct end_write w = ending(1, 2, END_USER, SCOPE_SESSION);

	(void)state;
	promise(1, 1, END_USER, SCOPE_SESSION);
	limit_files(4096);
	assert_int_equal(end_it(&w), DW_UNAVAILABLE);
	limit_files(RLIM_INFINITY);
	expect_passed(1, 2);
	expect_denied(1, 1);
	promise(1, 2, END_USER, SCOPE_SESSION);
	expect_denied(1, 2);
	assert_int_equal(numbers().pending, 2);
}

static void
damage(off_t at)
{
	static const char garbage[4096] = "this is no database";
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0 && pwrite(fd, garbage, sizeof(garbage), at) == (ssize_t)sizeof(garbage));
	close(fd);
}

/* Set aside and counted; what was promised is still denied, and new promises can be made. */
static void
test_damaged(void **state)
{

	(void)state;
	promise(1, 1, END_USER, SCOPE_SESSION);
	spool_free(spool);
	spool = spool_new(&conf, &inner, NULL, deny);
	damage(0);
	promise(1, 2, END_USER, SCOPE_SESSION);
	assert_true(numbers().damaged == 1 && numbers().pending == 1);
	spool_sync(spool);
	expect_denied(1, 1);
	expect_denied(1, 2);
	store.rc = DW_OK;
	replay_all();
	spool_sync(spool);
	expect_denied(1, 1); /* nobody can tell Redis of it any more */
}

/* On a full disk what can still be read of it has nowhere to go to: it stays where it is, until there is room. */
static void
test_damaged_on_a_full_disk(void **state)
{
	struct spool_numbers n;
	struct stat st;
	char err[256];

	(void)state;
	for (int i = 0; i < 200; i++)
		promise((uint8_t)(i % 50 + 1), (uint8_t)(i / 50 + 1), END_USER, SCOPE_SESSION);
	spool_free(spool);
	spool = NULL;
	assert_int_equal(stat(path, &st), 0);
	damage(st.st_size - 4096);
	limit_files((rlim_t)st.st_size);
	assert_int_equal(spool_make(&conf, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "full"));
	spool = spool_new(&conf, &inner, NULL, deny);
	(void)spool_numbers(spool, &n);
	assert_int_equal(n.damaged, 0);
	limit_files(RLIM_INFINITY);
	spool_free(spool);
	open_spool();
	assert_int_equal(numbers().damaged, 1);
	assert_true(numbers().pending > 0);
}

/* At a start: what can be read of it is kept. */
static void
test_damaged_at_start(void **state)
{
	struct stat st;

	(void)state;
	for (int i = 0; i < 200; i++)
		promise((uint8_t)(i % 50 + 1), (uint8_t)(i / 50 + 1), END_USER, SCOPE_SESSION);
	spool_free(spool);
	assert_int_equal(stat(path, &st), 0);
	damage(st.st_size - 4096);
	open_spool();
	assert_int_equal(numbers().damaged, 1);
	promise(60, 1, END_USER, SCOPE_SESSION);
	expect_denied(60, 1);
}

/* Removed under our feet: a new one is made, and what is promised from now on is in it. */
static void
test_removed(void **state)
{

	(void)state;
	promise(1, 1, END_USER, SCOPE_SESSION);
	assert_int_equal(unlink(path), 0);
	promise(1, 2, END_USER, SCOPE_SESSION);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(numbers().pending, 1);
	spool_sync(spool);
	expect_denied(1, 1);
}

/* A copy of before in its place: what others promise in it has numbers that were seen already, and is denied all the same. */
static void
replace_by_an_older_one(bool promises_first)
{
	char copy[96], journal[96];
	struct spool *ours;

	promise(1, 1, END_USER, SCOPE_SESSION);
	spool_free(spool);
	spool = NULL;
	snprintf(copy, sizeof(copy), "%s.copy", path);
	snprintf(journal, sizeof(journal), "%s-wal", path);
	assert_int_equal(link(path, copy), 0);
	assert_int_equal(access(journal, F_OK), -1);
	copy_file(copy, path);
	ours = spool = spool_new(&conf, &inner, NULL, deny);
	promise(1, 2, END_USER, SCOPE_SESSION);
	promise(1, 3, END_USER, SCOPE_SESSION);
	spool_sync(spool);
	assert_int_equal(unlink(journal), 0);
	assert_int_equal(rename(copy, path), 0);
	spool = spool_new(&conf, &inner, NULL, NULL);
	promise(2, 1, END_USER, SCOPE_SESSION);
	spool_free(spool);
	spool = ours;
	if (promises_first)
		promise(3, 1, END_USER, SCOPE_SESSION);
	spool_sync(spool);
	expect_denied(2, 1);
	expect_denied(1, 3);
}

static void
test_replaced_by_an_older_one(void **state)
{

	(void)state;
	replace_by_an_older_one(false);
}

/* Who promises something has opened it before he looks what others have promised. */
static void
test_replaced_before_a_promise(void **state)
{

	(void)state;
	replace_by_an_older_one(true);
}

/* One token cannot fill it by asking every second. */
static void
test_one_session_is_bounded(void **state)
{
	struct end_write w = ending(1, 1, END_USER, SCOPE_OTHERS);
	int promised = 0;

	(void)state;
	for (int i = 0; i < 30; i++) {
		w.act.at = NOW + i;
		promised += end_it(&w) == DW_PENDING;
	}
	assert_int_equal(promised, 16);
	promise(1, 1, END_USER, SCOPE_SESSION); /* its owner's logout has room all the same */
	expect_denied(1, 1);
}

/* Nor can one user, who kept the tokens of all the sessions he ever had; operators can, and others are not kept from theirs. */
static void
test_one_user_is_bounded(void **state)
{
	int promised = 0;

	(void)state;
	conf.session_limit = 8;
	for (int sid = 1; sid <= 200; sid++) {
		struct end_write w = ending(1, (uint8_t)sid, END_USER, SCOPE_SESSION);

		promised += end_it(&w) == DW_PENDING;
	}
	assert_int_equal(promised, 64 + 2 * 8);
	promise(1, 201, END_KICK, SCOPE_SESSION);
	promise(1, 0, END_KICK, SCOPE_ALL);
	promise(2, 1, END_USER, SCOPE_SESSION);
}

/* Redis was asked before the replay had ended the session, and the table after the replay had taken the entry out. */
static void
test_replay_overtakes_a_check(void **state)
{

	(void)state;
	promise(1, 0, END_KICK, SCOPE_ALL);
	store.rc = DW_OK;
	store.overtaken = true;
	expect_denied(1, 1);
	assert_true(deny_is_empty(deny) && store.ends == 1);
}

/* The same in a process that asks the file. */
static void
test_replay_overtakes_a_check_alone(void **state)
{

	(void)state;
	promise(1, 0, END_KICK, SCOPE_ALL);
	spool_free(spool);
	spool = spool_new(&conf, &inner, NULL, NULL);
	store.rc = DW_OK;
	store.overtaken = true;
	expect_denied(1, 1);
	store.found.live = true; /* opened since */
	expect_passed(1, 2);
}

/* Nor is the session shown in a list, by the table or by the file. */
static void
test_replay_overtakes_a_list(void **state)
{

	(void)state;
	for (int i = 0; i < 2; i++) {
		store.rc = DW_UNAVAILABLE;
		promise((uint8_t)(1 + i), 0, END_KICK, SCOPE_ALL);
		store.rc = DW_OK;
		store.found.live = store.overtaken = true;
		expect_listed((uint8_t)(1 + i), 0);
		store.found.live = true; /* opened since */
		expect_listed((uint8_t)(1 + i), 1);
		spool_free(spool);
		spool = spool_new(&conf, &inner, NULL, NULL);
	}
}

/*
 * doorwardctl tells Redis of the ending while the keeper is deaf. What the cache has of the user must not pass at the next
 * outage, when the entry is not in the table any more; another user's does.
 */
static void
test_replay_by_another(void **state)
{
	static const uint8_t keys[2][CACHE_KEY_LEN] = { { 1 }, { 2 } };
	struct cached_check kept[2] = { { .expires = NOW + 1000, .touch_at = NOW + 1000 }, { .expires = NOW + 1000 } }, found;
	struct cache *cache = cache_new(1 << 20, 60000, 1000);
	struct spool *ours = spool;

	(void)state;
	assert_non_null(cache);
	spool_set_cache(spool, cache);
	for (int i = 0; i < 2; i++) {
		memset(kept[i].user_key, i + 1, USER_KEY_LEN);
		assert_true(cache_fill(cache, keys[i], cache_read_epoch(cache, kept[i].user_key), &kept[i]));
	}
	promise(1, 0, END_KICK, SCOPE_ALL);
	store.rc = DW_OK;
	assert_non_null(spool = spool_new(&conf, &inner, NULL, NULL));
	replay_all();
	spool_free(spool);
	spool = ours;
	spool_sync(spool);
	assert_true(deny_is_empty(deny));
	assert_false(cache_recall_stale(cache, keys[0], NOW, 60000, &found));
	assert_true(cache_recall_stale(cache, keys[1], NOW, 60000, &found));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_to_do),
		TEST(test_promise),
		TEST(test_not_durable),
		TEST(test_who_is_denied),
		TEST(test_judged),
		TEST(test_revoked_caller),
		TEST(test_revoked_caller_of_another),
		TEST(test_nonsense),
		TEST(test_left),
		TEST(test_refill),
		TEST(test_alone),
		TEST(test_reason),
		TEST(test_order),
		TEST(test_notice),
		TEST(test_older_file),
		TEST(test_failover),
		TEST(test_failover_found_by_asking),
		TEST(test_full),
		TEST(test_disk_full),
		TEST(test_damaged),
		TEST(test_damaged_on_a_full_disk),
		TEST(test_damaged_at_start),
		TEST(test_removed),
		TEST(test_replaced_by_an_older_one),
		TEST(test_replaced_before_a_promise),
		TEST(test_one_session_is_bounded),
		TEST(test_one_user_is_bounded),
		TEST(test_replay_overtakes_a_check),
		TEST(test_replay_overtakes_a_check_alone),
		TEST(test_replay_overtakes_a_list),
		TEST(test_replay_by_another),
	};

	(void)log_open("/dev/null", LOG_LEVEL_ERROR);
	return (cmocka_run_group_tests_name("spool/spool", tests, NULL, NULL));
}

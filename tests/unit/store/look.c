/* SPDX-License-Identifier: ISC */
/*
 * Each thing a server can lack, on a real one: that it is seen, named with the line that mends it, and gone once that line
 * was given.
 */
#include <sys/stat.h>

#include <unistd.h>

#include "base/buf.h"
#include "store/args.h"
#include "store/look.h"
#include "store/script.h"

#include "fixture.h"

/* A new connection's look. */
static struct look
fresh_look(void)
{
	const char *why;
	struct look l;

	redis_store_free(fx.store);
	fx.store = fixture_store();
	(void)redis_store_look(fx.store, &l, &why);
	return (l);
}

static const char *
mend(const struct look *l, enum look_fault f)
{
	static char text[1024];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	look_mend(&b, l, &fx.conf, f);
	return (text);
}

static void
expect(struct look l, uint32_t faults)
{

	if (l.faults != faults)
		fail_msg("faults %#x, not %#x; rules \"%s\"", l.faults, faults, l.rules);
}

static void
test_good(void **state)
{
	struct look l = fresh_look();

	(void)state;
	expect(l, 0);
	assert_string_equal(l.role, "master");
	assert_string_equal(l.policy, "noeviction");
	assert_true(l.version[0] >= '7' && l.run != 0 && l.at != 0 && !l.loading);
	assert_int_equal(look_first(0), LOOK_FAULTS);
	assert_int_equal(look_first(LOOK_BIT(LOOK_VOLATILE) | LOOK_BIT(LOOK_FULL)), LOOK_FULL);
}

/* What CONFIG SET changes. */
static void
test_settings(void **state)
{
	static const struct {
		const char *bad, *good;
		enum look_fault fault;
	} rows[] = {
		{ "CONFIG SET appendonly no", "CONFIG SET appendonly yes", LOOK_VOLATILE },
		{ "CONFIG SET maxmemory-policy allkeys-lru", "CONFIG SET maxmemory-policy noeviction", LOOK_EVICTS },
		{ "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", LOOK_FULL },
		{ "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", LOOK_REPLICA },
	};
	struct look l;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		freeReplyObject(fixture_raw(rows[i].bad));
		l = fresh_look();
		expect(l, LOOK_BIT(rows[i].fault));
		if (i < 2)
			assert_string_equal(mend(&l, rows[i].fault), rows[i].good);
		freeReplyObject(fixture_raw(rows[i].good));
		expect(fresh_look(), 0);
	}
}

/* A user of the test's own, through which the store connects. */
static void
as_user(const char *rules)
{
	static char file[96], user[] = "worker";
	char command[1024];
	FILE *f;

	snprintf(file, sizeof(file), "%s/password", fx.server.dir);
	assert_non_null(f = fopen(file, "w"));
	fputs("s3cret\n", f);
	fclose(f);
	chmod(file, 0600);
	freeReplyObject(fixture_raw("ACL DELUSER worker"));
	snprintf(command, sizeof(command), "ACL SETUSER worker on >s3cret -@all +auth +time %s", rules);
	freeReplyObject(fixture_raw(command));
	fx.conf.redis_password_file = file;
	fx.conf.redis_user = user;
}

#define COUNTERS "~dwt:*"
#define NEEDED                                                                                                                 \
	"~dw:* ~dwo:* " COUNTERS                                                                                               \
	" &dw:events +ping +hmget +hget +hgetall +hset +hdel +expireat +xadd +publish +evalsha +script|load"
#define ALL NEEDED " +xlen +xinfo|groups +xrange +xdel +xtrim"
#define CACHE "&__redis__:invalidate +subscribe +client|id +client|tracking"

#define RELAY "+scan ~dwx:* +get +set +del +xpending +xgroup|create +xreadgroup +xack +subscribe"

/* Given the line that was named, all is well. */
static void
expect_mended(struct look l, enum look_fault f)
{
	const char *line = mend(&l, f);
	char command[1024], *words[64];
	size_t n = 0, len[64];
	redisReply *r;

	snprintf(command, sizeof(command), "%s", line);
	for (char *w = strtok(command, " "); w != NULL; w = strtok(NULL, " ")) {
		len[n] = strlen(w);
		words[n++] = w;
	}
	r = redisCommandArgv(fx.raw, (int)n, (const char **)words, len);
	assert_non_null(r);
	if (r->type != REDIS_REPLY_STATUS)
		fail_msg("%s: %s", line, r->str);
	freeReplyObject(r);
	expect(fresh_look(), 0);
}

static void
test_rights(void **state)
{
	static const struct {
		const char *rules, *lacks;
		uint32_t faults;
	} rows[] = {
		{ "+info +role " ALL, "", 0 },
		/* the default of Redis 7 for a new user: all keys, all commands, no channels */
		{ "+info +role ~* +@all resetchannels", "&dw:events +publish", LOOK_BIT(LOOK_DENIED) },
		{ "+info +role " ALL " -xlen", "~dwo:* +xlen", LOOK_BIT(LOOK_UNTRIMMED) },
		{ "+info +role " NEEDED, "~dwo:* +xlen +xinfo|groups +xrange +xdel +xtrim", LOOK_BIT(LOOK_UNTRIMMED) },
		{ "+info +role " ALL " -hset -xadd", "~dw:* +hset ~dwo:* +xadd",
		    LOOK_BIT(LOOK_DENIED) | LOOK_BIT(LOOK_UNCOUNTED) },
		{ "+info +role allchannels +@all resetkeys ~dw:*", "~dwo:* +xadd",
		    LOOK_BIT(LOOK_DENIED) | LOOK_BIT(LOOK_UNTRIMMED) | LOOK_BIT(LOOK_UNCOUNTED) },
		{ "+info +role allchannels +@all resetkeys ~dw:* ~dwo:*", "~dwt:* +hmget +hgetall +hset +hdel +expireat",
		    LOOK_BIT(LOOK_UNCOUNTED) },
		{ "+info +role " ALL " -script|load", "~dw:*", LOOK_BIT(LOOK_DENIED) },
		{ "+info +role " ALL " -evalsha", "~dw:*", LOOK_BIT(LOOK_DENIED) },
		{ "+info", "~dw:*", LOOK_BIT(LOOK_DENIED) },
		{ "+info " ALL, "", 0 }, /* the role is in INFO as well */
		{ "+role " ALL, "", LOOK_BIT(LOOK_UNSEEN) },
		{ ALL, "", LOOK_BIT(LOOK_UNSEEN) },
	};
	char *file = fx.conf.redis_password_file, *user = fx.conf.redis_user;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct look l;

		freeReplyObject(fixture_raw("SCRIPT FLUSH"));
		as_user(rows[i].rules);
		l = fresh_look();
		if (l.faults != rows[i].faults || strncmp(l.rules, rows[i].lacks, strlen(rows[i].lacks)) != 0)
			fail_msg("%s: faults %#x, lacks \"%s\"", rows[i].rules, l.faults, l.rules);
		if (l.faults != 0)
			expect_mended(l, look_first(l.faults));
	}
	fx.conf.cache_enabled = true;
	as_user("+info +role " ALL);
	expect(fresh_look(), LOOK_BIT(LOOK_UNTOLD));
	expect_mended(fresh_look(), LOOK_UNTOLD);
	as_user("+info +role " ALL " " CACHE);
	expect(fresh_look(), 0);
	fx.conf.cache_enabled = false;
	fx.conf.relay_enabled = true;
	as_user("+info +role " ALL);
	expect(fresh_look(), LOOK_BIT(LOOK_UNRELAYED) | LOOK_BIT(LOOK_UNSWEPT));
	expect_mended(fresh_look(), LOOK_UNRELAYED);
	as_user("+info +role " ALL " " RELAY);
	expect(fresh_look(), 0);
	fx.conf.relay_enabled = false;
	fx.conf.redis_password_file = file;
	fx.conf.redis_user = user;
	freeReplyObject(fixture_raw("ACL DELUSER worker"));
	expect(fresh_look(), 0);
}

/* A user without a right is told so before anything is written: no session, no event, no outbox. */
static void
test_nothing_is_written_first(void **state)
{
	char *file = fx.conf.redis_password_file, *user = fx.conf.redis_user;
	struct login_write w = fixture_login(1);
	struct login_reply r;
	redisReply *keys;

	(void)state;
	as_user("~* +@all resetchannels");
	redis_store_free(fx.store);
	fx.store = fixture_store();
	for (int i = 0; i < 3; i++)
		assert_int_equal(redis_store_ops.login(fx.store, &w, &r), DW_UNAVAILABLE);
	keys = fixture_raw("KEYS *");
	assert_int_equal(keys->elements, 0);
	freeReplyObject(keys);
	fx.conf.redis_password_file = file;
	fx.conf.redis_user = user;
	freeReplyObject(fixture_raw("ACL DELUSER worker"));
	redis_store_free(fx.store);
	fx.store = fixture_store();
	assert_int_equal(redis_store_ops.login(fx.store, &w, &r), DW_OK);
}

/* Without the counters nobody is let in, but whoever is in can be asked for, and can leave. */
static void
test_no_counters(void **state)
{
	char *file = fx.conf.redis_password_file, *user = fx.conf.redis_user;
	const struct guess_limits limits = { .free = 5, .most = 5, .reset = 1000 };
	struct guess g = { .kind = GUESS_ACCOUNT, .limits = &limits, .life = 1000 };
	struct login_write w = fixture_login(1);

	(void)state;
	as_user("+info +role ~dw:* ~dwo:* +@all allchannels");
	redis_store_free(fx.store);
	fx.store = fixture_store();
	for (int i = 0; i < 9; i++) {
		redis_store_ops.guess(fx.store, &g, 1);
		assert_int_equal(g.rc, DW_UNAVAILABLE);
	}
	fixture_logged_in(&w);
	assert_true(fixture_lookup(1).live);
	freeReplyObject(fixture_raw("ACL SETUSER worker " COUNTERS));
	fixture_sleep(1100); /* the time after which it is looked again */
	redis_store_ops.guess(fx.store, &g, 1);
	assert_int_equal(g.rc, DW_OK);
	freeReplyObject(fixture_raw("ACL SETUSER worker resetkeys ~dw:* ~dwo:*")); /* while the connection stands */
	redis_store_ops.guess(fx.store, &g, 1);
	assert_int_equal(g.rc, DW_UNAVAILABLE);
	assert_true(fixture_lookup(1).live);
	fx.conf.redis_password_file = file;
	fx.conf.redis_user = user;
	freeReplyObject(fixture_raw("ACL DELUSER worker"));
	redis_store_free(fx.store);
	fx.store = fixture_store();
}

/* A right that is taken while the connection stands, each in its turn: the script itself refuses before it writes. */
static void
test_rights_that_are_taken(void **state)
{
	static const char *const rows[] = { "-hdel", "-expireat", "-xadd", "-publish", "resetchannels", "resetkeys ~dw:*" };
	char *file = fx.conf.redis_password_file, *user = fx.conf.redis_user, command[128];
	struct login_write first, second;
	struct login_reply r;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fixture_fresh(state);
		first = fixture_login(1);
		second = fixture_login(2);
		as_user("+info +role " ALL);
		redis_store_free(fx.store);
		fx.store = fixture_store();
		assert_int_equal(redis_store_ops.login(fx.store, &first, &r), DW_OK);
		snprintf(command, sizeof(command), "ACL SETUSER worker %s", rows[i]);
		freeReplyObject(fixture_raw(command));
		assert_int_equal(redis_store_ops.login(fx.store, &second, &r), DW_UNAVAILABLE);
		assert_int_equal(fixture_count("login"), 1);
		assert_true(fixture_lookup(1).live);
		if (fixture_lookup(2).live)
			fail_msg("%s: a session was left", rows[i]);
	}
	fx.conf.redis_password_file = file;
	fx.conf.redis_user = user;
	freeReplyObject(fixture_raw("ACL DELUSER worker"));
	redis_store_free(fx.store);
	fx.store = fixture_store();
}

/* The commands that the scripts call are those the look asks for: whoever adds one to a script adds it to look.c. */
static void
test_every_command_of_the_scripts_is_looked_for(void **state)
{
	struct args a;
	char all[2048] = " ";

	(void)state;
	fx.conf.relay_enabled = true;
	look_question(&fx.conf, look_questions(&fx.conf) - 1, &a);
	fx.conf.relay_enabled = false;
	for (int i = 3; i < a.n; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%.*s ", (int)strcspn(a.v[i], " "), a.v[i]);
	for (enum script_id id = 0; id < SCRIPT_COUNT; id++) {
		const char *p = script_text(id);

		while ((p = strstr(p, "call('")) != NULL) {
			char word[40];

			p += strlen("call('");
			snprintf(word, sizeof(word), " %.*s ", (int)strcspn(p, "'"), p);
			if (strstr(all, word) == NULL)
				fail_msg("%s calls%s", script_name(id), word);
		}
	}
}

/* Why it cannot be asked, with the server or the option to look at. */
static void
expect_why(const char *wanted)
{
	const char *why;
	struct look l;

	redis_store_free(fx.store);
	fx.store = fixture_store();
	assert_int_not_equal(redis_store_look(fx.store, &l, &why), DW_OK);
	if (strstr(why, wanted) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", why, wanted);
}

static void
test_why_it_cannot_be_asked(void **state)
{
	static char tcp[] = "redis://127.0.0.1:1", none[] = "unix:/nonexistent/socket",
		    sentinel[] = "sentinel://127.0.0.1:1/us";
	struct look l = { .faults = LOOK_BIT(LOOK_REPLICA) };
	char *url = fx.conf.redis_url, *user = fx.conf.redis_user, *file = fx.conf.redis_password_file;

	(void)state;
	as_user("+ping");
	freeReplyObject(fixture_raw("ACL SETUSER worker resetpass >another"));
	expect_why("it refused AUTH: see redis.user and redis.password_file");
	fx.conf.redis_user = user;
	fx.conf.redis_password_file = file;
	fx.conf.redis_url = tcp;
	expect_why("cannot connect to 127.0.0.1:1: Connection refused");
	fx.conf.redis_url = none;
	expect_why("cannot connect to redis.url: No such file or directory");
	fx.conf.redis_url = sentinel;
	assert_non_null(strstr(mend(&l, LOOK_REPLICA), "SENTINEL FAILOVER us"));
	fx.conf.redis_url = url;
	assert_string_equal(mend(&l, LOOK_REPLICA), "let redis.url name the master, or: REPLICAOF NO ONE");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_good, fixture_fresh),
		cmocka_unit_test_setup(test_settings, fixture_fresh),
		cmocka_unit_test_setup(test_rights, fixture_fresh),
		cmocka_unit_test_setup(test_nothing_is_written_first, fixture_fresh),
		cmocka_unit_test_setup(test_no_counters, fixture_fresh),
		cmocka_unit_test_setup(test_rights_that_are_taken, fixture_fresh),
		cmocka_unit_test_setup(test_why_it_cannot_be_asked, fixture_fresh),
		cmocka_unit_test_setup(test_every_command_of_the_scripts_is_looked_for, fixture_fresh),
	};

	return (fixture_main("a look at the server", tests, sizeof(tests) / sizeof(tests[0])));
}

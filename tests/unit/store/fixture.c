/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/mac.h"

#include "fixture.h"

struct fixture fx;
static unsigned users;

void
fixture_fill(uint8_t *p, size_t n, uint8_t seed)
{

	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(seed + 1 + i * 3);
}

struct redis_store *
fixture_store(void)
{
	char err[256];
	struct redis_store *s = redis_store_new(&fx.conf, fx.keys, &fx.slot, err, sizeof(err));

	if (s == NULL)
		fail_msg("%s", err);
	return (s);
}

static void
fill_conf(void)
{
	static char url[128], empty[1];

	snprintf(url, sizeof(url), "unix:%s", fx.server.socket);
	snprintf(fx.clients[0].id, sizeof(fx.clients[0].id), "default");
	snprintf(fx.clients[1].id, sizeof(fx.clients[1].id), "mobile");
	fx.conf = (struct config){ .redis_url = url,
		.redis_user = empty,
		.redis_password_file = empty,
		.redis_connect_timeout = FIXTURE_TIMEOUT_MS,
		.redis_command_timeout = FIXTURE_TIMEOUT_MS,
		.redis_breaker_failures = 0,
		.redis_breaker_open = 1000,
		.logout_keep = 604800000,
		.session_limit = 32,
		.throttle_enabled = true,
		.outbox_keep = 3600000,
		.outbox_max = 128 * KEYS_BUCKETS,
		.clients = fx.clients,
		.n_clients = 2 };
}

int
fixture_setup(void **state)
{
	char state_dir[96], err[256];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	arena_init(&fx.arena, fx.block, sizeof(fx.block));
	if (!server_new(&fx.server) || (fx.raw = server_connect(&fx.server)) == NULL)
		return (-1);
	fill_conf();
	snprintf(state_dir, sizeof(state_dir), "%s/state", fx.server.dir);
	mkdir(state_dir, 0700);
	if (keyring_create(state_dir, "HS256", (uid_t)-1, (gid_t)-1, err, sizeof(err)) != 0 ||
	    (fx.keys = keyring_load(state_dir, err, sizeof(err))) == NULL) {
		print_error("%s\n", err);
		return (-1);
	}
	fx.store = fixture_store();
	return (0);
}

int
fixture_teardown(void **state)
{

	(void)state;
	redis_store_free(fx.store);
	keyring_free(fx.keys);
	if (fx.raw != NULL)
		redisFree(fx.raw);
	server_free(&fx.server);
	return (0);
}

int
fixture_fresh(void **state)
{

	(void)state;
	arena_reset(&fx.arena);
	freeReplyObject(fixture_raw("FLUSHALL"));
	users++;
	fixture_fill(fx.user_key, sizeof(fx.user_key), (uint8_t)(users * 17));
	fx.user_key[8] = (uint8_t)users;
	keys_record(fx.user_key, fx.key);
	keys_outbox(fx.user_key, fx.outbox);
	return (0);
}

int
fixture_main(const char *name, const struct CMUnitTest *tests, size_t n)
{

	if (!server_installed()) {
		print_message("redis-server is not installed\n");
		return (77);
	}
	return (_cmocka_run_group_tests(name, tests, n, fixture_setup, fixture_teardown));
}

int
fixture_main_both(const char *name, const struct CMUnitTest *tests, size_t n)
{
	int failed = fixture_main(name, tests, n);

	if (failed != 0)
		return (failed);
	fx.mistaken = true;
	return (fixture_main(name, tests, n));
}

void
fixture_mistake(void)
{

	clock_turn(3600); /* further than any sample of the clock can have followed */
}

static void
mistake(void)
{

	if (fx.mistaken)
		fixture_mistake();
}

static void
client_hash(const char *id, uint8_t out[CLIENT_HASH_LEN])
{
	uint8_t md[MAC_LEN];

	mac_sha256(id, strlen(id), md);
	memcpy(out, md, CLIENT_HASH_LEN);
}

struct login_write
fixture_login(uint8_t n)
{
	struct login_write w = { .user_id = "u-0123456789abcdefghij",
		.username = "zo\xc3\xab \"z\"",
		.groups = "admins,users",
		.absolute_in = 1000,
		.family_absolute_in = 5000,
		.key_version = 1,
		.access_in = 300,
		.limit = 64,
		.actor = { .ip = "192.0.2.7", .trace_id = "0af7651916cd43dd8448eb211c80319c" } };

	memcpy(w.user_key, fx.user_key, USER_KEY_LEN);
	fixture_fill(w.session.session_key, SESSION_KEY_LEN, n);
	fixture_fill(w.session.device_key, DEVICE_KEY_LEN, (uint8_t)(n + 100));
	client_hash("mobile", w.session.client_hash);
	w.session.level = 1;
	w.session.policy = POLICY_SLIDING;
	w.session.idle = 100;
	w.session.has_cookie = true;
	fixture_fill(w.session.secret_hash, HASH_LEN, (uint8_t)(n + 50));
	snprintf(w.session.ip, sizeof(w.session.ip), "192.0.2.7");
	w.session.has_family = true;
	w.session.family_idle = 2000;
	fixture_fill(w.refresh_hash, HASH_LEN, 0);
	return (w);
}

struct login_reply
fixture_logged_in(const struct login_write *w)
{
	struct login_reply r;

	mistake();
	assert_int_equal(redis_store_ops.login(fx.store, w, &r), DW_OK);
	return (r);
}

struct rotate_write
fixture_rotation(uint8_t n, uint8_t presented, uint8_t next)
{
	struct rotate_write w = { .key_version = 1, .grace = 10, .access_in = 300, .actor = { .ip = "192.0.2.8" } };

	memcpy(w.user_key, fx.user_key, USER_KEY_LEN);
	fixture_fill(w.session_key, SESSION_KEY_LEN, n);
	fixture_fill(w.presented, HASH_LEN, presented);
	w.generation = GENERATION_FIRST;
	fixture_fill(w.nonce, NONCE_LEN, next);
	fixture_fill(w.successor, HASH_LEN, next);
	fixture_fill(w.recovered, HASH_LEN, next);
	return (w);
}

enum rotate_outcome
fixture_rotate(const struct rotate_write *w, struct rotate_reply *out)
{
	struct rotate_reply mine;

	mistake();
	assert_int_equal(redis_store_ops.rotate(fx.store, w, &mine), DW_OK);
	if (out != NULL)
		*out = mine;
	return (mine.outcome);
}

struct end_write
fixture_logout_record(uint8_t n, enum end_cause cause, enum end_scope scope)
{
	struct end_write w = {
		.cause = cause, .scope = scope, .said_scope = scope, .has_sid = true, .actor = { .ip = "198.51.100.1" }
	};

	memcpy(w.user_key, fx.user_key, USER_KEY_LEN);
	fixture_fill(w.session_key, SESSION_KEY_LEN, n);
	fixture_fill(w.device_key, DEVICE_KEY_LEN, (uint8_t)(n + 100));
	return (w);
}

struct end_reply
fixture_end(const struct end_write *w)
{
	struct end_reply r;

	mistake();
	assert_int_equal(redis_store_ops.end(fx.store, w, &fx.arena, &r), DW_OK);
	return (r);
}

struct lookup_reply
fixture_lookup(uint8_t n)
{
	struct lookup q = { .family = true };
	struct lookup_reply r;

	memcpy(q.user_key, fx.user_key, USER_KEY_LEN);
	fixture_fill(q.session_key, SESSION_KEY_LEN, n);
	assert_int_equal(redis_store_ops.lookup(fx.store, &q, &r), DW_OK);
	return (r);
}

int64_t
fixture_time(void)
{
	redisReply *r = fixture_raw("TIME");
	int64_t t = atoll(r->element[0]->str);

	freeReplyObject(r);
	return (t);
}

void
fixture_sleep(int64_t ms)
{

	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

static redisReply *
run_raw(const char *fmt, va_list ap)
{
	redisReply *r = redisvCommand(fx.raw, fmt, ap);

	if (r == NULL)
		fail_msg("%s: %s", fmt, fx.raw->errstr);
	if (r->type == REDIS_REPLY_ERROR)
		fail_msg("%s: %s", fmt, r->str);
	return (r);
}

redisReply *
fixture_raw(const char *fmt, ...)
{
	redisReply *r;
	va_list ap;

	va_start(ap, fmt);
	r = run_raw(fmt, ap);
	va_end(ap);
	return (r);
}

int64_t
fixture_int(const char *fmt, ...)
{
	redisReply *r;
	int64_t v;
	va_list ap;

	va_start(ap, fmt);
	r = run_raw(fmt, ap);
	va_end(ap);
	v = r->integer;
	freeReplyObject(r);
	return (v);
}

/* Subtracts from the 32-bit numbers at the ${n} offsets ${at} of a field; 0 stays 0. */
static void
age_field(char kind, uint8_t n, const size_t *at, size_t count, int64_t seconds)
{
	uint8_t session_key[SESSION_KEY_LEN], value[64];
	char field[KEYS_FIELD_LEN];
	redisReply *r;
	uint32_t v;
	size_t len;

	fixture_fill(session_key, SESSION_KEY_LEN, n);
	keys_field(kind, session_key, field);
	r = fixture_raw("HGET %s %b", fx.key, field, sizeof(field));
	if (r->type == REDIS_REPLY_NIL) {
		freeReplyObject(r);
		return;
	}
	len = r->len;
	memcpy(value, r->str, len);
	freeReplyObject(r);
	for (size_t i = 0; i < count; i++) {
		memcpy(&v, value + at[i], 4);
		v = v == 0 ? 0 : v - (uint32_t)seconds;
		memcpy(value + at[i], &v, 4);
	}
	freeReplyObject(fixture_raw("HSET %s %b %b", fx.key, field, sizeof(field), value, len));
}

void
fixture_age(uint8_t n, int64_t seconds)
{
	static const size_t s[] = { 18, 22, 26 }, f[] = { 44, 48, 56 };

	age_field('s', n, s, 3, seconds);
	age_field('f', n, f, 3, seconds);
}

void
fixture_age_logout_record(uint8_t n, int64_t seconds)
{
	static const size_t l[] = { 0 };

	age_field('l', n, l, 1, seconds);
}

struct json_object *
fixture_events(void)
{
	struct json_object *all = json_object_new_array(), *e;
	redisReply *r = fixture_raw("XRANGE %s - +", fx.outbox);

	for (size_t i = 0; i < r->elements; i++) {
		e = json_tokener_parse(r->element[i]->element[1]->element[1]->str);
		if (e == NULL)
			fail_msg("not JSON: %s", r->element[i]->element[1]->element[1]->str);
		json_object_array_add(all, e);
	}
	freeReplyObject(r);
	return (all);
}

const char *
fixture_member(struct json_object *e, const char *name)
{
	struct json_object *v;

	if (!json_object_object_get_ex(e, name, &v))
		fail_msg("%s is missing in %s", name, json_object_to_json_string(e));
	return (v == NULL ? NULL : json_object_get_string(v));
}

size_t
fixture_count(const char *type)
{
	struct json_object *all = fixture_events();
	size_t n = 0;

	for (size_t i = 0; i < json_object_array_length(all); i++)
		n += strcmp(fixture_member(json_object_array_get_idx(all, i), "type"), type) == 0;
	json_object_put(all);
	return (n);
}

struct json_object *
fixture_event(const char *type)
{
	struct json_object *all = fixture_events(), *found = NULL;

	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *e = json_object_array_get_idx(all, i);

		if (strcmp(fixture_member(e, "type"), type) == 0)
			found = e;
	}
	if (found != NULL)
		json_object_get(found);
	json_object_put(all);
	return (found);
}

/* SPDX-License-Identifier: ISC */
/* What the tests of the store share: one server, one store, one user, and short ways to say what is done to them. */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "base/arena.h"
#include "crypto/keyring.h"
#include "doorward/board.h"
#include "doorward/config.h"
#include "store/keys.h"
#include "store/redis.h"
#include "server.h"

#define FIXTURE_TIMEOUT_MS 5000 /* of Redis, where it is not to be silent: the machine may be busy */

struct fixture {
	struct server server;
	redisContext *raw; /* the test's own connection */
	struct config conf;
	struct client clients[2];
	struct keyring *keys;
	struct board_slot slot;
	struct redis_store *store;
	struct arena arena;
	char block[65536];
	uint8_t user_key[USER_KEY_LEN];
	char key[KEYS_RECORD_LEN + 1];
	char outbox[KEYS_OUTBOX_LEN + 1];
	bool mistaken;
};

extern struct fixture fx;

/* The group set-up and tear-down; the set-up of each test, which empties Redis and picks a new user. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
int fixture_fresh(void **state);

/*
 * Makes this process's idea of the time wrong from now on, each time it is called, so that no script finds what was prepared
 * for the right one and all of them take the long way.
 */
void fixture_mistake(void);

/* The same test program run twice: as it is, and with a wrong idea of the time before every login, rotation and ending. */
int fixture_main_both(const char *name, const struct CMUnitTest *tests, size_t n);

/* main() of a test program: 77 where redis-server is not installed. */
int fixture_main(const char *name, const struct CMUnitTest *tests, size_t n);

/* A store of its own for a child process. */
struct redis_store *fixture_store(void);

/* A login with everything: cookie, family, sliding 100 s idle, 1000 s; family 2000 s idle, 5000 s. ${n} makes handle, device
 * and secrets. */
struct login_write fixture_login(uint8_t n);
struct login_reply fixture_logged_in(const struct login_write *w);
/* A refresh by the bearer of login ${n}: ${presented} and ${next} are what the hashes are made of. */
struct rotate_write fixture_rotation(uint8_t n, uint8_t presented, uint8_t next);
enum rotate_outcome fixture_rotate(const struct rotate_write *w, struct rotate_reply *out);
struct end_write fixture_logout_record(uint8_t n, enum end_cause cause, enum end_scope scope);
struct end_reply fixture_end(const struct end_write *w);
struct lookup_reply fixture_lookup(uint8_t n);

void fixture_fill(uint8_t *p, size_t n, uint8_t seed);
int64_t fixture_time(void); /* of the server */
void fixture_sleep(int64_t ms);

/* Runs a raw command; the caller frees. Fails the test on an error reply. */
redisReply *fixture_raw(const char *fmt, ...);
int64_t fixture_int(const char *fmt, ...);

/* Makes all times in the stored fields of session ${n} earlier by ${seconds}. */
void fixture_age(uint8_t n, int64_t seconds);
/* The same for its logout record. */
void fixture_age_logout_record(uint8_t n, int64_t seconds);

/* The outbox as an array of parsed events, oldest first; freed with json_object_put(). */
struct json_object *fixture_events(void);
size_t fixture_count(const char *type);
/* The last event of ${type}, freed by the caller; NULL if there is none. */
struct json_object *fixture_event(const char *type);
const char *fixture_member(struct json_object *e, const char *name); /* NULL = null; fails if it is missing */

#endif

/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "auth/clients.h"
#include "crypto/mac.h"

#include "../ask.h"

#define BASIC "HTTP_AUTHORIZATION=Basic "
#define APP "YXBwOnMzY3JldA=="        /* app:s3cret */
#define APP_WRONG "YXBwOnMzY3JlVA=="  /* app:s3creT */
#define APP_NONE "YXBwOg=="           /* app: */
#define DEFAULT "ZGVmYXVsdDo="        /* default: */
#define NOBODY "bm9ib2R5OnMzY3JldA==" /* nobody:s3cret */

static char grant[256];

/* "app" is a confidential client, and the session is one of its own. */
static int
confidential(void **state)
{
	struct client *app = &ask.fake.clients[1];
	int rc = ask_fresh(state);

	app->secret_file = "/somewhere";
	mac_sha256("s3cret", 6, app->secret_hash);
	memcpy(ask.fake.found.session.client_hash, app->client_hash, CLIENT_HASH_LEN);
	memcpy(ask.fake.rotate_reply.session.client_hash, app->client_hash, CLIENT_HASH_LEN);
	ask.fake.rotate_reply.outcome = ROTATE_UNKNOWN;
	snprintf(grant, sizeof(grant), "grant_type=refresh_token&refresh_token=%s", ask.refresh_text);
	return (rc);
}

static const char *
with(const char *more)
{
	static char body[512];

	snprintf(body, sizeof(body), "%s%s", grant, more);
	return (body);
}

/* Answered by the store: the client was let through. */
static void
expect_asked(const char *answer, const char *client, const char *trail)
{
	uint8_t digest[MAC_LEN];

	ask_expect(answer, 400, "invalid_grant");
	ask_expect_no(answer, "WWW-Authenticate");
	ask_expect_trail(trail);
	assert_int_equal(ask.fake.rotated.has_client, client != NULL);
	if (client == NULL)
		return;
	mac_sha256(client, strlen(client), digest);
	assert_memory_equal(ask.fake.rotated.client_hash, digest, CLIENT_HASH_LEN);
}

static void
expect_refused(const char *answer)
{

	ask_expect(answer, 401, "invalid_client");
	ask_expect_header(answer, "WWW-Authenticate: Basic realm=\"doorward\"");
	ask_expect_header(answer, "Cache-Control: no-store");
}

static void
who_asks(void **state)
{
	uint64_t before = board_counted(&ask.fake.app.slot->numbers, COUNT_CLIENT_REFUSALS);

	(void)state;
	expect_asked(POST("/auth/token", FORM, grant, BASIC APP), "app", "rotate ");
	expect_asked(POST("/auth/token", FORM, with("&client_id=app&client_secret=s3cret")), "app", "rotate ");
	expect_asked(POST("/auth/token", FORM, with("&client_id=app"), BASIC APP), "app", "rotate ");
	expect_asked(POST("/auth/token", FORM, with("&client_id=app&client_secret="), BASIC APP), "app", "rotate ");
	expect_asked(POST("/auth/token", FORM, with("&client_id=default")), "default", "rotate ");
	expect_asked(POST("/auth/token", FORM, with("&client_id=default&client_secret=")), "default", "rotate ");
	expect_asked(POST("/auth/token", FORM, grant, BASIC DEFAULT), "default", "rotate ");
	assert_int_equal(board_counted(&ask.fake.app.slot->numbers, COUNT_CLIENT_REFUSALS), before);
	/* No proof, or a wrong one: the family is not even asked about. */
	expect_refused(POST("/auth/token", FORM, grant, BASIC APP_WRONG));
	expect_refused(POST("/auth/token", FORM, grant, BASIC APP_NONE));
	expect_refused(POST("/auth/token", FORM, grant, BASIC NOBODY));
	expect_refused(POST("/auth/token", FORM, grant, BASIC "x"));
	expect_refused(POST("/auth/token", FORM, grant, "HTTP_AUTHORIZATION=Digest x"));
	expect_refused(POST("/auth/token", FORM, grant, ask.bearer_line));
	expect_refused(POST("/auth/token", FORM, with("&client_id=app")));
	expect_refused(POST("/auth/token", FORM, with("&client_id=app&client_secret=")));
	expect_refused(POST("/auth/token", FORM, with("&client_id=app&client_secret=s3cret%20")));
	expect_refused(POST("/auth/token", FORM, with("&client_secret=s3cret")));
	expect_refused(POST("/auth/token", FORM, with("&client_id=default&client_secret=s3cret")));
	ask_expect_trail("");
	assert_int_equal(board_counted(&ask.fake.app.slot->numbers, COUNT_CLIENT_REFUSALS), before + 11);
	ask_expect(POST("/auth/token", FORM, with("&client_id=app&client_secret=s3cret%00")), 400, "invalid_request");
	ask_expect_trail("");
}

static void
tokens_of_the_confidential(void **state)
{

	(void)state;
	/* Nobody is named: the token's own client is looked up, and has to prove itself. */
	expect_refused(POST("/auth/token", FORM, grant));
	ask_expect_trail("lookup ");
	memcpy(ask.fake.found.session.client_hash, ask.fake.clients[0].client_hash, CLIENT_HASH_LEN);
	expect_asked(POST("/auth/token", FORM, grant), NULL, "lookup rotate ");
	ask.fake.found.live = false;
	expect_asked(POST("/auth/token", FORM, grant), NULL, "lookup rotate ");
	ask.fake.lookup_rc = DW_UNAVAILABLE;
	ask_expect(POST("/auth/token", FORM, grant), 503, "store_unavailable");
	ask_expect_trail("lookup ");
}

static void
two_ways_at_once(void **state)
{
	static const char *const bodies[] = { "&client_id=app&client_secret=s3cret", "&client_secret=s3cret",
		"&client_id=default", "&client_id=app&client_id=app" };

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		ask_expect(POST("/auth/token", FORM, with(bodies[i]), BASIC APP), 400, "invalid_request");
		ask_expect_trail("");
	}
}

/* In the address, where they would be logged, parameters are not ignored but refused; a name may be escaped. */
static void
parameters(void **state)
{
	static const char *const queries[] = { "client_id=app", "client_secret=s3cret", "refresh_token=x",
		"grant_type=refresh_token", "token=x", "x=1&device_id=d", "client%5Fid=app", "client_secret",
		"refresh_token=%zz", "token=a&token=b" };
	char uri[128];

	(void)state;
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		snprintf(uri, sizeof(uri), "/auth/token?%s", queries[i]);
		ask_expect(POST(uri, FORM, with("&client_id=default")), 400, "invalid_request");
		ask_expect_trail("");
	}
	expect_asked(POST("/auth/token?tenant=1", FORM, with("&client_id=default")), "default", "rotate ");
	/* Without a value is left out (RFC 6749 section 3.2). */
	ask_expect(
	    POST("/auth/token", FORM, "grant_type=refresh_token&refresh_token=&client_id=default"), 400, "invalid_request");
	ask_expect(POST("/auth/token", FORM, "grant_type=&refresh_token=x"), 400, "invalid_request");
	expect_asked(POST("/auth/token", FORM, with("&client_id=default&device_id=&scope=x")), "default", "rotate ");
	assert_false(ask.fake.rotated.has_device);
	ask_expect(POST("/auth/token", FORM, with("&client_id=default&device_id=%20")), 400, "invalid_request");
	ask_expect(
	    POST("/auth/token", FORM, "grant_type=password&username=alice&password=right"), 400, "unsupported_grant_type");
	ask_expect(POST("/auth/token", FORM, "refresh_token=x"), 400, "invalid_request");
	ask_expect(POST("/auth/token", FORM, "grant_type=refresh_token&grant_type=refresh_token&refresh_token=x"), 400,
	    "invalid_request");
	ask_expect(POST("/auth/token", JSON, "{\"grant_type\":\"refresh_token\",\"refresh_token\":\"x\"}"), 415,
	    "unsupported_media_type");
	ask_expect(ASK("POST", "/auth/token"), 400, "invalid_request");
	ask_expect_trail("");
}

/* The reasons are those of /refresh, under the status of RFC 6749 section 5.2. */
static void
grants(void **state)
{
	static const struct {
		enum rotate_outcome outcome;
		const char *reason;
	} t[] = { { ROTATE_UNKNOWN, "unknown" }, { ROTATE_EXPIRED, "expired" }, { ROTATE_REVOKED, "revoked" },
		{ ROTATE_REUSED, "reused" }, { ROTATE_DEVICE_MISSING, "device_mismatch" },
		{ ROTATE_CLIENT_MISMATCH, "client_mismatch" } };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char reason[64];

		snprintf(reason, sizeof(reason), "\"reason\":\"%s\"", t[i].reason);
		ask.fake.rotate_reply.outcome = t[i].outcome;
		expect_asked(POST("/auth/token", FORM, with("&client_id=default")), "default", "rotate ");
		assert_non_null(strstr(ask.last.answer.p, reason));
	}
	ask_expect(POST("/auth/token", FORM, "grant_type=refresh_token&refresh_token=x"), 400, "invalid_grant");
	ask_expect_trail("");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(who_asks, confidential),
		cmocka_unit_test_setup(tokens_of_the_confidential, confidential),
		cmocka_unit_test_setup(two_ways_at_once, confidential),
		cmocka_unit_test_setup(parameters, confidential),
		cmocka_unit_test_setup(grants, confidential),
	};

	return (cmocka_run_group_tests(tests, ask_begin, ask_end));
}

/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>

#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "base/clock.h"
#include "base/json.h"
#include "crypto/keyring.h"
#include "crypto/mac.h"
#include "relay/http/secret.h"

#include "peer.h"

#include "relay/http/push.h"

#define ISSUER "https://doorward.example/auth"
#define JSON "{\"id\":\"AQIDBAUGBwgJCgsMDQ4PEA.2\",\"type\":\"kick\"}"
#define PATIENCE_MS 20000
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define CAEP "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
#define BACKCHANNEL "http://schemas.openid.net/event/backchannel-logout"

static char state_dir[] = "/tmp/dw-push-XXXXXX";
static char secret_file[64], url[64];
static struct keyring *keys;
static struct peer peer;
static struct config conf = { .issuer = (char *)ISSUER };
static struct sink_conf row;
static struct sink_env env;
static const struct sink_driver *driver;
static void *sink;

/* What became of a delivery; the relay's own is opaque to sinks. */
struct sink_delivery {
	int n;
	enum sink_outcome outcome;
	char error[HTTP_ERROR_MAX];
};

static const struct sink_event event = { .id = "AQIDBAUGBwgJCgsMDQ4PEA.2",
	.type = "kick",
	.at = "2026-11-23T04:05:06Z",
	.user_id = "dXNlcg",
	.username = "alice",
	.session_id = "c2Vzc2lvbg",
	.reason = "stolen \"laptop\"",
	.trace_id = "0af7651916cd43dd8448eb211c80319c",
	.ended = true,
	.at_seconds = 1795406706,
	.json = JSON,
	.json_len = sizeof(JSON) - 1 };

static void
done(struct sink_delivery *d, enum sink_outcome outcome, const char *error)
{

	d->n++;
	d->outcome = outcome;
	snprintf(d->error, sizeof(d->error), "%s", error == NULL ? "" : error);
	assert_int_equal(error == NULL, outcome == SINK_DELIVERED);
}

static void
turn(void)
{
	struct pollfd fds[2] = { { .fd = driver->fd(sink), .events = POLLIN }, { .fd = peer.listener, .events = POLLIN } };
	int64_t due = driver->due(sink);

	(void)poll(fds, 2, due < 0 || due > 5 ? 5 : (int)due);
	driver->run(sink);
	peer_turn(&peer);
}

static void
open_sink(const struct sink_driver *which)
{
	char why[256] = "";

	driver = which;
	assert_true(driver->check(&row, why, sizeof(why)));
	sink = driver->open(&row, &env, why, sizeof(why));
	if (sink == NULL)
		fail_msg("%s", why);
}

/* Delivers ${e}, with ${say} as the answer; leaves the request in ${request}. */
static struct sink_delivery
deliver(const struct sink_event *e, const char *say, char request[16384])
{
	struct sink_delivery d = { .n = 0 };
	int64_t end = clock_mono_ms() + PATIENCE_MS;
	struct peer_conn *c;

	assert_true(driver->start(sink, &d, e));
	while (d.n == 0 && clock_mono_ms() < end) {
		turn();
		if ((c = peer_find(&peer, "")) == NULL)
			continue;
		memcpy(request, c->in, c->len + 1);
		peer_say(c, say);
	}
	assert_int_equal(d.n, 1);
	return (d);
}

static const char *
header(const char *request, const char *name, char out[256])
{
	const char *at = strcasestr(request, name);

	if (at == NULL)
		fail_msg("no header %s", name);
	snprintf(out, 256, "%.*s", (int)strcspn(at + strlen(name), "\r"), at + strlen(name));
	return (out);
}

static const char *
body(const char *request)
{

	return (strstr(request, "\r\n\r\n") + 4);
}

static const struct jwk *
find_key(const void *ring, struct str kid)
{

	return (keyring_verifier(ring, kid));
}

/* The claims of ${token}, verified. */
static struct json_object *
claims(const char *token, const char *typ)
{
	char payload[4096];
	struct json_object *o;
	size_t len;

	assert_int_equal(jws_verify(str_of(token), typ, find_key, keys, payload, sizeof(payload), &len), DW_OK);
	assert_int_not_equal(jws_verify(str_of(token), "at+jwt", find_key, keys, payload, sizeof(payload), &len), DW_OK);
	assert_int_equal(jws_verify(str_of(token), typ, find_key, keys, payload, sizeof(payload), &len), DW_OK);
	o = json_parse_strict((struct str){ payload, len });
	assert_non_null(o);
	return (o);
}

static void
says(struct json_object *o, const char *name, const char *value)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, name, &v))
		fail_msg("no member %s", name);
	assert_string_equal(json_object_get_string(v), value);
}

static void
lacks(struct json_object *o, const char *name)
{

	assert_false(json_object_object_get_ex(o, name, NULL));
}

static void
is_now(struct json_object *o, const char *name, int64_t offset)
{
	struct json_object *v;

	assert_true(json_object_object_get_ex(o, name, &v));
	assert_true(json_object_is_type(v, json_type_int));
	assert_in_range(json_object_get_int64(v), clock_wall() + offset - 60, clock_wall() + offset);
}

static void
test_webhook(void **state)
{
	char request[16384], id[256], time[256], got[256], want[SECRET_SIGNATURE_LEN + 1], why[256];
	struct mac_key *k = secret_read(secret_file, why, sizeof(why));
	struct sink_delivery d;

	(void)state;
	open_sink(&webhook_driver);
	d = deliver(&event, OK, request);
	assert_int_equal(d.outcome, SINK_DELIVERED);
	assert_string_equal(body(request), event.json);
	assert_string_equal(header(request, "\r\nContent-Type: ", got), "application/json");
	assert_string_equal(header(request, "\r\nwebhook-id: ", id), event.id);
	header(request, "\r\nwebhook-timestamp: ", time);
	assert_in_range(atoll(time), clock_wall() - 60, clock_wall());
	secret_sign(k, id, atoll(time), str_of(event.json), want);
	assert_string_equal(header(request, "\r\nwebhook-signature: ", got), want);
	mac_key_free(k);
}

static void
test_set(void **state)
{
	struct json_object *o, *sub, *events, *caep;
	char request[16384], got[256];

	(void)state;
	open_sink(&set_driver);
	assert_int_equal(
	    deliver(&event, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", request).outcome, SINK_DELIVERED);
	assert_string_equal(header(request, "\r\nContent-Type: ", got), "application/secevent+jwt");
	o = claims(body(request), "secevent+jwt");
	says(o, "iss", ISSUER);
	says(o, "aud", "receiver");
	says(o, "jti", event.id);
	says(o, "txn", event.trace_id);
	says(o, "sid", event.session_id);
	is_now(o, "iat", 0);
	lacks(o, "sub");
	lacks(o, "exp");
	assert_true(json_object_object_get_ex(o, "sub_id", &sub));
	says(sub, "format", "iss_sub");
	says(sub, "iss", ISSUER);
	says(sub, "sub", event.user_id);
	assert_true(json_object_object_get_ex(o, "events", &events));
	assert_int_equal(json_object_object_length(events), 1);
	assert_true(json_object_object_get_ex(events, CAEP, &caep));
	says(caep, "event_timestamp", "1795406706");
	says(caep, "initiating_entity", "admin");
	assert_true(json_object_object_get_ex(caep, "reason_admin", &sub));
	says(sub, "en", event.reason);
	json_object_put(o);
}

static void
test_backchannel(void **state)
{
	struct json_object *o, *events, *one;
	char request[16384], got[256];

	(void)state;
	open_sink(&backchannel_driver);
	assert_int_equal(deliver(&event, OK, request).outcome, SINK_DELIVERED);
	assert_string_equal(header(request, "\r\nContent-Type: ", got), "application/x-www-form-urlencoded");
	assert_int_equal(strncmp(body(request), "logout_token=", 13), 0);
	o = claims(body(request) + 13, "logout+jwt");
	says(o, "iss", ISSUER);
	says(o, "aud", "receiver");
	says(o, "sub", event.user_id);
	says(o, "sid", event.session_id);
	says(o, "jti", event.id);
	is_now(o, "iat", 0);
	is_now(o, "exp", 120);
	lacks(o, "nonce");
	assert_true(json_object_object_get_ex(o, "events", &events));
	assert_int_equal(json_object_object_length(events), 1);
	assert_true(json_object_object_get_ex(events, BACKCHANNEL, &one));
	assert_true(json_object_is_type(one, json_type_object));
	assert_int_equal(json_object_object_length(one), 0);
	json_object_put(o);
}

#define WITH(status, text) "HTTP/1.1 " status " X\r\nContent-Length: " text

static void
test_outcomes(void **state)
{
	static const struct {
		const struct sink_driver *driver;
		const char *say;
		enum sink_outcome outcome;
		const char *error;
	} rows[] = {
		{ &webhook_driver, WITH("299", "0\r\n\r\n"), SINK_DELIVERED, "" },
		{ &webhook_driver, WITH("400", "0\r\n\r\n"), SINK_RETRY, "HTTP 400" },
		{ &webhook_driver, WITH("410", "0\r\n\r\n"), SINK_RETRY,
		    "HTTP 410: the receiver says that it is there no more" },
		{ &webhook_driver, WITH("500", "0\r\n\r\n"), SINK_RETRY, "HTTP 500" },
		{ &webhook_driver, WITH("302", "0\r\n\r\n"), SINK_RETRY, "HTTP 302: redirects are not followed" },
		{ &set_driver, WITH("400", "0\r\n\r\n"), SINK_RETRY, "HTTP 400" },
		{ &set_driver, WITH("400", "2\r\n\r\n{}"), SINK_RETRY, "HTTP 400" },
		{ &set_driver, WITH("400", "21\r\n\r\n{\"err\":\"invalid_key\"}"), SINK_FINAL, "HTTP 400: invalid_key" },
		{ &set_driver, WITH("400", "12\r\n\r\n{\"err\":\"a b\"}"), SINK_RETRY, "HTTP 400" }, /* it is cut */
		{ &set_driver, WITH("400", "13\r\n\r\n{\"err\":\"a b\"}"), SINK_FINAL, "HTTP 400" },
		{ &set_driver, WITH("400", "10\r\n\r\n{\"err\":\"\"}"), SINK_RETRY, "HTTP 400" },
		{ &set_driver, WITH("400", "9\r\n\r\n{\"err\":1}"), SINK_RETRY, "HTTP 400" },
		{ &set_driver, WITH("401", "21\r\n\r\n{\"err\":\"invalid_key\"}"), SINK_RETRY, "HTTP 401" },
		{ &backchannel_driver, WITH("400", "0\r\n\r\n"), SINK_FINAL, "HTTP 400" },
		{ &backchannel_driver, WITH("501", "0\r\n\r\n"), SINK_RETRY, "HTTP 501" },
	};
	char request[16384];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sink_delivery d;

		open_sink(rows[i].driver);
		d = deliver(&event, rows[i].say, request);
		if (d.outcome != rows[i].outcome)
			fail_msg("row %zu: %d %s", i, (int)d.outcome, d.error);
		assert_string_equal(d.error, rows[i].error);
		driver->close(sink);
	}
	sink = NULL;
}

/* What cannot be written ends at once, and nothing is sent. */
static void
test_events_that_make_no_request(void **state)
{
	struct sink_event e = event;
	struct sink_delivery d = { .n = 0 };

	(void)state;
	open_sink(&webhook_driver);
	e.id = "a\r\nX-Injected: yes";
	assert_true(driver->start(sink, &d, &e));
	assert_int_equal(d.outcome, SINK_FINAL);
	driver->close(sink);
	open_sink(&set_driver);
	e = event;
	e.user_id = NULL;
	assert_true(driver->start(sink, &d, &e));
	assert_int_equal(d.outcome, SINK_FINAL);
	assert_int_equal(d.n, 2);
	assert_int_equal(peer.accepted, 0);
}

static void
refuses(const struct sink_driver *which, const char *begin)
{
	char why[512] = "";

	assert_false(which->check(&row, why, sizeof(why)));
	if (strncmp(why, begin, strlen(begin)) != 0)
		fail_msg("%s, wanted %s", why, begin);
}

static void
test_checks(void **state)
{

	(void)state;
	row.allow_private = false;
	refuses(&webhook_driver, "url: must be an https address; http is for this host, with allow_private");
	row.url = (char *)"https://127.0.0.1/hook";
	refuses(&set_driver, "url: 127.0.0.1 is of this machine");
	row.url = (char *)"https://203.0.113.7/hook";
	row.secret_file = (char *)"/nonexistent";
	refuses(&webhook_driver, "secret_file: /nonexistent No such file");
	row.audience = (char *)"";
	refuses(&set_driver, "audience: ");
	refuses(&backchannel_driver, "audience: ");
	row.audience = (char *)"receiver";
	row.ca_file = secret_file;
	refuses(&backchannel_driver, "ca_file: ");
	row.ca_file = (char *)"/nonexistent/ca.pem";
	refuses(&set_driver, "ca_file: /nonexistent/ca.pem: No such file");
}

static int
set_up(void **state)
{

	(void)state;
	peer_open(&peer);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/hook", peer.port);
	row = (struct sink_conf){ .name = (char *)"apps",
		.url = url,
		.secret_file = secret_file,
		.password_file = (char *)"",
		.ca_file = (char *)"",
		.audience = (char *)"receiver",
		.exchange = (char *)"",
		.allow_private = true };
	env = (struct sink_env){ .done = done, .conf = &conf, .keys = keys };
	sink = NULL;
	return (0);
}

static int
tear_down(void **state)
{

	(void)state;
	if (sink != NULL)
		driver->close(sink);
	peer_close(&peer);
	return (0);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{

	(void)st, (void)type, (void)where;
	return (remove(path));
}

static int
make_keys(void **state)
{
	char err[256];
	FILE *f;

	(void)state;
	if (mkdtemp(state_dir) == NULL || keyring_create(state_dir, "EdDSA", (uid_t)-1, (gid_t)-1, err, sizeof(err)) != 0 ||
	    (keys = keyring_load(state_dir, err, sizeof(err))) == NULL)
		return (-1);
	snprintf(secret_file, sizeof(secret_file), "%s/secret", state_dir);
	umask(077);
	if ((f = fopen(secret_file, "w")) == NULL || fputs("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", f) < 0 || fclose(f) != 0)
		return (-1);
	return (0);
}

static int
remove_keys(void **state)
{

	(void)state;
	keyring_free(keys);
	return (nftw(state_dir, remove_one, 8, FTW_DEPTH | FTW_PHYS));
}

int
main(void)
{
#define WITH_PEER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_PEER(test_webhook),
		WITH_PEER(test_set),
		WITH_PEER(test_backchannel),
		WITH_PEER(test_outcomes),
		WITH_PEER(test_events_that_make_no_request),
		WITH_PEER(test_checks),
	};

	alarm(120);
	return (cmocka_run_group_tests(tests, make_keys, remove_keys));
}

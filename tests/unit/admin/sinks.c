/* SPDX-License-Identifier: ISC */
/* What operators are shown of a sink that is behind, and of one that is not: as numbers, as a table, and as a warning. */
#include <inttypes.h>

#include "../store/fixture.h"
#include "admin/sinks.h"
#include "store/group.h"
#include "store/sink_numbers.h"

#define LONG_AGO 400 /* seconds */

static struct app app;
static struct sink_conf sinks[1];
static char text[65536];

static struct buf
built(void (*put)(struct app *app, struct buf *b))
{
	struct buf b;

	buf_init(&b, text, sizeof(text));
	put(&app, &b);
	assert_false(b.overflow);
	return (b);
}

static int64_t
number(struct json_object *o, const char *name)
{
	struct json_object *v;

	assert_true(json_object_object_get_ex(o, name, &v));
	return (json_object_get_int64(v));
}

static void
expect_json(void)
{
	struct buf b = built(sinks_json);
	struct json_object *rows, *hook, *ledger;

	assert_int_equal(text[--b.len], ',');
	text[b.len] = '\0';
	assert_int_equal(strncmp(text, "\"sinks\":", 8), 0);
	if ((rows = json_tokener_parse(text + 8)) == NULL)
		fail_msg("no JSON: %s", text);
	assert_int_equal(json_object_array_length(rows), 2);
	ledger = json_object_array_get_idx(rows, 0);
	hook = json_object_array_get_idx(rows, 1);
	assert_string_equal(fixture_member(ledger, "sink"), "ledger");
	assert_int_equal(number(ledger, "waiting"), 0);
	assert_null(fixture_member(ledger, "last_error"));
	assert_string_equal(fixture_member(hook, "sink"), "hook");
	assert_int_equal(number(hook, "waiting"), 1);
	assert_true(number(hook, "oldest_seconds") >= LONG_AGO);
	assert_int_equal(number(hook, "delivered"), 7);
	assert_int_equal(number(hook, "failed"), 3);
	assert_int_equal(number(hook, "dead"), 0);
	assert_string_equal(fixture_member(hook, "last_error"), "HTTP <500>");
	json_object_put(rows);
}

static void
expect_table(void)
{

	(void)built(sinks_html);
	assert_non_null(strstr(text, "<td>ledger</td><td class=\"n\">0</td>"));
	assert_non_null(strstr(text, "<td>hook</td><td class=\"n bad\">1</td>"));
	assert_non_null(strstr(text, "HTTP &lt;500&gt;"));
}

static void
expect_warning(void)
{
	struct health h = { .n = 0 };

	sinks_health(&app, &h);
	assert_int_equal(h.n, 1);
	assert_int_equal(h.level, HEALTH_READY);
	assert_string_equal(h.all[0].reason, "sink_behind");
	assert_non_null(strstr(h.all[0].text, "Sink hook is behind: 1 events"));
	h = (struct health){ .level = HEALTH_DOWN };
	sinks_health(&app, &h);
	assert_int_equal(h.n, 0);
}

static void
test_one_is_behind(void **state)
{
	struct sink_numbers numbers = { .delivered = 7, .failed = 3, .error = "HTTP <500>" };
	char key[KEYS_SINK_LEN + 1], id[32];

	(void)state;
	sinks[0].name = (char *)(uintptr_t) "hook";
	fx.conf.sinks = sinks;
	fx.conf.n_sinks = 1;
	app = (struct app){ .conf = &fx.conf, .store = &redis_store_ops, .store_ctx = fx.store, .redis = fx.store };
	keys_outbox_of(5, key);
	snprintf(id, sizeof(id), "%" PRId64 "-1", (fixture_time() - LONG_AGO) * 1000);
	assert_int_equal(group_create(fx.store, "hook", 5, 1), DW_OK);
	freeReplyObject(fixture_raw("XADD %s %s e x", key, id));
	assert_int_equal(sink_numbers_write(fx.store, "hook", &numbers), DW_OK);
	expect_json();
	expect_table();
	expect_warning();
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup(test_one_is_behind, fixture_fresh) };

	return (fixture_main("admin/sinks", tests, 1));
}

/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../ask.h"

static void
grants(void **state)
{
	static const struct {
		enum rotate_outcome outcome;
		const char *reason;
	} t[] = { { ROTATE_UNKNOWN, "unknown" }, { ROTATE_EXPIRED, "expired" }, { ROTATE_REVOKED, "revoked" },
		{ ROTATE_REUSED, "reused" }, { ROTATE_DEVICE_MISSING, "device_mismatch" },
		{ ROTATE_CLIENT_MISMATCH, "client_mismatch" } };
	static char json[256], form[256];

	(void)state;
	snprintf(json, sizeof(json), "{\"refresh_token\":\"%s\"}", ask.refresh_text);
	snprintf(form, sizeof(form), "refresh_token=%s", ask.refresh_text);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char reason[64];

		snprintf(reason, sizeof(reason), "\"reason\":\"%s\"", t[i].reason);
		ask.fake.rotate_reply.outcome = t[i].outcome;
		ask_expect(POST("/auth/refresh", JSON, json), 401, "invalid_grant");
		assert_non_null(strstr(ask.last.answer.p, reason));
		ask_expect_header(ask.last.answer.p, "WWW-Authenticate: Bearer realm=\"doorward\"");
		ask_expect(POST("/auth/refresh", FORM, form), 401, "invalid_grant");
		assert_non_null(strstr(ask.last.answer.p, reason));
	}
	/* Malformed, forged, or another kind: refused without asking, and no family is burnt for it (R150). */
	ask_expect(POST("/auth/refresh", JSON, "{\"refresh_token\":\"x\"}"), 401, "invalid_grant");
	assert_non_null(strstr(ask.last.answer.p, "\"reason\":\"unknown\""));
	snprintf(json, sizeof(json), "{\"refresh_token\":\"%s\"}", ask.cookie_text);
	ask_expect(POST("/auth/refresh", JSON, json), 401, "invalid_grant");
	ask_expect_trail("");
	ask_expect(POST("/auth/refresh", JSON, "{}"), 400, "invalid_request");
	ask_expect(POST("/auth/refresh", JSON, "{\"refresh_token\":7}"), 400, "invalid_request");
	ask_expect(ASK("POST", "/auth/refresh", .extra = { ask.bearer_line }), 400, "invalid_request");
	ask_expect_trail("");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(grants, ask_fresh),
	};

	return (cmocka_run_group_tests(tests, ask_begin, ask_end));
}

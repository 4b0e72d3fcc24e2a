#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/keyring.h"
#include "crypto/sid.h"

#include "../ask.h"

/* Another user's session, one that never was, and nonsense are the same to the caller (R078). */
static void
sessions_of_others(void **state)
{
	static char first[4096], uri[64];
	uint8_t foreign[UP_LEN] = { 42 };
	char sid[PUBLIC_SID_LEN + 1];

	(void)state;
	ask_expect(ASK("DELETE", "/auth/sessions/nonsense", .extra = { ask.bearer_line }), 404, "not_found");
	snprintf(first, sizeof(first), "%s", ask.last.answer.p);
	sid_public(keyring_user(ask.fake.app.keys), foreign, ask.cookie.sid8, sid);
	snprintf(uri, sizeof(uri), "/auth/sessions/%s", sid);
	ask_expect(ASK("DELETE", uri, .extra = { ask.bearer_line }), 404, "not_found");
	ask_expect_trail("lookup ");
	assert_string_equal(ask.last.answer.p, first);
	sid_public(keyring_user(ask.fake.app.keys), ask_up, (const uint8_t *)"notthere", sid);
	snprintf(uri, sizeof(uri), "/auth/sessions/%s", sid);
	ask_expect(ASK("DELETE", uri, .extra = { ask.bearer_line }), 404, "not_found");
	assert_string_equal(ask.last.answer.p, first);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(sessions_of_others, ask_fresh),
	};

	return (cmocka_run_group_tests(tests, ask_begin, ask_end));
}

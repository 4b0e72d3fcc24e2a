/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "crypto/mac.h"

#include "relay/http/secret.h"

/* The example that the convention's own libraries are tested with. */
#define EXAMPLE "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

static char path[] = "/tmp/dw-secret-XXXXXX";

static struct mac_key *
read_text(const char *text, mode_t mode, char *why)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
	return (secret_read(path, why, 256));
}

static void
test_signature(void **state)
{
	char why[256], got[SECRET_SIGNATURE_LEN + 1];
	struct mac_key *k = read_text(EXAMPLE "\n", 0600, why);

	(void)state;
	assert_non_null(k);
	secret_sign(k, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, STR_LIT("{\"test\": 2432232314}"), got);
	assert_string_equal(got, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	mac_key_free(k);
}

static void
test_files(void **state)
{
	static const struct {
		const char *text;
		mode_t mode;
		bool good;
	} rows[] = {
		{ EXAMPLE, 0600, true },
		{ EXAMPLE "\r\n", 0400, true },
		{ "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 0600, true },
		{ "whsec_++++////AAAAAAAAAAAAAAAAAAAAAAAA", 0600, true },
		{ EXAMPLE, 0640, false },
		{ EXAMPLE, 0604, false },
		{ "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 0600, false },
		{ "whsec_", 0600, false },
		{ "", 0600, false },
		{ "whsec_AAAAAAAAAAAAAAAAAAAAAA==", 0600, false },                     /* 16 bytes */
		{ "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 0600, false },              /* no multiple of four */
		{ "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=", 0600, false }, /* bits that are not used */
		{ "whsec_----____AAAAAAAAAAAAAAAAAAAAAAAA", 0600, false },
		{ "whsec_MfKQ9r8GKYqrTwjUPD8 LPZIo2LaLaSw", 0600, false },
		{ EXAMPLE "\n" EXAMPLE, 0600, false },
	};
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mac_key *k;

		why[0] = '\0';
		k = read_text(rows[i].text, rows[i].mode, why);
		if ((k != NULL) != rows[i].good)
			fail_msg("row %zu: %s", i, why);
		if (k == NULL)
			assert_int_equal(strncmp(why, "secret_file: ", 13), 0);
		assert_null(strstr(why, "MfKQ"));
		mac_key_free(k);
	}
	assert_null(secret_read("", why, sizeof(why)));
	assert_null(secret_read("/nonexistent/secret", why, sizeof(why)));
	assert_null(secret_read("/tmp", why, sizeof(why)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signature),
		cmocka_unit_test(test_files),
	};
	int fd = mkstemp(path), rc;

	if (fd < 0)
		return (EXIT_FAILURE);
	close(fd);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return (rc);
}

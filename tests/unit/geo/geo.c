/* SPDX-License-Identifier: ISC */
/*
 * Where documentation addresses are, by databases that the writer of the format's inventor has made, with the tables of
 * tests/lib/dwtest/geo.py; and what becomes of a file that is replaced by a broken one, or written to in place.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "doorward/config.h"
#include "geo/geo.h"
#include "../tempdir.h"

#define SKIPPED 4 /* of the writer: it is not installed */

static char city[64], city_only[64], asn[64];
static bool written;
static struct config conf;

/* Runs ${words}, of python, with the tables at hand. */
static int
tables(const char *words)
{
	const char *srcdir = getenv("srcdir");
	char command[1024];

	snprintf(command, sizeof(command),
	    "PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=%s/tests/lib python3 -c '"
	    "from dwtest import geo, Skip\n"
	    "import sys\n"
	    "try: %s\n"
	    "except Skip: sys.exit(%d)' %s %s %s",
	    srcdir == NULL ? "." : srcdir, words, SKIPPED, city, city_only, asn);
	return (WEXITSTATUS(system(command)));
}

static int
group_setup(void **state)
{
	int rc;

	if (tempdir_make(state) != 0)
		return (-1);
	snprintf(city, sizeof(city), "%s/city.mmdb", tempdir);
	snprintf(city_only, sizeof(city_only), "%s/country.mmdb", tempdir);
	snprintf(asn, sizeof(asn), "%s/asn.mmdb", tempdir);
	rc = tables("geo.cities(sys.argv[1]); geo.cities(sys.argv[2], coordinates=False); geo.systems(sys.argv[3])");
	written = rc == 0;
	return (rc == 0 || rc == SKIPPED ? 0 : -1);
}

static int
setup(void **state)
{

	(void)state;
	if (!written)
		skip();
	conf = (struct config){ .state_dir = tempdir, .risk_geoip = city, .risk_asn = asn };
	return (0);
}

static struct location
place(struct geo *g, const char *ip)
{
	struct location at;

	(void)geo_place(g, ip, &at);
	return (at);
}

static void
expect_place(struct geo *g, const char *ip, const char *country, int north, int east, uint32_t as)
{
	struct location at;

	assert_true(geo_place(g, ip, &at));
	assert_string_equal(at.country, country);
	assert_true(at.has_coordinates);
	assert_true(abs(at.latitude - north) <= 1 && abs(at.longitude - east) <= 1); /* what is cut off is a kilometre */
	assert_int_equal(at.as, as);
}

static void
test_places(void **state)
{
	struct geo *g = geo_open(&conf, false);
	struct location at;

	(void)state;
	assert_non_null(g);
	expect_place(g, "192.0.2.1", "DE", 4814, 1158, 64496);
	expect_place(g, "192.0.2.17", "DE", 4814, 1158, 64497);
	expect_place(g, "203.0.113.1", "AU", -3387, 15121, 64501);
	expect_place(g, "2001:db8:1::1", "DE", 4814, 1158, 64496);
	expect_place(g, "2001:db8:2::1%eth0", "AU", -3387, 15121, 64501);
	assert_false(geo_place(g, "203.0.113.129", &at));
	assert_true(at.country[0] == '\0' && !at.has_coordinates && at.as == 0);
	assert_false(geo_place(g, "no address", &at));
	assert_false(geo_place(g, "", &at));
	geo_close(g);
	geo_close(NULL);
}

/* Each for itself; and a database of countries has no coordinates. */
static void
test_one_of_them(void **state)
{
	struct geo *g;

	(void)state;
	conf.risk_asn = (char *)(uintptr_t) "";
	conf.risk_geoip = city_only;
	assert_non_null(g = geo_open(&conf, false));
	assert_string_equal(place(g, "198.51.100.1").country, "AT");
	assert_false(place(g, "198.51.100.1").has_coordinates);
	assert_int_equal(place(g, "198.51.100.1").as, 0);
	geo_close(g);
	conf.risk_geoip = (char *)(uintptr_t) "";
	conf.risk_asn = asn;
	assert_non_null(g = geo_open(&conf, false));
	assert_string_equal(place(g, "198.51.100.1").country, "");
	assert_int_equal(place(g, "198.51.100.1").as, 64500);
	geo_close(g);
}

/* Values that are none are not known, and what they stand beside is. */
static void
test_nonsense_in_it(void **state)
{
	struct geo *g;

	(void)state;
	assert_int_equal(
	    tables(
		"geo.cities(sys.argv[2], **{\"192.0.2.0/26\": (\"Germany\", 48.14, 11.58), \"198.51.100.0/25\": (\"at\", 0, 0),"
		" \"203.0.113.0/25\": (\"AU\", 90.01, 0), \"192.0.2.64/26\": (\"DE\", 0, -180.5)})"),
	    0);
	conf.risk_geoip = city_only;
	assert_non_null(g = geo_open(&conf, false));
	assert_string_equal(place(g, "192.0.2.1").country, "");
	assert_int_equal(place(g, "192.0.2.1").latitude, 4814);
	assert_string_equal(place(g, "198.51.100.1").country, "");
	assert_string_equal(place(g, "203.0.113.1").country, "AU");
	assert_false(place(g, "203.0.113.1").has_coordinates);
	assert_false(place(g, "192.0.2.65").has_coordinates);
	geo_close(g);
}

static void
write_broken(const char *path, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | flags, 0600);

	assert_true(fd >= 0 && write(fd, "broken", 6) == 6 && close(fd) == 0);
}

/* The last good one stays, for one that starts later as well; the next good one is taken up. */
static void
test_replaced(void **state)
{
	struct geo *g = geo_open(&conf, true), *later;
	char why[256];

	(void)state;
	assert_non_null(g);
	assert_string_equal(place(g, "192.0.2.1").country, "DE");
	assert_false(geo_fault(g, why, sizeof(why)));
	write_broken(city, O_TRUNC); /* in place: what is mapped must be a copy */
	assert_true(geo_fault(g, why, sizeof(why)));
	assert_non_null(strstr(why, "risk.geoip cannot be used: "));
	assert_non_null(strstr(why, "the last good one is"));
	assert_null(strstr(why, "risk.asn"));
	assert_string_equal(place(g, "192.0.2.1").country, "DE");
	assert_non_null(later = geo_open(&conf, true));
	expect_place(later, "192.0.2.1", "DE", 4814, 1158, 64496);
	assert_int_equal(unlink(city), 0);
	assert_string_equal(place(g, "192.0.2.1").country, "DE");
	assert_int_equal(tables("geo.cities(sys.argv[1], **{\"192.0.2.0/26\": (\"FR\", 48.85, 2.35)})"), 0);
	expect_place(g, "192.0.2.1", "FR", 4885, 235, 64496);
	expect_place(later, "192.0.2.1", "FR", 4885, 235, 64496);
	assert_false(geo_fault(g, why, sizeof(why)) || geo_fault(later, why, sizeof(why)));
	geo_close(later);
	geo_close(g);
}

/* Without one there is nothing to know, until it is there. */
static void
test_not_there(void **state)
{
	char missing[64], why[256];
	struct geo *g;

	(void)state;
	snprintf(missing, sizeof(missing), "%s/later.mmdb", tempdir);
	conf.risk_geoip = missing;
	conf.risk_asn = (char *)(uintptr_t) "";
	assert_non_null(g = geo_open(&conf, false));
	assert_string_equal(place(g, "192.0.2.1").country, "");
	assert_true(geo_fault(g, why, sizeof(why)));
	assert_null(strstr(why, "last good one"));
	assert_int_equal(link(city, missing), 0);
	assert_string_equal(place(g, "192.0.2.1").country, "FR");
	assert_false(geo_fault(g, why, sizeof(why)));
	geo_close(g);
}

static void
test_check(void **state)
{
	char why[256], path[80];

	(void)state;
	assert_true(geo_check(city, why, sizeof(why)));
	snprintf(path, sizeof(path), "%s/none.mmdb", tempdir);
	assert_false(geo_check(path, why, sizeof(why)));
	assert_non_null(strstr(why, "No such file"));
	write_broken(path, 0);
	assert_false(geo_check(path, why, sizeof(why)));
	assert_non_null(strstr(why, path));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_false(geo_check(path, why, sizeof(why)));
	assert_non_null(strstr(why, "no regular file"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_places, setup),
		cmocka_unit_test_setup(test_one_of_them, setup),
		cmocka_unit_test_setup(test_nonsense_in_it, setup),
		cmocka_unit_test_setup(test_replaced, setup),
		cmocka_unit_test_setup(test_not_there, setup),
		cmocka_unit_test_setup(test_check, setup),
	};

	(void)log_open("/dev/null", LOG_LEVEL_ERROR);
	return (cmocka_run_group_tests_name("geo/geo", tests, group_setup, tempdir_remove));
}

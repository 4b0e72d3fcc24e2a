/* SPDX-License-Identifier: ISC */
/*
 * Length, and a list of what is guessed first: no rules about characters, which make passwords that are hard to remember and no
 * harder to guess (NIST SP 800-63B-4). What is cheap is looked at first; the blocklist, a file that may be long, last.
 */
#include <stdio.h>
#include <string.h>

#include "base/precis.h"
#include "crypto/pwhash.h"
#include "doorward/config.h"

#include "auth/password_rules.h"

static size_t
characters(struct str s)
{
	size_t count = 0;

	for (size_t i = 0; i < s.len; i++)
		count += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return (count);
}

/* The host of https://host:port/path. */
static struct str
host_of(const char *issuer)
{
	struct str s = str_of(issuer);
	const char *start = strstr(issuer, "://");

	if (start != NULL)
		s = str_of(start + 3);
	s = str_cut(&s, '/');
	if (s.len > 0 && s.p[0] == '[')
		return (s);
	return (str_cut(&s, ':'));
}

static bool
equals_nocase(struct str a, struct str b)
{
	char text[PASSWORD_MAX + 1];

	return (str_copy(text, sizeof(text), b) && str_is_nocase(a, text));
}

/* A name is compared as names are: "ALICE" is alice's. */
static bool
is_name(struct str password, const char *name)
{
	char canonical[PASSWORD_MAX + 1];
	bool same;

	if (name[0] == '\0')
		return (false);
	same = str_is_nocase(password, name) ||
	       (precis_username(password, canonical, sizeof(canonical)) && strcmp(canonical, name) == 0);
	explicit_bzero(canonical, sizeof(canonical));
	return (same);
}

static enum password_fault
judge_prepared(const struct config *conf, const char *name, struct str p, password_lookup lookup)
{

	if (characters(p) < (size_t)conf->password_min_length)
		return (PASSWORD_TOO_SHORT);
	if (p.len > pwhash_limit())
		return (PASSWORD_TOO_LONG);
	if (is_name(p, name) || equals_nocase(p, host_of(conf->issuer)))
		return (PASSWORD_BLOCKLISTED);
	if (lookup == NULL || conf->password_blocklist_file[0] == '\0')
		return (PASSWORD_GOOD);
	switch (lookup(conf->password_blocklist_file, p)) {
	case DW_OK:
		return (PASSWORD_BLOCKLISTED);
	case DW_ABSENT:
		return (PASSWORD_GOOD);
	default:
		return (PASSWORD_UNJUDGED); /* not known is not good */
	}
}

enum password_fault
password_judge(const struct config *conf, const char *name, struct str typed, password_lookup lookup)
{
	char prepared[PASSWORD_MAX];
	enum password_fault fault;
	size_t n;

	if (typed.p == NULL || typed.len == 0)
		return (PASSWORD_TOO_SHORT);
	if (typed.len > PASSWORD_MAX)
		return (PASSWORD_TOO_LONG);
	if (memchr(typed.p, '\0', typed.len) != NULL || !str_is_utf8(typed))
		return (PASSWORD_NO_TEXT);
	if (!precis_password(typed, prepared, sizeof(prepared), &n))
		return (PASSWORD_TOO_LONG); /* longer when composed */
	fault = judge_prepared(conf, name, (struct str){ prepared, n }, lookup);
	explicit_bzero(prepared, sizeof(prepared));
	return (fault);
}

bool
password_is_same(struct str one, struct str other)
{
	char a[PASSWORD_MAX], b[PASSWORD_MAX];
	size_t n, m;
	bool same = precis_password(one, a, sizeof(a), &n) && precis_password(other, b, sizeof(b), &m) && n == m &&
		    memcmp(a, b, n) == 0;

	explicit_bzero(a, sizeof(a));
	explicit_bzero(b, sizeof(b));
	return (same);
}

const char *
password_fault_reason(enum password_fault fault)
{
	static const char *const reasons[] = { [PASSWORD_TOO_SHORT] = "too_short",
		[PASSWORD_TOO_LONG] = "too_long",
		[PASSWORD_BLOCKLISTED] = "blocklisted",
		[PASSWORD_SAME] = "same",
		[PASSWORD_UNJUDGED] = NULL };

	return (reasons[fault]);
}

void
password_fault_text(const struct config *conf, enum password_fault fault, char *text, size_t cap)
{
	static const char *const texts[] = { [PASSWORD_GOOD] = "The new password is good.",
		[PASSWORD_NO_TEXT] = "The new password is not UTF-8, or has a NUL in it.",
		[PASSWORD_BLOCKLISTED] = "The new password is one of those that are guessed first.",
		[PASSWORD_SAME] = "The new password is the old one.",
		[PASSWORD_UNJUDGED] = "The list of passwords that are guessed first cannot be read." };

	if (fault == PASSWORD_TOO_SHORT)
		snprintf(text, cap, "The new password has less than %d characters.", (int)conf->password_min_length);
	else if (fault == PASSWORD_TOO_LONG)
		snprintf(text, cap, "The new password has more than %zu bytes.", pwhash_limit());
	else
		snprintf(text, cap, "%s", texts[fault]);
}

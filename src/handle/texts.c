/* SPDX-License-Identifier: ISC */
/*
 * Everything that pages say to people, in one table.
 *
 * One row a text. The templates name theirs ({{t.sign_in}}), the code those of a cause or of an error by its word;
 * tests/unit/handle/template.c and page.c find the ones that are missing.
 */
#include <stdio.h>

#include "base/buf.h"

#include "handle/texts.h"

static const struct {
	const char *name, *text;
} texts[] = {
	{ "language", "en" },
	{ "sign_in", "Sign in" },
	{ "sign_in_again", "Sign in again" },
	{ "sign_in_as_other", "Sign in as somebody else" },
	{ "sign_in_securely", "Sign in over https" },
	{ "sign_out", "Sign out" },
	{ "continue", "Continue" },
	{ "try_again", "Try again" },
	{ "start_page", "Start page" },
	{ "help", "Help" },
	{ "reference", "Reference:" },
	{ "user_name", "User name" },
	{ "password", "Password" },
	{ "stay_signed_in", "Stay signed in on this device" },
	{ "signed_in_as", "You are signed in as" },
	{ "sign_out_asks", "Do you want to sign out on this device?" },
	{ "signed_out_says", "You are signed out on this device." },
	{ "one_out_says", "That device is signed out." },
	{ "others_out_says", "You are signed out everywhere but on this device." },
	{ "outage", "Signing in is not possible for the moment. Nobody has been signed out by this." },
	{ "throttled.second", "Too many failed attempts. Please try again in a second." },
	{ "throttled.seconds", "Too many failed attempts. Please try again in # seconds." },
	{ "throttled.minutes", "Too many failed attempts. Please try again in # minutes." },
	{ "throttled.hours", "Too many failed attempts. Please try again in # hours." },
	{ "nobody_signed_out", "Nobody has been signed out by this." },

	{ "title.signed_in", "You are signed in" },
	{ "title.sign_out", "Sign out?" },
	{ "title.signed_out", "You have signed out" },
	{ "title.one_out", "Signed out there" },
	{ "title.others_out", "Signed out elsewhere" },

	/* what a session ended of */
	{ "ended.user", "You have signed out." },
	{ "ended.expired", "Your session has expired. Please sign in again." },
	{ "ended.device", "You were signed out because you signed in again on this device." },
	{ "ended.limit", "You were signed out because you signed in on too many other devices." },
	{ "ended.relogin", "You were signed out because you signed in again." },
	{ "ended.refresh_reuse",
	    "You were signed out because a sign-in token of yours was used twice. If that was not you, change your password." },
	{ "ended.device_mismatch",
	    "You were signed out because a sign-in token of yours was used on another device. If that was not you, "
	    "change your password." },
	{ "ended.client_mismatch",
	    "You were signed out because a sign-in token of yours was used by another program. If that was not you, "
	    "change your password." },
	{ "ended.password_changed", "You were signed out because the password was changed." },
	{ "ended.disabled", "You were signed out because the account was disabled." },
	{ "ended.unconfirmed", "You were signed out because the account could not be looked up." },
	{ "ended.account_changed", "You were signed out because the account was changed." },
	{ "ended.revoked", "You were signed out by the program that you signed in with." },
	{ "ended.deleted", "You were signed out because the account was deleted." },
	{ "ended.anomaly", "You were signed out because something about your sign-in looked unusual." },
	{ "ended.kick", "You were signed out by an administrator." },
	{ "ended.kick_because", "You were signed out by an administrator:" },

	/* errors: the heading, and what to say instead of the sentence that programs get */
	{ "title.error", "That did not work" },
	{ "title.invalid_request", "This request cannot be understood" },
	{ "title.invalid_token", "Your session is over" },
	{ "title.missing_token", "Please sign in" },
	{ "title.insecure_transport", "This page needs https" },
	{ "title.csrf", "That was not done" },
	{ "title.forbidden", "You may not go there" },
	{ "title.not_found", "There is nothing here" },
	{ "title.method_not_allowed", "This address does not work that way" },
	{ "title.payload_too_large", "That was too much" },
	{ "title.unsupported_media_type", "This cannot be read" },
	{ "title.header_too_large", "The request is too large" },
	{ "title.too_many_sessions", "Too many devices" },
	{ "title.too_many_attempts", "Too many tries" },
	{ "title.overloaded", "Too many at once" },
	{ "title.store_unavailable", "Not possible for the moment" },
	{ "title.userdb_unavailable", "Not possible for the moment" },
	{ "title.server_error", "Something went wrong" },
	{ "text.invalid_token", "Please sign in again to go on." },
	{ "text.missing_token", "This page is only for people who are signed in." },
	{ "text.insecure_transport",
	    "This page was asked for over plain HTTP. A password sent that way could be read by others." },
	{ "text.csrf",
	    "The page this came from is too old, or it is not one of this site's. Nothing was changed. If it happens again, "
	    "allow this site to set cookies." },
	{ "text.not_found", "The address is wrong, or what was here is gone." },
	{ "text.store_unavailable", "Sessions cannot be checked or begun just now. Please try again in a moment." },
	{ "text.userdb_unavailable", "Accounts cannot be looked up just now. Please try again in a moment." },
};

struct str
texts_find(struct str name)
{

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (str_is(name, texts[i].name))
			return (str_of(texts[i].text));
	return (STR_NONE);
}

struct str
texts_of(const char *prefix, const char *word)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s", prefix, word);
	return (texts_find(str_of(name)));
}

/* In the largest unit of which it is at least two, rounded up: who comes back then has waited long enough. */
const char *
texts_wait(int64_t seconds, char room[TEXTS_WAIT_MAX])
{
	static const struct {
		int64_t unit;
		const char *name;
	} units[] = { { 3600, "throttled.hours" }, { 60, "throttled.minutes" }, { 1, "throttled.seconds" } };
	struct str text = texts_find(STR_LIT("throttled.second"));
	size_t i = 0;
	struct buf b;

	while (i < 2 && seconds < 2 * units[i].unit)
		i++;
	buf_init(&b, room, TEXTS_WAIT_MAX);
	if (seconds > 1) {
		text = texts_find(str_of(units[i].name));
		buf_putstr(&b, str_cut(&text, '#'));
		buf_printf(&b, "%lld", (long long)((seconds + units[i].unit - 1) / units[i].unit));
	}
	buf_putstr(&b, text);
	return (room);
}

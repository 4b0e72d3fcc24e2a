/* SPDX-License-Identifier: ISC */
/*
 * Why and how far a session was ended, in words.
 *
 * The words by which an ending is told to people, clients and gateways. The scripts in src/store/lua know the same ones.
 */
#include "doorward/session.h"

static const struct {
	const char *reason;
	const char *event;
} causes[] = {
	[END_NONE] = { "unknown", "logout" },
	[END_USER] = { "user", "logout" },
	[END_KICK] = { "kick", "kick" },
	[END_DEVICE] = { "device", "replaced" },
	[END_LIMIT] = { "limit", "replaced" },
	[END_RELOGIN] = { "relogin", "replaced" },
	[END_EXPIRED] = { "expired", "expired" },
	[END_REUSE] = { "refresh_reuse", "refresh_reuse" },
	[END_MISMATCH] = { "device_mismatch", "refresh_reuse" },
	[END_PASSWORD] = { "password_changed", "logout" },
	[END_DISABLED] = { "disabled", "kick" },
	[END_DELETED] = { "deleted", "kick" },
	[END_ANOMALY] = { "anomaly", "anomaly" },
	[END_UNCONFIRMED] = { "unconfirmed", "kick" },
	[END_CHANGED] = { "account_changed", "kick" },
	[END_REVOKED] = { "revoked", "token_revoked" },
};

static enum end_cause
known(enum end_cause cause)
{

	return ((size_t)cause < sizeof(causes) / sizeof(causes[0]) ? cause : END_NONE);
}

const char *
end_cause_reason(enum end_cause cause)
{

	return (causes[known(cause)].reason);
}

const char *
end_cause_event(enum end_cause cause)
{

	return (causes[known(cause)].event);
}

const char *
end_scope_word(enum end_scope scope)
{
	static const char *const words[] = { "session", "device", "others", "all" };

	return ((size_t)scope < sizeof(words) / sizeof(words[0]) ? words[scope] : words[0]);
}

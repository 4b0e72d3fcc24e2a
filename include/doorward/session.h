/* SPDX-License-Identifier: ISC */
/*
 * A session as the rules see it, and what is left of it when it has ended. The bytes in Redis are the store's business
 * (src/store/record.c); times are whole seconds since the epoch, UTC.
 */
#ifndef DOORWARD_SESSION_H
#define DOORWARD_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USER_KEY_LEN 9    /* pseudonym of a user: locator of the user record */
#define SESSION_KEY_LEN 8 /* handle of a session inside its record, the same in all its fields */
#define SECRET_LEN 24     /* random part of a token */
#define HASH_LEN 16       /* of a secret, as stored */
#define SALT_LEN 12       /* of the derivation of a successor, before tokens had a generation */
#define NONCE_LEN 8       /* tells one exchange of a refresh token from another */
#define GENERATION_LEN 4
#define GENERATION_FIRST 1 /* of the token of a login */
#define DEVICE_KEY_LEN 8   /* handle of a device */
#define JTI_LEN 12         /* hash of an access token's jti, as a blacklist entry */
#define CLIENT_HASH_LEN 4

#define USER_ID_MAX 22  /* characters: base64url of 16 random bytes */
#define USERNAME_MAX 64 /* bytes, canonical; one hash field must stay a listpack value */
#define GROUPS_MAX 4096 /* bytes of the comma list: beyond that it would not pass a front server in one header line */
#define DEVICE_ID_MAX 128
#define DEVICE_NAME_MAX 64
#define CLIENT_ID_MAX 64
#define REASON_MAX 48     /* bytes of an operator's reason: fits the logout record's field */
#define ADDRESS_MAX 45    /* characters of an IPv6 address */
#define PUBLIC_SID_LEN 23 /* base64url of 9 masked locator bytes and the 8 of the handle */
#define TRACE_ID_LEN 32
#define SESSION_LIMIT_MAX 1000 /* live sessions of one user: what lists or ends them all has room for as many */

/* How the idle time of a cookie session behaves. */
enum session_policy {
	POLICY_FIXED = 0,    /* ends at its absolute limit, use changes nothing */
	POLICY_SLIDING = 1,  /* ends when unused for the idle time, at the latest at its absolute limit */
	POLICY_PERMANENT = 2 /* no idle limit; revocable, and still absolutely limited */
};

#define SESSION_REMEMBER 0x01       /* flags: the cookie outlives the browser window */
#define SESSION_DEVICE_CHOSEN 0x02  /* flags: the client chose the device id, and must repeat it at every refresh */
#define SESSION_TOKENS_REVOKED 0x08 /* flags: its family was revoked, and its access tokens with it */
#define FAMILY_RECOVERED 0x04       /* family flags: the one late re-issue of a lost successor has been used */
#define FAMILY_COUNTED 0x08         /* family flags: its tokens have a generation; else the successor's salt is stored */

struct session {
	uint8_t session_key[SESSION_KEY_LEN];
	uint8_t device_key[DEVICE_KEY_LEN];
	uint8_t client_hash[CLIENT_HASH_LEN]; /* SHA-256(client id)[0..4] */
	uint8_t flags;                        /* SESSION_* */
	uint8_t level;                        /* authentication level; 1 = password */
	enum session_policy policy;
	bool has_cookie; /* false: a token-only login, secret_hash is all zero */
	uint8_t secret_hash[HASH_LEN];
	int64_t created;
	int64_t last_seen;        /* recorded in steps of 25 % of ${idle} */
	int64_t absolute;         /* end at the latest; of the cookie, or of the family if there is no cookie */
	int64_t idle;             /* seconds; 0 = no idle limit */
	char ip[ADDRESS_MAX + 1]; /* where the login came from; "" unknown */
	char device_id[DEVICE_ID_MAX + 1];
	/* refresh family, if there is one */
	bool has_family;
	uint8_t family_flags;
	int64_t rotated; /* last rotation, or the login */
	int64_t family_absolute;
	int64_t family_idle; /* seconds */
	int64_t access_exp;  /* the latest expiry of any access token issued for it; 0 = none */
};

/* What ended a session. Stored as one byte: never renumber. */
enum end_cause {
	END_NONE = 0,
	END_USER = 1,      /* logout; event "logout", reason "user" */
	END_KICK = 2,      /* by an operator; "kick", reason is the operator's text or "kick" */
	END_DEVICE = 3,    /* a new login of the same device; "replaced", "device" */
	END_LIMIT = 4,     /* a new login beyond the limit; "replaced", "limit" */
	END_RELOGIN = 5,   /* presented with a new login; "replaced", "relogin" */
	END_EXPIRED = 6,   /* "expired", "expired" */
	END_REUSE = 7,     /* a used refresh token came back; "refresh_reuse", "refresh_reuse" */
	END_MISMATCH = 8,  /* a refresh token came from another device or client; "refresh_reuse", "device_mismatch" */
	END_PASSWORD = 9,  /* password changed; "logout", "password_changed" */
	END_DISABLED = 10, /* account disabled; "kick", "disabled" */
	END_DELETED = 11,  /* account deleted; "kick", "deleted" */
	END_ANOMALY = 12,  /* risk rules; "anomaly", "anomaly" */
	/* A login that was taken back before anybody had its tokens: */
	END_UNCONFIRMED = 13, /* whether the account may still sign in could not be asked; "kick", "unconfirmed" */
	END_CHANGED = 14,     /* the account was changed while the login went on; "kick", "account_changed" */
	END_REVOKED = 15      /* its tokens were revoked, and there was no cookie; "token_revoked", "revoked" */
};

/* Scope of a logout as asked for. Stored as one byte: never renumber. */
enum end_scope { SCOPE_SESSION = 0, SCOPE_DEVICE = 1, SCOPE_OTHERS = 2, SCOPE_ALL = 3 };

/* The unique record of one ended session. */
struct logout_record {
	uint8_t session_key[SESSION_KEY_LEN];
	int64_t at;
	enum end_cause cause;
	enum end_scope scope;
	uint8_t device_key[DEVICE_KEY_LEN];
	char device_id[DEVICE_ID_MAX + 1];
	char reason[REASON_MAX + 1]; /* what the client is told: the operator's text, or the word of the cause */
};

/* The words of a cause and of a scope, and the event type that reports the cause. Never NULL. */
const char *end_cause_reason(enum end_cause cause);
const char *end_cause_event(enum end_cause cause);
const char *end_scope_word(enum end_scope scope);

#endif

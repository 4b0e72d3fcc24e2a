/* SPDX-License-Identifier: ISC */
/*
 * Live state, seen from the rules: one record per user. Every mutation is one atomic step that decides, writes, puts its
 * event into the outbox and publishes it, and is safe to send twice. src/store/redis.c implements it; unit tests bring
 * their own table.
 *
 * All operations return DW_OK when the store was asked and answered (what it answered is in the reply), DW_UNAVAILABLE
 * when it could not be asked or did not answer (whether a write happened is then unknown; repeat it), DW_FAULT on an
 * answer that makes no sense. Nothing else, but that end, revoke and notify may answer DW_PENDING where there is a spool
 * (doorward/spool.h). Replies are only valid after DW_OK.
 */
#ifndef DOORWARD_STORE_H
#define DOORWARD_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/result.h"
#include "doorward/risk.h"
#include "doorward/session.h"

struct arena;

/* Who caused a change; goes into its event. All strings NUL-terminated, "" or NULL = null in the event. */
struct actor {
	const char *ip;
	const char *trace_id;
	const char *client_id; /* of the request, for events about no session; a session's own client wins */
};

#define EVENT_ID_LEN 22 /* characters */

/* An ending that was promised earlier than it is written. Zeroes: it is now, and the store chooses the id. */
struct act {
	char id[EVENT_ID_LEN + 1]; /* of its event, the same whenever it is written; of several it is the first part */
	int64_t at;                /* seconds by the store's clock: whatever was opened later stays */
	bool again;                /* it was written before: what was opened in that very second stays as well */
};

/*
 * Who asks for an ending while it cannot be asked whether he may: that is judged when it is written, as of the moment he
 * asked. Never written before.
 */
struct claim {
	bool unjudged; /* the rest counts */
	bool known;    /* he was seen alive here a moment ago: what he ends is over on this host before it is judged */
	enum {
		CLAIM_COOKIE = 0, /* ${session_key} has to be alive */
		CLAIM_ACCESS,     /* and the token ${jti} not revoked */
		CLAIM_REFRESH,    /* and its tokens not revoked */
		CLAIM_CLIENT, /* the token has to be of the client ${client_hash}; zeroes: of one that is not confidential */
	} by;
	uint8_t session_key[SESSION_KEY_LEN]; /* of the caller */
	uint8_t jti[JTI_LEN];
	uint8_t client_hash[CLIENT_HASH_LEN];
};

/* What the check needs to know, read in one round trip without a script. */
struct lookup {
	uint8_t user_key[USER_KEY_LEN];
	uint8_t session_key[SESSION_KEY_LEN];
	const uint8_t *jti; /* JTI_LEN bytes: also ask whether this access token is blacklisted; NULL = do not */
	bool family;        /* also read the refresh family (for the session's later end) */
	bool refresh;       /* it is asked for a refresh token */
};

struct lookup_reply {
	char user_id[USER_ID_MAX + 1]; /* "" = there is no record */
	char username[USERNAME_MAX + 1];
	char groups[GROUPS_MAX + 1]; /* comma list */
	int64_t not_before;          /* sessions created before this are dead (compare with <) */
	bool live;                   /* the session's field exists: ${session} is filled; its times are the caller's to judge */
	struct session session;
	bool ended; /* its logout record exists: ${logout_record} is filled */
	struct logout_record logout_record;
	bool blacklisted;
	uint8_t refresh_hash[HASH_LEN]; /* of the family's current token, with ${family} and session.has_family */
};

struct login_write {
	uint8_t user_key[USER_KEY_LEN];
	const char *user_id;
	const char *username;
	const char *groups;
	/*
	 * The new session: session_key, device_key, client_hash, flags, level, policy, has_cookie, secret_hash, idle, ip,
	 * device_id (kept as text only with SESSION_DEVICE_CHOSEN), has_family, family_idle are taken from here; created,
	 * last_seen and rotated become the store's time.
	 */
	struct session session;
	int64_t absolute_in; /* seconds from now to session.absolute, and to family_absolute */
	int64_t family_absolute_in;
	uint8_t refresh_hash[HASH_LEN]; /* of the first refresh token, with has_family */
	uint8_t key_version;
	int64_t access_in; /* seconds the first access token lives; 0 = none is issued */
	uint32_t limit;    /* live sessions a user may have */
	bool reject;       /* beyond the limit: refuse instead of ending the least recently seen */
	struct actor actor;
};

struct login_reply {
	enum { LOGIN_DONE, LOGIN_TOO_MANY, LOGIN_COLLISION } outcome; /* COLLISION: the record is another user's */
	int64_t now;                                                  /* the store's time of the login */
	struct session session;                                       /* as written, times filled in */
	uint32_t replaced;                                            /* sessions ended by this login */
	char groups[GROUPS_MAX + 1]; /* that the user's record has now: not those of the login, if it had others already */
};

/*
 * With END_USER and ${has_sid} the caller's session must be alive, whatever the scope: a repeated "log out everywhere" must not
 * end what has been opened since, and a dead token must not end anything.
 */
struct end_write {
	uint8_t user_key[USER_KEY_LEN];
	enum end_cause cause;
	enum end_scope scope; /* which: the one (SESSION), those of ${device_key} (DEVICE), all but the one (OTHERS), all */
	bool has_sid;         /* ${session_key} names the caller's own session; false for an operator's ALL or DEVICE */
	uint8_t session_key[SESSION_KEY_LEN];
	uint8_t device_key[DEVICE_KEY_LEN];
	enum end_scope said_scope; /* goes into the records: what the caller asked for */
	const char *reason;        /* operator's text ≤ REASON_MAX, or NULL; of END_ANOMALY only the event has it */
	struct actor actor;
	struct act act;
	struct claim claim;
};

struct end_reply {
	char user_id[USER_ID_MAX + 1]; /* "" = there is no record */
	char username[USERNAME_MAX + 1];
	uint32_t ended; /* sessions this call ended */
	bool has_own;   /* a record of ${session_key} exists, made now or earlier: ${own} is filled */
	struct logout_record own;
	struct logout_record *logout_records; /* the ${ended} records this call made, in ${arena}; NULL if that is NULL */
	bool at_risk; /* it is written, but not as durable as redis.durability says: a failover or a crash may lose it */
};

/* What the presented refresh token and its bearer say. */
struct rotate_write {
	uint8_t user_key[USER_KEY_LEN];
	uint8_t session_key[SESSION_KEY_LEN];
	uint8_t presented[HASH_LEN];
	uint32_t generation;         /* of the presented token; 0: it has none */
	uint8_t nonce[NONCE_LEN];    /* of this exchange: sent twice, it is the same */
	uint8_t successor[HASH_LEN]; /* hash of the successor of the next generation */
	uint8_t recovered[HASH_LEN]; /* of the one after that: the successor if this is a recovery */
	uint8_t key_version;         /* of both derivations */
	int64_t grace;               /* seconds */
	bool has_device;             /* a device id was sent: its handle is ${device_key} */
	uint8_t device_key[DEVICE_KEY_LEN];
	bool has_client; /* a client id was sent: its hash is ${client_hash} */
	uint8_t client_hash[CLIENT_HASH_LEN];
	int64_t access_in; /* seconds the new access token will live; capped by the family's end */
	struct actor actor;
};

enum rotate_outcome {
	ROTATE_DONE,      /* presented was current, or newer than a failover has left; now its successor is */
	ROTATE_REPEATED,  /* same successor again: derive it with what the reply says */
	ROTATE_RECOVERED, /* a new successor for a lost answer; like DONE */
	ROTATE_UNKNOWN,   /* nothing is known of this family */
	ROTATE_EXPIRED,
	ROTATE_REVOKED,         /* the session was ended earlier */
	ROTATE_REUSED,          /* family and session have been ended now */
	ROTATE_DEVICE_MISSING,  /* the chosen device id did not come along; nothing has changed */
	ROTATE_DEVICE_MISMATCH, /* family and session have been ended now */
	ROTATE_CLIENT_MISMATCH  /* family and session have been ended now */
};

struct rotate_reply {
	enum rotate_outcome outcome;
	int64_t now;
	int64_t before;         /* when the family was rotated before this, or given out; 0 = not by DONE and RECOVERED */
	uint32_t generation;    /* of the token that is current now; 0: it was derived with ${salt} */
	uint8_t salt[SALT_LEN]; /* as stored: with a generation, that and the nonce of the exchange that made it */
	uint8_t key_version;
	struct session session;          /* with its family, after the change; for DONE, REPEATED, RECOVERED */
	char event_id[EVENT_ID_LEN + 1]; /* of what was told of it, if anything was */
	char user_id[USER_ID_MAX + 1];
	char username[USERNAME_MAX + 1];
	char groups[GROUPS_MAX + 1];
};

struct session_list {
	char user_id[USER_ID_MAX + 1]; /* "" = there is no record */
	char username[USERNAME_MAX + 1];
	char groups[GROUPS_MAX + 1];
	int64_t not_before;
	size_t n;
	struct session *sessions; /* in ${arena}; as stored: expired ones are the caller's to leave out */
};

/* An event about no session (login_failed …). "" or NULL = null. */
struct notice {
	bool lasting;                   /* it is told later if it cannot be told now (doorward/spool.h) */
	uint8_t user_key[USER_KEY_LEN]; /* of the user, or the pseudonym of the name as given: chooses the outbox */
	const char *type;
	const char *user_id;
	const char *username;
	const char *device_id;
	const char *reason;
	const uint8_t *session_key; /* SESSION_KEY_LEN bytes, NULL = null: a session that it is about, and that goes on */
	struct actor actor;
	struct act act;
};

/*
 * An access token taken back for the rest of its life: its session goes on. Or all tokens of a session, its refresh family and
 * the access tokens that came of it: the session goes on if its cookie is good, else it ends (END_REVOKED).
 */
struct revoke_write {
	uint8_t user_key[USER_KEY_LEN];
	uint8_t session_key[SESSION_KEY_LEN];
	bool family; /* all tokens of the session; else the one below */
	uint8_t jti[JTI_LEN];
	int64_t access_exp; /* of that token; already past = nothing is done */
	struct actor actor;
	struct act act;
	struct claim claim;
};

struct revoke_reply {
	int64_t wait; /* seconds until there is room for one more revoked access token of this user: nothing was done; else 0 */
	bool at_risk; /* as in end_reply */
};

/* How often may be guessed; in ms. */
struct guess_limits {
	int64_t free;             /* failures without a delay */
	int64_t delay, delay_max; /* then, doubled each time */
	int64_t most;             /* failures after which nothing is tried any more */
	int64_t device_most; /* the same of a known device, which has its own budget when the account's is used up or waits */
	int64_t reset;       /* failures are forgotten so long after the last one */
	bool window;         /* after the first one */
};

#define GUESS_ID_LEN 8

/* A guess is reserved, and settled by one of the others. What is settled was granted: what was not leaves nothing to settle. */
enum guess_step {
	GUESS_RESERVE = 0,
	GUESS_FAILED = 1,
	GUESS_SUCCEEDED = 2, /* sets the counter back, and the device's */
	GUESS_UNJUDGED = 3,
	GUESS_CLEAR = 4, /* an operator sets all of it back */
	GUESS_LOOK = 5   /* changes nothing */
};

/* One step of one counter. */
struct guess {
	enum guess_step step;
	char kind;                     /* GUESS_ACCOUNT, GUESS_ADDRESS */
	uint8_t counter[USER_KEY_LEN]; /* which: a MAC, like a user's key */
	uint8_t id[GUESS_ID_LEN];      /* of this guess, the same in all its counters and steps */
	const uint8_t *device;         /* DEVICE_KEY_LEN bytes of a known device; NULL = none */
	const struct guess_limits *limits;
	int64_t life;         /* ms until a reservation that is not settled was no guess */
	int64_t report_every; /* ms between two refusals that are to be reported */
	/* the answer */
	enum dw_result rc;
	enum {
		GUESS_GRANTED = 0,
		GUESS_WAIT = 1,
		GUESS_UNDECIDED = 2
	} verdict;        /* UNDECIDED: too many others are not settled */
	int64_t wait_ms;  /* GUESS_WAIT: what is left of the delay */
	bool report;      /* likewise: it is time for an event about it */
	bool cleared;     /* GUESS_CLEAR: there was something */
	int64_t failures; /* GUESS_SUCCEEDED, GUESS_LOOK: how many there were in a row */
};

#define GUESS_ACCOUNT 'a'
#define GUESS_ADDRESS 'i'

struct store_ops {
	enum dw_result (*lookup)(void *store, const struct lookup *q, struct lookup_reply *out);
	enum dw_result (*login)(void *store, const struct login_write *w, struct login_reply *out);
	enum dw_result (*end)(void *store, const struct end_write *w, struct arena *arena, struct end_reply *out);
	enum dw_result (*rotate)(void *store, const struct rotate_write *w, struct rotate_reply *out);
	/* Records use of the session now, if at least 25 % of its idle time has passed; never brings one back. */
	enum dw_result (*touch)(void *store, const uint8_t user_key[USER_KEY_LEN], const uint8_t session_key[SESSION_KEY_LEN]);
	enum dw_result (*list)(
	    void *store, const uint8_t user_key[USER_KEY_LEN], struct arena *arena, struct session_list *out);
	enum dw_result (*notify)(void *store, const struct notice *n);
	/* Is any part of the store there? Of several servers one is enough: the users of another are refused alone. */
	enum dw_result (*ping)(void *store);
	/* The store's time, seconds: the local clock corrected by the offset last sampled. Never asks. */
	int64_t (*now)(void *store);
	/* Asks the store for its time: now() is right then. A failure changes nothing. */
	void (*look_at_clock)(void *store);
	/* Revokes, and reports "token_revoked"; a repeat does nothing, nor does a session that is over. */
	enum dw_result (*revoke)(void *store, const struct revoke_write *w, struct revoke_reply *out);
	/*
	 * Gives all live sessions of the user the groups ${groups}. A user without a record, or another one's record: nothing
	 * is done. With ${instead}, GROUPS_MAX + 1 bytes, only if the record has these; then it becomes what the record has
	 * now.
	 */
	enum dw_result (*set_groups)(void *store, const uint8_t user_key[USER_KEY_LEN], const char *user_id,
	    const char *username, char *instead, const char *groups);
	/* Does ${n} steps, of different counters, at once: each has its own result. Every one may be sent twice. */
	void (*guess)(void *store, struct guess *guesses, size_t n);
	/* What is remembered of the user; without a record nothing is. */
	enum dw_result (*history)(void *store, const uint8_t user_key[USER_KEY_LEN], struct history *out);
	/* Remembers it, where there is a record. Of two at once the later one counts. */
	enum dw_result (*remember)(void *store, const uint8_t user_key[USER_KEY_LEN], const struct history *h);
};

#endif

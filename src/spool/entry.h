/* SPDX-License-Identifier: ISC */
/* One ending that waits, or one event: as it was asked for, as a row of the spool, and whom it denies meanwhile. */
#ifndef SPOOL_ENTRY_H
#define SPOOL_ENTRY_H

#include <sqlite3.h>

#include "doorward/deny.h"
#include "doorward/event.h"
#include "doorward/store.h"

enum entry_what { ENTRY_END = 1, ENTRY_REVOCATION = 2, ENTRY_NOTICE = 3 };

struct entry {
	uint64_t row;
	enum entry_what what; /* which of the next three counts */
	struct end_write end;
	struct revoke_write revocation;
	struct notice notice;
	int64_t done_at; /* wall, ms: when Redis had it; 0 = it waits */
	char reason[REASON_MAX + 1], ip[ADDRESS_MAX + 1], trace_id[TRACE_ID_LEN + 1]; /* what the writes point to */
	char type[EVENT_TYPE_MAX + 1], user_id[USER_ID_MAX + 1], username[USERNAME_MAX + 1], client_id[CLIENT_ID_MAX + 1];
};

/* The columns of the table (spool/table.c), in the order of entry_bind() and entry_read(). */
#define ENTRY_COLUMNS                                                                                                          \
	"what, user_key, session_key, device_key, jti, scope, moment, claim_by, claim_session, claim_jti, claim_client, "      \
	"cause, said_scope, access_exp, reason, ip, trace_id, event_id, at, again, type, user_id, username, client_id"
#define ENTRY_PLACES                                                                                                           \
	"?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24"
#define ENTRY_ROW_PLACE 25 /* free for a further value */
/* What makes two endings one. */
#define ENTRY_SAME                                                                                                             \
	"what = ?1 AND user_key = ?2 AND session_key = ?3 AND device_key = ?4 AND jti = ?5 AND scope = ?6 AND moment = ?7 "    \
	"AND "                                                                                                                 \
	"claim_by = ?8 AND claim_session = ?9 AND claim_jti = ?10 AND claim_client = ?11"

void entry_of_end(struct entry *e, const struct end_write *w);
void entry_of_revocation(struct entry *e, const struct revoke_write *w);
void entry_of_notice(struct entry *e, const struct notice *n);

/* Binds it to the places of ENTRY_PLACES; must live until the statement is reset. */
void entry_bind(sqlite3_stmt *s, const struct entry *e);

/* Reads the row of "SELECT id, done_at, " ENTRY_COLUMNS. False: it makes no sense. */
bool entry_read(sqlite3_stmt *s, struct entry *out);

/* Who is denied until Redis has it: false, nobody for the moment. */
bool entry_denies(const struct entry *e, struct deny_entry *out);

/* The session that is the caller's or the one that ends; NULL: there is none. */
const uint8_t *entry_session(const struct entry *e);
const uint8_t *entry_user(const struct entry *e);
const struct act *entry_act(const struct entry *e);
const struct claim *entry_claim(const struct entry *e);

/* For people: "logout", "kick", "revoke", "password_changed" …, and where it says whom of the user it is about. */
const char *entry_word(const struct entry *e);

#endif

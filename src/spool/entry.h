/* SPDX-License-Identifier: ISC */
/* One ending that waits: as it was asked for, as a row of the spool, and whom it denies meanwhile. */
#ifndef SPOOL_ENTRY_H
#define SPOOL_ENTRY_H

#include <sqlite3.h>

#include "doorward/deny.h"
#include "doorward/store.h"

struct entry {
	uint64_t row;
	bool is_revocation;
	struct end_write end;
	struct revoke_write revocation; /* likewise */
	int64_t done_at;                /* wall, ms: when Redis had it; 0 = it waits */
	char reason[REASON_MAX + 1], ip[ADDRESS_MAX + 1], trace_id[TRACE_ID_LEN + 1]; /* what the writes point to */
};

/* The table; the columns in the order of ENTRY_COLUMNS, which is that of entry_bind() and entry_read(). */
extern const char entry_schema[];
#define ENTRY_COLUMNS                                                                                                          \
	"what, user_key, session_key, device_key, jti, scope, moment, claim_by, claim_session, claim_jti, claim_client, "      \
	"cause, said_scope, access_exp, reason, ip, trace_id, event_id, at, again"
#define ENTRY_PLACES "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20"
/* What makes two endings one. */
#define ENTRY_SAME                                                                                                             \
	"what = ?1 AND user_key = ?2 AND session_key = ?3 AND device_key = ?4 AND jti = ?5 AND scope = ?6 AND moment = ?7 "    \
	"AND "                                                                                                                 \
	"claim_by = ?8 AND claim_session = ?9 AND claim_jti = ?10 AND claim_client = ?11"

void entry_of_end(struct entry *e, const struct end_write *w);
void entry_of_revocation(struct entry *e, const struct revoke_write *w);

/* Binds it to the places 1 to 20; must live until the statement is reset. */
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

/* For people: "logout", "kick", "revoke" …, and where it says whom of the user it is about. */
const char *entry_word(const struct entry *e);

#endif

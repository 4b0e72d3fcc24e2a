/* SPDX-License-Identifier: ISC */
/*
 * Accounts, and records of what was seen of them (known devices). The scheme of userdb.url names the driver, whose table has
 * all that is done with the database: a further kind of database is one file in src/userdb and one row in
 * src/userdb/driver.c. Records live where accounts do if that can be written, else in userdb.records, opened by the same means.
 */
#ifndef DOORWARD_USERDB_H
#define DOORWARD_USERDB_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "doorward/event.h"
#include "doorward/result.h"
#include "doorward/session.h"

struct arena;
struct config;
struct helper_question;

/* The setting: its default, and what it may look like. */
#define USERDB_URL_DEFAULT "sqlite:users.db"
#define USERDB_URL_FORMS                                                                                                       \
	"sqlite:/path, postgresql://host/db, htpasswd:/path, ldap://host, ldaps://host, ldapi:///path or pam:service"
#define USERDB_RECORDS_DEFAULT "sqlite:records.db"
#define USERDB_RECORDS_FORMS "sqlite:/path or postgresql://host/db"

#define PWHASH_MAX 512      /* bytes of an encoded password hash, terminator included */
#define USERDB_PATIENCE 50  /* ms that something a login can do without may wait for others who write */
#define AGENT_MAX 256       /* bytes kept of a User-Agent */
#define LEDGER_SCOPE_MAX 8  /* "session" … */
#define LEDGER_LIST_MAX 500 /* rows of one list call */

struct account {
	char id[USER_ID_MAX + 1];
	char name[USERNAME_MAX + 1]; /* canonical */
	char groups[GROUPS_MAX + 1]; /* comma list, see base/groups.h */
	size_t groups_len;           /* its bytes; more than GROUPS_MAX: it is "", since it did not fit */
	bool groups_partial;         /* where they can be written: what is stored is too long, and this not all of it */
	char hash[PWHASH_MAX];       /* "" where the database verifies by itself; wipe after use */
	bool disabled;
	/*
	 * Nobody can sign in by the name: it is not canonical and its canonical form another one's (see user list); or, with
	 * DW_ABSENT of find() and all else void, what the database has under it is not one account that can be used.
	 */
	bool conflict;
	int64_t created;
	int64_t version; /* raised whenever what was verified before must not count any more: new password, disabled, enabled */
};

/* What is known of the device behind a session, for people to recognise it by. */
struct device {
	char device_id[DEVICE_ID_MAX + 1];
	char name[DEVICE_NAME_MAX + 1]; /* "" = none given */
	char user_agent[AGENT_MAX + 1]; /* "" = none */
	char ip[ADDRESS_MAX + 1];
	int64_t first_seen;
	int64_t last_seen;
};

/* What stays of a session for good: its logout record, and the event that told of its end. Texts "" where they are null. */
struct ledger_row {
	int64_t seq; /* the database's own count, newest highest; 0 when it is put */
	char event_id[EVENT_ID_MAX + 1];
	char type[EVENT_TYPE_MAX + 1];
	char user_id[USER_ID_MAX + 1];
	char username[USERNAME_MAX + 1];
	char device_id[DEVICE_ID_MAX + 1];
	char session_id[PUBLIC_SID_LEN + 1];
	char scope[LEDGER_SCOPE_MAX + 1];
	char reason[REASON_MAX + 1];
	int64_t at;
};

/* Which rows: those of ${user_id} (NULL = everybody's) not older than ${since}, below ${before} (0 = from the newest). */
struct ledger_query {
	const char *user_id;
	int64_t since, before;
	size_t limit; /* at most LEDGER_LIST_MAX */
};

/* They return DW_OK, DW_ABSENT (asked: no such user or device), DW_REFUSED (add: the name is taken), DW_UNAVAILABLE (could not
 * ask) or DW_FAULT. The first argument is what the driver's open() returned. */
struct userdb_ops {
	enum dw_result (*find)(void *db, const char *name, struct account *out);
	/* With ${by_name} of the driver DW_ABSENT says little: userdb_again() asks better. */
	enum dw_result (*find_id)(void *db, const char *id, struct account *out);
	/* Stores ${a} (id, name, groups, hash, disabled, created as given). */
	enum dw_result (*add)(void *db, const struct account *a);
	/*
	 * Verifies ${password} (1 … PASSWORD_MAX bytes, no NUL) of the user ${name}, who asks from the address ${ip}, where
	 * only the database can: by a bind, by a conversation. DW_OK: ${out} is the account, without a hash. DW_ABSENT: no such
	 * user. DW_REFUSED: another password, or nobody who may sign in. The caller sees to it that nobody can tell these two
	 * apart. Within userdb.timeout. NULL: find() gives a hash to verify against.
	 */
	enum dw_result (*verify)(void *db, const char *name, struct str password, const char *ip, struct account *out);
	/* The hash that costs most to verify against, of all accounts, by pwhash_cost(). NULL: not known of this database. Wipe
	 * after use. */
	enum dw_result (*dearest)(void *db, char hash[PWHASH_MAX]);
	/*
	 * Sets the hash of a new password, and raises the version. With ${expected}, the account as it was read: only if its
	 * version is still the one there, else DW_REFUSED, since whoever raised it must not be undone. NULL: whatever is there.
	 */
	enum dw_result (*set_hash)(void *db, const char *id, const struct account *expected, const char *hash);
	/*
	 * Puts ${hash}, another one of the same password, in the place of ${expected}; the version stays. DW_ABSENT if the
	 * account has another hash by now: whoever set that was first, and must not be undone. Waits for others for
	 * USERDB_PATIENCE at most.
	 */
	enum dw_result (*replace_hash)(void *db, const char *id, const char *expected, const char *hash);
	/* Raises the version. */
	enum dw_result (*set_disabled)(void *db, const char *id, bool disabled);
	/* Sets the groups, a comma list as in struct account. DW_REFUSED if they are not ${expected} any more: look, and try
	 * again. */
	enum dw_result (*set_groups)(void *db, const char *id, const char *expected, const char *groups);
	enum dw_result (*remove)(void *db, const char *id);
	/* Up to ${limit} accounts with a name after ${after} ("" = from the start), by name, into ${arena}; hashes left out. */
	enum dw_result (*list)(void *db, const char *after, size_t limit, struct arena *arena, struct account **out, size_t *n);
	/*
	 * Inserts or updates the user's device: name and user_agent "" keep what is there; first_seen is kept. Waits for others
	 * for USERDB_PATIENCE at most, and not for the disk.
	 */
	enum dw_result (*put_device)(void *db, const char *user_id, const struct device *d);
	enum dw_result (*get_device)(void *db, const char *user_id, const char *device_id, struct device *out);
	/*
	 * Puts ${n} rows into the ledger, all of them or none. A session (user, device, session id) that has a row already
	 * keeps it: whatever is delivered twice is one row. Waits for others for USERDB_PATIENCE at most: the caller comes
	 * again.
	 */
	enum dw_result (*put_logouts)(void *db, const struct ledger_row *rows, size_t n);
	/* The rows of ${q}, newest first, into ${arena}. */
	enum dw_result (*list_logouts)(
	    void *db, const struct ledger_query *q, struct arena *arena, struct ledger_row **out, size_t *n);
	/* Asks whether the database can be asked at all. */
	enum dw_result (*ping)(void *db);
	/*
	 * To be called about once a second, however idle the process is: looks whether what was read has changed, so that what
	 * goes on to count while it is broken is what it said a moment before, and not what this process happened to read long
	 * ago. With ${first} also what nobody has asked for yet is read. NULL: nothing is kept that could grow old.
	 */
	void (*look)(void *db, bool first);
};

/* Which of the two databases of a configuration is meant: userdb.url, or userdb.records. */
enum userdb_part { USERDB_ACCOUNTS, USERDB_RECORDS };

/*
 * One kind of database. That of a module has two of these: the row of src/userdb/driver.c, which is there always and knows
 * what can be known by the text of the setting; and the module's own with the rest, which userdb_open() finds.
 */
struct userdb_driver {
	const char *scheme;  /* of userdb.url: what stands before the first ':' */
	const char *module;  /* of a row: the module that has the rest (base/module.h); NULL = built in */
	const char *package; /* the Debian package it comes with */
	const char *instead; /* "change it with …", for who tried to change an account here; NULL = where they are kept */
	bool writable;       /* accounts are added and changed here: if not, the operations that do so are NULL */
	bool passwords;      /* hashes are: set_hash and replace_hash are there. Implied by writable */
	bool by_name;        /* not every id can be asked for: see userdb_again() */
	bool records;        /* records are kept here: if not, their operations are NULL */

	/* Whether ${url}, of this scheme, names a database. Looks at nothing but the text. */
	bool (*is_url)(const char *url);
	/*
	 * Of a row: what is wrong with the settings of this kind of database, as far as texts and files tell. Returns the name
	 * of the option, with the rest of a sentence in ${err}; NULL if nothing is. NULL: there are none.
	 */
	const char *(*fault)(const struct config *conf, char *err, size_t errlen);
	/*
	 * Of a row: is there on this machine what ${url} names? False with a sentence in ${err}: questions cannot be answered
	 * by it. NULL: that is not known here.
	 */
	bool (*is_there)(const char *url, char *err, size_t errlen);
	/* Of a row: is it another machine's address that does not demand a proof of who answers? NULL = no. */
	bool (*is_unproved)(const char *url);
	/* Of a module's, that has several for a scheme: whether it is this one for ${part} of ${conf}. NULL: yes. */
	bool (*serves)(const struct config *conf, enum userdb_part part);
	/* Name and version of the library below. NULL: there is none but the module's. */
	const char *(*library)(void);
	/*
	 * Makes what ${conf} names, if it is not there and can be made here, empty and owned by ${uid}:${gid} (-1 = as it
	 * comes): for root, who makes it for the user that will use it. Returns 0, or -1 with a sentence in ${err}. NULL: it is
	 * made by others.
	 */
	int (*make)(const struct config *conf, enum userdb_part part, uid_t uid, gid_t gid, char *err, size_t errlen);
	/*
	 * Opens what ${conf} names, and brings its tables up to date where that is done at the start. To be called after the
	 * fork. Returns NULL with a sentence in ${err} if it can never serve: another program's, a newer version's, damaged; or
	 * on lack of memory, with errno ENOMEM. If it can only not be asked now, returns a handle all the same, with the
	 * sentence in ${err}, which is "" if all is well.
	 */
	void *(*open)(const struct config *conf, enum userdb_part part, char *err, size_t errlen);
	/* NULL is fine. */
	void (*close)(void *db);
	/*
	 * For a process that will need the accounts and may wait for them, a login's or an operator's: looks at the database
	 * for USERDB_PATIENCE at most, and logs what is wrong. NULL: open() has done that.
	 */
	void (*greet)(void *db);
	/*
	 * Makes, or brings up to date, the tables in a database that others made ("userdb init"), and says to ${say}, a
	 * sentence a step, what it did. Returns 0, or -1 with a sentence in ${err}. NULL: there is nothing to make that open()
	 * would not.
	 */
	int (*init)(const struct config *conf, enum userdb_part part, void (*say)(const char *), char *err, size_t errlen);
	/*
	 * Where only other processes may ask the database (doorward/helper.h), its row can do everything, and the module is not
	 * opened: this takes the socket to those processes. NULL: none are needed.
	 */
	void (*join)(void *db, int fd);
	/*
	 * The same database, as its module has it for those processes: answers ${q}, and may take its time. Instead of ${ops}.
	 */
	enum dw_result (*answer)(void *db, const struct helper_question *q, struct account *out);
	const struct userdb_ops *ops;
};

/* The row for ${url}, or NULL if there is none of its scheme or the rest of it names nothing. */
const struct userdb_driver *userdb_driver(const char *url);

/*
 * Asks ${db} again about the account ${id}, which was called ${name} when it was last seen: is it there, and what is it now?
 * DW_ABSENT: it is gone, or the name is another account's; or, if ${out}->conflict, it cannot be told which is his. As find()
 * otherwise; wipe the hash.
 */
enum dw_result userdb_again(const struct userdb_driver *d, void *db, const char *id, const char *name, struct account *out);

/* The row number ${i}, or NULL after the last. */
const struct userdb_driver *userdb_driver_at(size_t i);

/* The setting of ${part}. Where records live with the accounts that is the same for both. */
const char *userdb_url(const struct config *conf, enum userdb_part part);

/* Whether ${conf} keeps records where its accounts are: then there is one database, and one handle of it. */
bool userdb_is_one(const struct config *conf);

/* A setting of a kind of database that is not used: its name, with the rest of a sentence in ${err}; NULL = none. */
const char *userdb_stray(const struct config *conf, char *err, size_t errlen);

/*
 * The driver of ${part} with everything it can do, its module opened if it is one's: for processes that use it, after the fork.
 * Returns NULL with a sentence in ${err} if the module cannot be used.
 */
const struct userdb_driver *userdb_load(const struct config *conf, enum userdb_part part, char *err, size_t errlen);

/*
 * The same for processes that hardly ever ask: where it can be done, the module is opened with the first question. Else as
 * userdb_load().
 */
const struct userdb_driver *userdb_load_later(const struct config *conf, enum userdb_part part, char *err, size_t errlen);

/* The same for the processes that are asked in others' stead: the module's, although the row has a join(). */
const struct userdb_driver *userdb_load_helper(const struct config *conf, char *err, size_t errlen);

/* Whether userdb_load() would succeed for all that ${conf} names, without loading it. Returns 0, or -1 with a sentence. */
int userdb_try(const struct config *conf, char *err, size_t errlen);

/*
 * The id of an account that is kept elsewhere: the operator's own, ${given}, if it fits, that is 1 to USER_ID_MAX characters of
 * base64url; else a digest of ${driver} (the same for all schemes of one driver: "ldap") and what is given. Pure.
 */
void userdb_id(const char *driver, struct str given, char id[USER_ID_MAX + 1]);

/* The digest, always: where what identifies the account is its name, which might look like an id. Pure. */
void userdb_id_of_name(const char *driver, struct str name, char id[USER_ID_MAX + 1]);

#endif

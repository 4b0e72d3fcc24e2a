/* SPDX-License-Identifier: ISC */
/*
 * What the rules and the handlers work with, for unit tests: real keys in a directory of their own, a board, and a
 * store and a user database that answer what the test says, and note down what they were asked, in which order.
 */
#ifndef UNIT_FAKE_H
#define UNIT_FAKE_H

#include "base/buf.h"
#include "doorward/app.h"

#define FAKE_NOW 1800000000 /* the store's time, unless the test turns it */

struct fake {
	struct app app;
	struct config conf;
	struct client clients[2]; /* "default" and "app" */
	char dir[32];
	int64_t now;
	int64_t step; /* the store's clock has been set: seen when it is looked at */

	/* Every call by its name and a space, in order. */
	struct buf trail;
	char trail_text[512];

	/* What the store answers, and what it was asked. */
	enum dw_result lookup_rc, login_rc, end_rc, rotate_rc, touch_rc, list_rc, notify_rc, ping_rc;
	struct lookup_reply found;
	struct lookup asked;
	uint8_t asked_jti[JTI_LEN];
	struct login_write begun;
	int login_outcome;
	struct end_write ended;
	struct end_reply end_reply;
	enum dw_result revoke_rc;
	int64_t revoke_wait;
	struct revoke_write revoked;
	struct rotate_write rotated;
	struct rotate_reply rotate_reply; /* its session is answered with for DONE, REPEATED and RECOVERED */
	struct notice noticed;
	char noticed_type[32], noticed_user_id[64], noticed_username[80], noticed_reason[64];

	/* Likewise of guesses: of an account, of an address. Each step that was asked for: its letter, a or i, and its number.
	 */
	enum dw_result guess_rc[2];
	enum dw_result guess_settle_rc;             /* of the account, after it was reserved */
	int guess_verdict[2], guess_device_verdict; /* of the account, where a known device is named */
	int64_t guess_wait[2];
	bool guess_report[2];
	char guess_steps[64];
	struct guess guessed[2]; /* the last of each */
	int64_t failures;        /* that there were before what was right */

	/* What is remembered of the user, and is remembered by what is tested. */
	enum dw_result history_rc, remember_rc;
	struct history history;

	/* What the user database answers, and what it was given. */
	enum dw_result find_rc, find_id_rc, get_device_rc, replace_hash_rc, put_device_rc, set_groups_rc;
	struct userdb_driver driver; /* what it can do */
	bool disabled_since;         /* the account, between the first look and the second */
	int64_t versions_since;      /* likewise */
	size_t groups_len_since;     /* of the account's groups when it is looked at again; 0 = that they have */
	const char *groups_since;    /* likewise; NULL = the same */
	const char *dearest;         /* hash of all accounts; NULL = none */
	enum dw_result dearest_rc;
	bool groups_again; /* others at every look */
	struct account account;
	char found_name[USERNAME_MAX + 1];
	char old_hash[PWHASH_MAX], new_hash[PWHASH_MAX];
	enum dw_result set_hash_rc;
	char set_hash[2][PWHASH_MAX];    /* the last one set, and the one before */
	int64_t set_version;             /* that the last one was set for; -1 = any */
	char new_groups[GROUPS_MAX + 1]; /* given to the store */
	const char *recorded_groups;     /* that the user's record had at the login; NULL = those of the login */
	const char *groups_of_others;    /* that somebody else gave it before; NULL = nobody did */
	struct device device;
};

/* The one of this program. A second (another host) is made by fake_new(). */
extern struct fake fake;

/* Set-up and tear-down of a program with it alone, and set-up of a test. */
int fake_begin(void **state);
int fake_end(void **state);
int fake_fresh(void **state);

/* Makes the keys and the board: once a program. Returns 0, or -1. */
int fake_new(struct fake *f);
void fake_free(struct fake *f);

/* Back to where everything answers and nothing has been asked. Keys stay. */
void fake_reset(struct fake *f);

/* An account: the user "alice", "user-1", of the group "users". */
void fake_account(struct fake *f, const char *hash);

/* A note in the trail, by a function that the program puts in the place of a real one. */
void fake_note(struct fake *f, const char *what);

#define FAKE_ADDRESS "192.0.2.1" /* that fake_verify() asks from */

/* password_verify() says ${rc}, after just those calls; it hands no hash on and leaves no process hashing. */
void fake_verify(const char *name, const char *password, enum dw_result rc, const char *trail);

#endif

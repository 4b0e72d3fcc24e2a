/* SPDX-License-Identifier: ISC */
/*
 * An ending while Redis cannot be asked, on one host: src/spool/ops.c, spool.c, sync.c, replay.c, deny.c, src/auth/cached_check.c.
 *
 * The session is ended once: by itself (its entry of the deny table names it, and stays until the row of the spool is gone) or,
 * with all others of its user, by an operator (the entry is of the user, and leaves when Redis has it). Meanwhile it is checked
 * over and over, by asking and by the cache; its user signs in anew; Redis goes and comes, and an answer of it may be lost; the
 * worker, the relay and all processes of the host die at any point and are started anew.
 *
 * Promised:
 *	of each check that begins after the answer, 200 or 202: it is no 200
 *	a session opened in a later second is not ended by the replay
 *	the event is told once
 *
 * Left out: what a caller may end whom nobody can judge yet (judge.c), revoked tokens and notices; the bounds of the spool; a
 * damaged file; a second daemon on the same file; the keeper and the lease (cache.pml), and Redis forgetting (failover.pml).
 *
 * MUTATION ANSWER_FIRST      202 is answered before the deny table has the entry
 * MUTATION NO_COMMIT         it is answered with an entry in the table, and no row in the file
 * MUTATION NO_FILL           the table is not filled from the file at the start
 * MUTATION DONE_FIRST        the row is done before Redis has it
 * MUTATION DENY_LEFT_FIRST   the entry leaves the table before Redis has it
 * MUTATION NO_EVICTION       the replay raises no epoch
 * MUTATION CACHE_ALONE       a hit does not ask the table
 * MUTATION ONE_LOOK          what left the table since the store was asked is not noticed
 * MUTATION ONE_LOOK_AT_HIT   nor since the cache was
 * MUTATION TIME_OF_REPLAY    the replay ends who is alive when it comes, not who was when it was asked for
 * MUTATION TWICE             the script does not look for the record of the first time
 */
#define HORIZON 2 /* seconds */

byte now = 1;
bool started_anew; /* the host's processes died, and others were started */

/* Redis */
bool live = true; /* the session; opened in the second 1 */
byte opened;      /* the second in which another one was; 0: none */
bool opened_over;
byte told;        /* events of the ending */

/* The spool: its row and the deny table */
bool of_user; /* the kind of ending */
mtype = { NONE, WAITS, DONE };
mtype row = NONE;
bool denied;
byte asked_at;
bool removed_ask, removed_hit; /* for who asks, who looks into the cache: something has left the table since he began */

/* The cache, as in cache.pml */
bool entry_counts, copy_counts, answer_counts;

bool answered; /* 200 or 202 */
bool is_asking, is_recalling; /* it is under way */
bool after_ask, after_hit; /* what is being checked was asked for after that */

inline raise_epoch()
{
	d_step { entry_counts = false; copy_counts = false; answer_counts = false }
}

/* deny.c: empty() */
inline leave_table()
{
	d_step { if :: denied -> denied = false; removed_ask = is_asking; removed_hit = is_recalling :: else fi }
}

/* lua/end.lua, as of ${at} */
inline script(at)
{
	d_step {
		if
#ifdef TWICE
		:: told < 2 -> told++
#else
		:: live -> told++
#endif
		:: else
		fi;
		assert(told == 1);
		live = false;
		if
		:: of_user && opened > 0 && opened <= at && !opened_over -> opened_over = true
		:: else
		fi
	}
}

proctype clock()
{
end:	do
	:: of_user && now < HORIZON -> now++
	od
}

/* ops.c: end(); mutation.c: mutation_run(); spool.c: spool_commit() */
proctype ending()
{
	if :: of_user = true :: skip fi;
	asked_at = now;
	if
	:: !started_anew ->
		script(asked_at);
		raise_epoch();
		if
		:: atomic { !started_anew -> answered = true; goto over } /* 200 */
		:: skip /* the answer was lost */
		fi
	:: skip /* nothing was sent: the breaker is open, or there is no connection */
	fi;
#ifdef ANSWER_FIRST
	answered = true;
#endif
#ifndef NO_COMMIT
	if :: atomic { !started_anew -> row = WAITS } :: goto over fi;
#endif
	if :: atomic { !started_anew -> denied = true } :: goto over fi;
	if :: atomic { !started_anew -> answered = true } :: goto over fi; /* 202 */
over:	skip
}

/* ops.c: lookup_shared(), auth/check.c: judge(), cache_fill() */
proctype asking()
{
	bool is_live;

end:	do
	:: atomic { after_ask = answered; is_asking = true };
		answer_counts = true;
		if
		:: denied && !of_user -> goto next /* deny_finds_for_sure(): 401 */
		:: else
		fi;
again:
		is_live = live;
		if
		:: !is_live -> goto next /* 401, or 503 if it cannot be asked */
		:: else
		fi;
		/* deny_finds(): it was opened before whatever may have been asked for */
		if
		:: denied -> goto next
		:: else
		fi;
#ifndef ONE_LOOK
		if
		:: removed_ask -> removed_ask = false; goto again
		:: else
		fi;
#endif
		assert(!after_ask);
		entry_counts = answer_counts;
next:		atomic { after_ask = false; is_live = false; answer_counts = false; removed_ask = false; is_asking = false }
	od
}

/* auth/cached_check.c: cached_check_recall() */
proctype recalling()
{
end:	do
	:: atomic { entry_counts -> after_hit = answered; is_recalling = true };
		copy_counts = entry_counts;
		if
		:: !copy_counts -> goto next
		:: else
		fi;
#ifndef CACHE_ALONE
		if
		:: denied -> goto next /* deny_suspects() */
		:: else
		fi;
#endif
#ifndef ONE_LOOK_AT_HIT
		if
		:: removed_hit -> goto next
		:: else
		fi;
#endif
		assert(!after_hit);
next:		atomic { after_hit = false; copy_counts = false; removed_hit = false; is_recalling = false }
	od
}

/* login.lua */
proctype login()
{
	if
	:: atomic { of_user -> opened = now }
	:: skip
	fi;
end:	do
	:: opened_over -> assert(opened <= asked_at); break
	od
}

/* sync.c: spool_sync(), by whoever checks first in a second. A start fills the table before anybody is admitted. */
proctype syncing()
{
	mtype seen;

end:	do
	:: d_step { row != NONE || denied -> seen = row };
		if
		:: seen == WAITS || (seen == DONE && !of_user) -> denied = true /* enter() */
		:: else -> leave_table() /* compare() */
		fi;
		seen = 0
	:: atomic { !started_anew -> started_anew = true; /* who was asking gets no answer */
		after_ask = false; after_hit = false; denied = false;
#ifndef NO_FILL
		if :: row == WAITS || (row == DONE && !of_user) -> denied = true :: else fi;
#endif
		entry_counts = false; copy_counts = false; answer_counts = false }
	od
}

/* replay.c: write_piece(), commit_piece(), purge(). It may die anywhere, and begin again. */
proctype replay()
{
end:	do
	:: row == WAITS ->
#ifdef DONE_FIRST
		row = DONE;
		if :: of_user -> leave_table() :: else fi;
#endif
#ifdef DENY_LEFT_FIRST
		leave_table();
#endif
#ifdef TIME_OF_REPLAY
		script(now);
#else
		script(asked_at);
#endif
#ifndef NO_EVICTION
		raise_epoch();
#endif
		if
		:: goto next /* the answer was lost, or it died */
		:: skip
		fi;
		row = DONE;
		if
		:: goto next /* it died */
		:: skip
		fi;
		if :: of_user -> leave_table() :: else fi;
next:		skip
	:: row == DONE -> row = NONE
	od
}

init
{
	atomic { run clock(); run ending(); run asking(); run recalling(); run login(); run syncing(); run replay() }
}

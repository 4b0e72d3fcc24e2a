/* SPDX-License-Identifier: ISC */
/*
 * The session cache of one host: src/store/cache.c, keeper.c, subscription.c, mutation.c, src/auth/check.c, cached_check.c.
 *
 * Two workers check one session, over and over; the keeper keeps the cache; the session is ended once, by this host or by another
 * one. Anybody may stand still at any point for any time, the keeper's connection may be lost, the keeper may be killed.
 *
 * Promised, of each check that begins after the ending was acknowledged with 200:
 *	by this host    it is no 200
 *	by another one  it is no 200 once cache.lease has passed since
 *
 * Left out: other users and sessions (an epoch that two users share costs a miss); the inside of an entry (its seqlock: an entry
 * is written and copied in one step here) and weak memory (all that matters is seq_cst there); cache.max_age, which is younger
 * than the horizon of this model; several nodes (failover.pml has a second server).
 *
 * Rules that can be left out, each of which run.sh finds to be needed:
 * MUTATION NO_EVICTION            who ends a session does not raise the epoch before he answers
 * MUTATION EPOCH_AFTER_QUESTION   the epochs are read when Redis has answered
 * MUTATION EPOCH_OF_FILL          an entry is kept under the epochs of the time at which it is written
 * MUTATION NO_LEASE               the lease is not looked at
 * MUTATION LEASE_LAST             the lease is looked at after the epochs
 * MUTATION PROOF_OF_ARRIVAL       the lease reaches to the arrival of the proof, not to when it was asked for
 * MUTATION NO_FLUSH               what was kept before the subscription stands is not void
 * MUTATION FLUSH_FIRST            it is made void before the subscription stands
 */
#define LEASE 1    /* cache.lease */
#define HORIZON 3  /* the clock stops here */
#define LOSSES 1   /* of the keeper's connection, or deaths of it */
#define NEVER 255

/* Redis: the session, and the connection of the keeper: what it says on it comes in order. */
bool live = true;
bool subscribed;
mtype = { CHANGED, PONG };
chan told = [2] of { mtype, byte };
chan asked = [1] of { byte };
byte losses;

byte now = 1; /* mono */

/*
 * The cache. Its epochs only grow, and all that is asked of two of them is whether they are equal: whether one was raised in between.
 * So instead of a number everybody who took one down has a bit here, which is true until one is raised. That the user's and
 * everybody's are two words, read one behind the other, comes to the earlier of both moments for a hit and the later for a fill.
 */
byte lease; /* 0: none */
bool entry_counts;  /* of what is kept */
bool copy_counts;   /* of what was found */
bool answer_counts; /* of what is being asked for */

/* cache_evict(), cache_flush() */
inline raise_epoch()
{
	d_step { entry_counts = false; copy_counts = false; answer_counts = false }
}

/* What was acknowledged, and when */
bool ended_here;
byte ended_elsewhere = NEVER;

proctype clock()
{
end:	do
	:: now < HORIZON -> now++
	od
}

inline say_changed()
{
	if
	:: subscribed -> told ! CHANGED(0)
	:: else
	fi
}

/*
 * A check, handle/check.c: find_cached_check(), is a look into the cache, and where that finds nothing a question to Redis. They
 * share nothing but the cache, so here one worker does nothing but the one, over and over, and the other the other.
 *
 * It must not pass if it began after this was true.
 */
#define IS_OVER (ended_here || (ended_elsewhere != NEVER && now > ended_elsewhere + LEASE))

/* store/cache.c: cache_recall(), find(), counts() */
proctype recalling()
{
	bool after, is_leased, found;
	byte mono;

end:	do
	:: atomic { entry_counts; after = IS_OVER; mono = now };
		copy_counts = entry_counts;
#ifdef LEASE_LAST
		found = copy_counts;
#endif
		is_leased = lease > 0 && mono <= lease + LEASE;
#ifndef LEASE_LAST
		found = copy_counts;
#endif
#ifdef NO_LEASE
		is_leased = true;
#endif
		assert(!(after && is_leased && found));
		d_step { after = false; mono = 0; is_leased = false; found = false; copy_counts = false }
	od
}

/* auth/check.c: ask(), store/cache.c: cache_fill() */
proctype asking()
{
	bool after, is_live;

end:	do
	:: after = IS_OVER;
#ifndef EPOCH_AFTER_QUESTION
		answer_counts = true;
#endif
		is_live = live;
#ifdef EPOCH_AFTER_QUESTION
		answer_counts = true;
#endif
		assert(!(after && is_live));
		/* that cache_fill() compares them first only spares the work: what counts() compares is what is kept */
		if
#ifdef EPOCH_OF_FILL
		:: is_live -> entry_counts = true
#else
		:: is_live -> entry_counts = answer_counts
#endif
		:: else
		fi;
		d_step { after = false; is_live = false; answer_counts = false }
	od
}

/* store/writing.c: writing_end(), mutation.c: mutation_run() */
proctype ending()
{
	if
	:: atomic { live = false; say_changed() };
#ifndef NO_EVICTION
		raise_epoch();
#endif
		ended_here = true
	:: atomic { live = false; say_changed() };
		d_step { ended_elsewhere = now }
	fi
}

/* A server answers in order: what it says to PING comes behind what it had to say before. */
proctype redis()
{
	byte t;

end:	do
	:: atomic { asked ? [t] && nfull(told) -> asked ? t; if :: subscribed -> told ! PONG(t) :: else fi; t = 0 }
	:: atomic { subscribed && losses < LOSSES -> subscribed = false; losses++ }
	od
}

/* store/subscription.c: let_go() */
inline let_go()
{
	lease = 0;
	raise_epoch();
	awaiting = false;
	d_step { subscribed = false; do :: told ? _, _ :: empty(told) -> break od; do :: asked ? _ :: empty(asked) -> break od }
}

/* store/keeper.c: keeper_turn(). There is one more whenever the one before was killed. */
proctype keeper()
{
	bool awaiting;
	byte asked_at, t;

begin:
	lease = 0; /* keeper_add() */
	do
	:: /* subscription_connect() */
#ifdef FLUSH_FIRST
		raise_epoch();
#endif
		subscribed = true;
#ifndef FLUSH_FIRST
#ifndef NO_FLUSH
		raise_epoch();
#endif
#endif
end:		do
		:: told ? CHANGED(_) -> raise_epoch() /* evict() */
		:: told ? PONG(t) -> /* take_proof(), renew() */
			awaiting = false;
#ifdef PROOF_OF_ARRIVAL
			t = now;
#endif
			lease = t;
			t = 0
		:: !awaiting && subscribed && asked_at < now -> /* ask_for_proof() */
			asked_at = now;
			asked ! asked_at;
			awaiting = true
		:: !subscribed -> break /* what it had still to say may be read, or not */
		:: atomic { losses < LOSSES -> /* killed, and started anew by the master */
			losses++;
			subscribed = false;
			do :: told ? _, _ :: empty(told) -> break od;
			do :: asked ? _ :: empty(asked) -> break od;
			awaiting = false; asked_at = 0 };
			goto begin
		od;
		let_go()
	od
}

init
{
	atomic { run clock(); run recalling(); run asking(); run ending(); run redis(); run keeper() }
}

/* SPDX-License-Identifier: ISC */
/*
 * The lease of the cache when another server has become the master: src/store/keeper.c, subscription.c, conn.c, exchange.c. The old one
 * goes on answering the keeper, and knows nothing of what happens on the new one.
 *
 * A worker finds the new master first, and keeps what it says; another host ends the session there. Anybody may stand still anywhere.
 *
 * Promised, as in cache.pml: no hit that begins when cache.lease has passed since the ending was acknowledged.
 *
 * Left out: what cache.pml has. It ends where the keeper is subscribed to the new master.
 *
 * MUTATION BLIND_RENEWAL  the lease is given by the word of a server without a look at whether it is still the one that counts
 */
#define LEASE 1
#define HORIZON 4
#define NEVER 255

byte now = 1;
byte lease = 1;
byte ended = NEVER;
bool live = true; /* on the new master */
bool known;       /* struct node: the epoch was raised */
bool entry_counts, copy_counts, answer_counts;

inline raise_epoch()
{
	d_step { entry_counts = false; copy_counts = false; answer_counts = false }
}

proctype clock()
{
end:	do
	:: now < HORIZON -> now++
	od
}

/* exchange.c: leave(); node.c: enter_run() */
proctype finding()
{
	known = true;
	lease = 0;
	raise_epoch()
}

/* auth/check.c: ask(), over a connection to the new master: that is made under the raised epoch */
proctype asking()
{
	bool is_live;

end:	do
	:: known ->
		answer_counts = true;
		is_live = live;
		if
		:: is_live -> entry_counts = answer_counts
		:: else
		fi;
		d_step { is_live = false; answer_counts = false }
	od
}

proctype elsewhere()
{
	known;
	live = false;
	d_step { ended = now }
}

/* keeper.c: keeper_turn(), as often as it likes; the old master answers every proof */
proctype keeper()
{
	byte asked_at;

	do
	:: known -> break /* subscription.c: look() */
	:: asked_at < HORIZON ->
		asked_at = now; /* ask_for_proof() */
		/* take_proof(), renew() */
#ifdef BLIND_RENEWAL
		lease = asked_at
#else
		if
		:: !known -> lease = asked_at
		:: else
		fi
#endif
	od;
	lease = 0; /* let_go() */
	raise_epoch()
}

/* store/cache.c: counts() */
proctype recalling()
{
	bool after, is_leased;
	byte mono;

end:	do
	:: atomic { entry_counts; after = ended != NEVER && now > ended + LEASE; mono = now; copy_counts = true };
		is_leased = lease > 0 && mono <= lease + LEASE;
		assert(!(after && is_leased && copy_counts));
		d_step { after = false; is_leased = false; mono = 0; copy_counts = false }
	od
}

init
{
	atomic { run clock(); run finding(); run asking(); run elsewhere(); run keeper(); run recalling() }
}

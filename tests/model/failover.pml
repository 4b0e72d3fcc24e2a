/* SPDX-License-Identifier: ISC */
/*
 * A failover of Redis: src/store/durable.c, writing.c, node.c, conn.c, exchange.c, src/spool/ops.c, replay.c, src/auth/refresh.c,
 * src/store/lua/end.lua, rotate.lua.
 *
 * A master, a replica that follows it as it likes, and a failover to the replica at any moment. The old master goes on taking writes
 * from whoever is still connected to it. A session is ended once, by its own token; its user exchanges his refresh tokens, honestly:
 * always the last that he was given. redis.durability is "replica" (with redis.wait_replicas "all") or "memory".
 *
 * Promised:
 *	no check of this host that begins after a 202 passes, nor after a 200 with "replica"
 *	a token of an honest client is never taken for a used one
 *	whatever is told of the ending, by whichever master, has one event id
 *
 * Left out: the cache (cache.pml) and who dies (spool.pml); several replicas, of which one may lack what the others have ("all" asks
 * every one); a replica of the new master; that a replica lags behind for more than the minute for which the spool keeps what is
 * done; an operator's ending, which leaves the deny table as soon as it is done, so that with "memory" a failover can revive whom it
 * ended until it is replayed again; the end of the grace time.
 *
 * MUTATION NO_WAIT          an ending is acknowledged when the master has it
 * MUTATION SHORT_IS_ENOUGH  and one for which WAIT came short is not spooled
 * MUTATION NO_REOPENING     what was done before another master answered is not written again
 * MUTATION DENY_LEFT_EARLY  the entry leaves the deny table with the script, not a minute later
 * MUTATION NEW_ID           the replay makes an event id of its own
 * MUTATION NO_GENERATION    a token of a later generation than the record knows counts as a used one
 * MUTATION NO_EPOCH         who is connected to another master does not tell this host's other processes
 */
#define GENERATIONS 3

/* Of each server: is the session alive, the generation of its family's current token. 0 is the master at first, 1 its replica. */
bool live[2] = true;
byte current[2];
bool failed_over; /* the replica was promoted */
bool known;       /* and this host knows it (struct node: epoch, config) */
byte ids;         /* a bit for each event id that was told of the ending */

bool is_replica; /* redis.durability */
mtype { NONE, WAITS, DONE };
mtype row = NONE; /* of the spool */
bool denied;      /* its entry in the deny table */
bool answered;    /* what was promised */
byte given;       /* the token that the client has */

/*
 * A connection that stands is to the old master, until somebody of this host knows of another one; who connects anew may come to
 * that. conn_enter(), enter_run(): he raises the epoch before he asks it anything.
 */
inline connect(m)
{
	if
	:: atomic { !known -> m = 0 }
#ifdef NO_EPOCH
	:: atomic { failed_over -> m = 1 }
#else
	:: atomic { failed_over -> known = true; m = 1 }
#endif
	fi
}

proctype replication()
{
end:	do
	:: d_step { !failed_over && (live[1] != live[0] || current[1] != current[0]) -> live[1] = live[0]; current[1] = current[0] }
	od
}

proctype failover()
{
	failed_over = true
}

/* lua/end.lua: the script on server ${m}, with event id ${id}; and WAIT behind it, which is short once nobody follows. */
inline end_on(m, id)
{
	d_step {
		if
		:: live[m] -> live[m] = false; ids = ids | id
		:: else
		fi;
		assert(ids != 3)
	}
}

/* What WAIT says behind it: the replica has all that was written before. */
#define IS_KEPT(m) (m == 1 || (!failed_over && !live[1]))

/* ops.c: end(); durable.c */
proctype ending()
{
	byte m;

	if :: is_replica = true :: skip fi;
	if
	:: connect(m)
	:: goto spool /* nothing was sent */
	fi;
	end_on(m, 1);
	if
	:: !is_replica -> goto over /* 200: what that is worth the manual says */
#ifdef NO_WAIT
	:: is_replica -> answered = true; goto over
#else
	:: atomic { is_replica && IS_KEPT(m) -> answered = true }; goto over /* 200 */
#endif
	:: skip /* short, or the answer was lost */
	fi;
#ifdef SHORT_IS_ENOUGH
	answered = is_replica; goto over;
#endif
spool:	row = WAITS;
	denied = true;
	answered = true; /* 202 */
over:	skip
}

/* replay.c: write_entry(), follow_failover(), purge() */
proctype replay()
{
	byte m;

end:	do
	:: row == WAITS ->
		connect(m);
#ifdef NEW_ID
		end_on(m, 2);
#else
		end_on(m, 1);
#endif
		if
		:: atomic { !is_replica || IS_KEPT(m) -> row = DONE }
		:: skip /* short, or the answer was lost */
		fi;
#ifdef DENY_LEFT_EARLY
		denied = false
#endif
#ifndef NO_REOPENING
	:: atomic { row == DONE && known && m == 0 -> row = WAITS }
#endif
	/* a minute has passed, in which a replica had time to follow, or a failover to be noticed */
#ifdef NO_REOPENING
	:: row == DONE && denied && (!live[1] || known) ->
#else
	:: row == DONE && denied && !live[1] ->
#endif
		denied = false
	od
}

/* ops.c: lookup_shared(), exchange.c */
proctype asking()
{
	bool after, is_live;
	byte m;

end:	do
	:: after = answered;
		if
		:: denied -> goto next
		:: else
		fi;
		connect(m);
		is_live = live[m];
		assert(!(after && is_live));
next:		atomic { after = false; is_live = false; m = 0 }
	od
}

/* auth/refresh.c, lua/rotate.lua: he shows the last token that he was given; an answer may be lost, and then he shows it again. */
proctype refreshing()
{
	byte m;

end:	do
	:: given < GENERATIONS ->
		connect(m);
		d_step {
			if
			:: !live[m]
			:: live[m] && given == current[m] -> current[m] = given + 1
			:: live[m] && given > current[m] -> /* that was lost */
#ifdef NO_GENERATION
				assert(false);
#endif
				current[m] = given + 1
			:: live[m] && given + 1 == current[m] /* repeated, within the grace time, or with its own device */
			:: live[m] && given + 1 < current[m] -> assert(false) /* used: burnt */
			fi
		};
		if
		:: atomic { live[m] && current[m] > given -> given = current[m] }
		:: skip
		fi
	od
}

init
{
	atomic { run replication(); run failover(); run ending(); run replay(); run asking(); run refreshing() }
}

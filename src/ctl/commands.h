/* SPDX-License-Identifier: ISC */
/* What the command table of main.c runs: each returns CTL_*. */
#ifndef CTL_COMMANDS_H
#define CTL_COMMANDS_H

struct ctl;
struct options;

/* doorwardctl user: changes of accounts that end their sessions. */
int change_password(struct ctl *c, const struct options *o);
int change_disable(struct ctl *c, const struct options *o);
int change_enable(struct ctl *c, const struct options *o);
int change_delete(struct ctl *c, const struct options *o);

/* doorwardctl config: what the daemon would make of the configuration file. */
int conf_test(struct ctl *c, const struct options *o);
int conf_dump(struct ctl *c, const struct options *o);

/* doorwardctl user groups: shows or changes the groups of an account, and of the sessions that are open. */
int groups_command(struct ctl *c, const struct options *o);

/* doorwardctl hash: a password on standard input becomes a hash on standard output. */
int hash_command(struct ctl *c, const struct options *o);

/* doorwardctl key: which keys there are, a new one, an old one away. The daemon takes changes up when it is reloaded. */
int key_list(struct ctl *c, const struct options *o);
int key_generate(struct ctl *c, const struct options *o);
int key_retire(struct ctl *c, const struct options *o);

/* doorwardctl audit: does the chain of the audit file hold? */
int audit_verify(struct ctl *c, const struct options *o);

/* doorwardctl ledger: the sessions that have ended. */
int ledger_list(struct ctl *c, const struct options *o);

/* doorwardctl outbox: what waits for the sinks, and what could not be delivered. */
int outbox_status(struct ctl *c, const struct options *o);
int outbox_dead(struct ctl *c, const struct options *o);
int outbox_retry(struct ctl *c, const struct options *o);
int outbox_drop(struct ctl *c, const struct options *o);
int outbox_forget(struct ctl *c, const struct options *o);

/* doorwardctl risk explain: what would be unusual about a login. */
int risk_explain(struct ctl *c, const struct options *o);

/* doorwardctl session kick: ends sessions of others. */
int kick_command(struct ctl *c, const struct options *o);

/* doorwardctl session: what is open. */
int session_list_command(struct ctl *c, const struct options *o);
int session_show(struct ctl *c, const struct options *o);

/* doorwardctl spool: endings that were promised while Redis could not be asked. */
int spool_status_command(struct ctl *c, const struct options *o);
int spool_list_command(struct ctl *c, const struct options *o);
int spool_replay_command(struct ctl *c, const struct options *o);

/* doorwardctl status: the scoreboard of the running daemon. */
int status_command(struct ctl *c, const struct options *o);

/* doorwardctl watch: events as they happen. */
int watch_command(struct ctl *c, const struct options *o);

/* doorwardctl user unlock: forgets the failed logins of an account. */
int unlock_command(struct ctl *c, const struct options *o);

/* doorwardctl userdb: the tables that others' databases need. */
int userdb_init(struct ctl *c, const struct options *o);

/* doorwardctl user: accounts. */
int user_add(struct ctl *c, const struct options *o);
int user_import(struct ctl *c, const struct options *o);
int user_list(struct ctl *c, const struct options *o);
int user_show(struct ctl *c, const struct options *o);

#endif

/* The board as Prometheus text, exposition format 0.0.4. Names end in their unit; counters in _total. */
#include "config.h"

#include "admin/routes.h"

static void
head(struct buf *b, const char *name, const char *type, const char *help)
{

	buf_printf(b, "# HELP doorward_%s %s\n# TYPE doorward_%s %s\n", name, help, name, type);
}

static void
single(struct buf *b, const char *name, const char *type, const char *help, uint64_t value)
{

	head(b, name, type, help);
	buf_printf(b, "doorward_%s %llu\n", name, (unsigned long long)value);
}

static void
put_requests(struct buf *b, const struct board *board)
{
	struct board_numbers t;

	head(b, "requests_total", "counter", "Requests answered, by pool and class of status.");
	for (uint32_t i = 0; i < BOARD_ROLES && board->roles[i].name[0] != '\0'; i++) {
		board_totals(board, i, &t);
		for (int class = 1; class <= 5; class++)
			buf_printf(b, "doorward_requests_total{pool=\"%s\",status=\"%dxx\"} %llu\n",
			    board->roles[i].name, class, (unsigned long long)board_answered(&t, class));
	}
}

/* One counter of every pool. ${value}: which. */
static void
put_by_pool(struct buf *b, const struct board *board, const char *name, const char *help,
    uint64_t (*value)(const struct board_numbers *))
{
	struct board_numbers t;

	head(b, name, "counter", help);
	for (uint32_t i = 0; i < BOARD_ROLES && board->roles[i].name[0] != '\0'; i++) {
		board_totals(board, i, &t);
		buf_printf(b, "doorward_%s{pool=\"%s\"} %llu\n", name, board->roles[i].name,
		    (unsigned long long)value(&t));
	}
}

static uint64_t
accepted_of(const struct board_numbers *t)
{

	return (board_counted(t, COUNT_ACCEPTED));
}

static uint64_t
store_errors_of(const struct board_numbers *t)
{

	return (board_counted(t, COUNT_STORE_ERRORS));
}

static uint64_t
userdb_errors_of(const struct board_numbers *t)
{

	return (board_counted(t, COUNT_USERDB_ERRORS));
}

static uint64_t
overload_of(const struct board_numbers *t)
{

	return (board_counted(t, COUNT_REFUSED_OVERLOAD));
}

static void
put_hashing(struct buf *b, const struct board *board)
{
	struct board_numbers t;
	uint64_t ms = 0, now = 0;

	for (uint32_t i = 0; i < BOARD_ROLES && board->roles[i].name[0] != '\0'; i++) {
		board_totals(board, i, &t);
		ms += board_counted(&t, COUNT_HASH_MS);
	}
	for (size_t i = 0; i < BOARD_SLOTS; i++)
		now += board->slots[i].hashing;
	single(b, "hashing", "gauge", "Passwords being hashed.", now);
	single(b, "hashing_limit", "gauge", "Passwords that may be hashed at a time.", board->max_hashing);
	head(b, "hashing_seconds_total", "counter", "Time spent on hashing passwords.");
	buf_printf(b, "doorward_hashing_seconds_total %llu.%03llu\n", (unsigned long long)(ms / 1000),
	    (unsigned long long)(ms % 1000));
}

static uint64_t
count(const struct board *board, uint32_t role, uint32_t state)
{
	uint64_t n = 0;

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		n += board->slots[i].state == state && board->slots[i].role == role;
	return (n);
}

static void
put_workers(struct buf *b, const struct board *board)
{

	head(b, "workers", "gauge", "Processes, by pool and state.");
	for (uint32_t i = 0; i < BOARD_ROLES && board->roles[i].name[0] != '\0'; i++)
		for (uint32_t state = BOARD_STARTING; state <= BOARD_LEAVING; state++)
			buf_printf(b, "doorward_workers{pool=\"%s\",state=\"%s\"} %llu\n", board->roles[i].name,
			    board_state_word(state), (unsigned long long)count(board, i, state));
	head(b, "workers_wanted", "gauge", "Processes there should be, by pool.");
	for (uint32_t i = 0; i < BOARD_ROLES && board->roles[i].name[0] != '\0'; i++)
		buf_printf(b, "doorward_workers_wanted{pool=\"%s\"} %u\n", board->roles[i].name,
		    board->roles[i].wanted);
	head(b, "worker_deaths_total", "counter", "Processes that ended without being told to, by pool.");
	for (uint32_t i = 0; i < BOARD_ROLES && board->roles[i].name[0] != '\0'; i++)
		buf_printf(b, "doorward_worker_deaths_total{pool=\"%s\"} %llu\n", board->roles[i].name,
		    (unsigned long long)board->roles[i].deaths);
}

static void
put_breakers(struct buf *b, const struct board *board)
{
	uint64_t open = 0;

	for (size_t i = 0; i < BOARD_SLOTS; i++)
		open += board->slots[i].state != BOARD_FREE && board->slots[i].breaker != 0;
	single(b, "breakers_open", "gauge", "Processes that do not ask Redis, or only try, because it failed.", open);
}

void
metrics_text(struct app *app, struct request *q, struct response *r)
{
	const struct board *board = app->board;
	struct buf *b = &r->body;

	(void)q;
	r->status = 200;
	r->type = "text/plain; version=0.0.4; charset=utf-8";
	head(b, "build_info", "gauge", "Always 1; the labels tell what runs.");
	buf_puts(b, "doorward_build_info{version=\"" PACKAGE_VERSION "\"} 1\n");
	head(b, "start_time_seconds", "gauge", "When the master was started, seconds since the epoch.");
	buf_printf(b, "doorward_start_time_seconds %lld\n", (long long)(board->started / 1000));
	put_requests(b, board);
	put_by_pool(b, board, "connections_total", "Connections accepted, by pool.", accepted_of);
	put_by_pool(b, board, "store_errors_total", "Times Redis could not be asked, by pool.", store_errors_of);
	put_by_pool(b, board, "userdb_errors_total", "Times the user database could not be asked, by pool.",
	    userdb_errors_of);
	put_by_pool(b, board, "overloaded_total", "Requests refused because too many passwords were being hashed.",
	    overload_of);
	put_hashing(b, board);
	put_workers(b, board);
	put_breakers(b, board);
	single(b, "generation", "gauge", "Reloads that succeeded, and one.", board->generation);
	single(b, "last_reload_failed", "gauge", "1 if the last reload was refused.",
	    board->last_reload == RELOAD_FAILED);
	single(b, "respawns_total", "counter", "Processes started to replace one that ended.", board->respawns);
	single(b, "slow_requests_total", "counter", "Requests that took longer than workers.slow_after.", board->slow);
	single(b, "stuck_kills_total", "counter", "Workers killed because their request took too long.", board->killed);
	single(b, "redis_respawns_total", "counter", "Times the private Redis ended and was started again.",
	    board->redis_respawns);
}

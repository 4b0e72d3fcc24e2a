#include "base/clock.h"

#include "admin/routes.h"

#define ASK_PERIOD 200 /* ms: health checkers in numbers must not become a load on what they watch */

/* The last answers, and when they were given. */
static struct {
	bool asked;
	int64_t at;
	enum dw_result store, users;
} last;

static void
ask(struct app *app)
{
	int64_t now = clock_mono_ms();

	if (last.asked && now - last.at < ASK_PERIOD)
		return;
	last.store = app->store->ping(app->store_ctx);
	board_stage(app->slot, STAGE_USERDB);
	last.users = app->users->ping(app->users_ctx);
	last.asked = true;
	last.at = clock_mono_ms();
}

void
health_refuse(const struct request *q, struct response *r, enum dw_result rc, const char *what)
{

	if (rc == DW_UNAVAILABLE)
		response_error(r, q, what, "It cannot be asked at the moment.", NULL, 1);
	else
		response_error(r, q, "server_error", "The answer made no sense, the log says more.", NULL, 0);
}

void
health_live(struct app *app, struct request *q, struct response *r)
{

	(void)app;
	(void)q;
	response_json(r, 200);
	buf_puts(&r->body, "{\"status\":\"ok\"}");
}

/* Whatever is not a good answer is "not ready": a checker knows no third word. */
void
health_ready(struct app *app, struct request *q, struct response *r)
{

	ask(app);
	if (last.store != DW_OK) {
		response_error(r, q, "store_unavailable", "Redis cannot be asked.", NULL, 1);
		return;
	}
	if (last.users != DW_OK) {
		response_error(r, q, "userdb_unavailable", "The user database cannot be asked.", NULL, 1);
		return;
	}
	response_json(r, 200);
	buf_puts(&r->body, "{\"status\":\"ready\"}");
}

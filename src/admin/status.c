/* SPDX-License-Identifier: ISC */
/* /status: the page, or with ?json the same as an object; and the words that both use. */
#include "admin/numbers.h"
#include "admin/routes.h"
#include "base/clock.h"

#include "admin/status.h"

int64_t
status_busy_ms(const struct board_slot *s)
{
	int64_t ms = clock_mono_ms() - s->busy_since;

	return (s->state == BOARD_BUSY && ms > 0 ? ms : 0);
}

const char *
status_reload_word(const struct board *b)
{
	static const char *const words[] = { "none", "ok", "failed" };

	return (words[b->last_reload <= RELOAD_FAILED ? b->last_reload : RELOAD_NONE]);
}

const char *
status_breaker_word(const struct board_slot *s)
{
	static const char *const words[] = { "closed", "open", "half-open" };

	return (s->breaker < 3 ? words[s->breaker] : "unknown");
}

uint64_t
status_requests(const struct board *b)
{
	struct board_numbers t;
	uint64_t n = 0;

	for (uint32_t i = 0; numbers_role(b, i); i++) {
		if (!numbers_serves(b, i))
			continue;
		board_totals(b, i, &t);
		n += board_counted(&t, COUNT_REQUESTS);
	}
	return (n);
}

/* ?json, whatever its value. */
static bool
wants_json(const struct request *q)
{
	bool bad = false;

	return (str_is(q->query, "json") || request_query(q, "json", &bad).p != NULL);
}

void
status_page(struct app *app, struct request *q, struct response *r)
{

	if (wants_json(q))
		status_json(app, r);
	else
		status_html(app, q, r);
}

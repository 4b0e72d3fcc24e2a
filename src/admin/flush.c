/* SPDX-License-Identifier: ISC */
/*
 * POST /admin/flush: forgets the answers of recent checks. For doorwardctl, which ends sessions in Redis directly and must not
 * leave a moment in which this host still accepts them.
 */
#include "doorward/cache.h"

#include "admin/routes.h"

void
flush_post(struct app *app, struct request *q, struct response *r)
{

	(void)q;
	cache_flush(app->cache);
	response_json(r, 200);
	buf_puts(&r->body, "{\"status\":\"flushed\"}");
}

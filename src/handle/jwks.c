/* SPDX-License-Identifier: ISC */
/*
 * /jwks.json: the public keys that access tokens are verified with; caches may keep it for a while. Whoever verifies with them
 * asks when he meets a kid he does not know, and perhaps not again soon: so nobody may sign with a key that this answer leaves
 * out. Those who might are processes that were started later, after a reload or by a manager that starts them one by one; where
 * there can be such, the directory is looked at again.
 */
#include "crypto/keyring.h"
#include "doorward/app.h"
#include "doorward/board.h"
#include "doorward/request.h"
#include "doorward/response.h"

#include "handle/handlers.h"

static bool
may_have_followers(const struct app *app)
{

	if (app->board->master_pid == 0)
		return (true); /* started by somebody else's manager */
	for (size_t i = 0; i < BOARD_SLOTS; i++)
		if (app->board->slots[i].generation > app->slot->generation)
			return (true);
	return (false);
}

void
handle_jwks(struct app *app, struct request *q, struct response *r)
{

	(void)q; /* the same for everybody */
	response_public(r);
	if (may_have_followers(app))
		keyring_look_again(app->keys);
	keyring_jwks(app->keys, &r->body);
}

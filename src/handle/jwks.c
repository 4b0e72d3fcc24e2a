/* SPDX-License-Identifier: ISC */
/* /jwks.json: the public keys that access tokens are verified with. The only answer that caches may keep. */
#include "crypto/keyring.h"
#include "doorward/app.h"
#include "doorward/request.h"
#include "doorward/response.h"

#include "handle/jwks.h"

void
handle_jwks(struct app *app, struct request *q, struct response *r)
{

	(void)q; /* the same for everybody */
	response_public(r);
	keyring_jwks(app->keys, &r->body);
}

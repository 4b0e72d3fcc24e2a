/* SPDX-License-Identifier: ISC */
/*
 * A first try at a session check in C: libfcgi, one Redis connection a process, the session read and prolonged by one
 * GETEX.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include <fcgiapp.h>
#include <hiredis/hiredis.h>

#include "prefork.h"

#define COOKIE "sid="
#define LIFE "1800" /* seconds */

static const char *redis_path;

static void
refuse(FCGX_Request *r, const char *status)
{

	FCGX_FPrintF(r->out, "Status: %s\r\nContent-Type: text/plain\r\n\r\n", status);
}

/* ${user} is the value of "user" in a session that is written as flat JSON. */
static void
allow(FCGX_Request *r, const char *session)
{
	const char *user = strstr(session, "\"user\":\"");
	size_t n = user == NULL ? 0 : strcspn(user + 8, "\"");

	if (n == 0) {
		refuse(r, "401 Unauthorized");
		return;
	}
	FCGX_PutS("Status: 200 OK\r\nContent-Type: text/plain\r\nRemote-User: ", r->out);
	FCGX_PutStr(user + 8, (int)n, r->out);
	FCGX_PutS("\r\n\r\n", r->out);
}

static void
check(FCGX_Request *r, redisContext *redis)
{
	const char *cookie = FCGX_GetParam("HTTP_COOKIE", r->envp);
	const char *sid = cookie == NULL ? NULL : strstr(cookie, COOKIE);
	redisReply *reply;

	if (sid == NULL) {
		refuse(r, "401 Unauthorized");
		return;
	}
	sid += strlen(COOKIE);
	reply = redisCommand(redis, "GETEX session:%b EX " LIFE, sid, strcspn(sid, "; "));
	if (reply == NULL)
		errx(1, "Redis: %s", redis->errstr);
	if (reply->type == REDIS_REPLY_STRING)
		allow(r, reply->str);
	else
		refuse(r, "401 Unauthorized");
	freeReplyObject(reply);
}

static void
serve(int fd)
{
	redisContext *redis = redisConnectUnix(redis_path);
	FCGX_Request r;

	if (redis == NULL || redis->err)
		errx(1, "%s: no connection to Redis", redis_path);
	if (FCGX_Init() != 0 || FCGX_InitRequest(&r, fd, 0) != 0)
		errx(1, "libfcgi does not start");
	while (FCGX_Accept_r(&r) == 0) {
		check(&r, redis);
		FCGX_Finish_r(&r);
	}
}

int
main(int argc, char **argv)
{

	if (argc != 4)
		errx(2, "usage: first SOCKET PROCESSES REDIS");
	redis_path = argv[3];
	prefork_run(prefork_listen(argv[1]), (unsigned)atoi(argv[2]), serve);
	return (1);
}

/* SPDX-License-Identifier: ISC */
/*
 * A FastCGI application as people write them with libfcgi, for the tests of front servers: application SOCKET. It answers with
 * what it was told, a line a variable, and with the body.
 *
 * FCGX_GetParam returns the first of two equal names, where a CGI program sees the last: lines that begin with "first " are for
 * this.
 */
#include <sys/stat.h>

#include <fcgiapp.h>
#include <stdio.h>

static void
answer(FCGX_Request *r)
{
	static const char *const asked[] = { "REMOTE_USER", "REMOTE_GROUPS", "AUTH_TYPE", "DOORWARD_USER_ID" };
	char part[4096];
	const char *value;
	int n;

	FCGX_FPrintF(r->out, "Content-Type: text/plain\r\n\r\n");
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		if ((value = FCGX_GetParam(asked[i], r->envp)) != NULL)
			FCGX_FPrintF(r->out, "first %s=%s\n", asked[i], value);
	for (char **p = r->envp; *p != NULL; p++)
		FCGX_FPrintF(r->out, "%s\n", *p);
	FCGX_FPrintF(r->out, "BODY\n");
	while ((n = FCGX_GetStr(part, sizeof(part), r->in)) > 0)
		FCGX_PutStr(part, n, r->out);
}

int
main(int argc, char **argv)
{
	FCGX_Request r;
	int fd;

	umask(0); /* the front server may run as somebody else */
	if (argc != 2 || FCGX_Init() != 0 || (fd = FCGX_OpenSocket(argv[1], 64)) < 0 || FCGX_InitRequest(&r, fd, 0) != 0) {
		fprintf(stderr, "usage: application SOCKET\n");
		return (1);
	}
	while (FCGX_Accept_r(&r) == 0) {
		answer(&r);
		FCGX_Finish_r(&r);
	}
	return (0);
}

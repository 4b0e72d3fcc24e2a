/* SPDX-License-Identifier: ISC */
/* The floor: what everybody writes with libfcgi, answering nothing but hello. */
#include <err.h>
#include <stdlib.h>

#include <fcgiapp.h>

#include "prefork.h"

static void
serve(int fd)
{
	FCGX_Request r;

	if (FCGX_Init() != 0 || FCGX_InitRequest(&r, fd, 0) != 0)
		errx(1, "libfcgi does not start");
	while (FCGX_Accept_r(&r) == 0) {
		FCGX_PutS("Status: 200\r\nContent-Type: text/plain\r\n\r\nhello\n", r.out);
		FCGX_Finish_r(&r);
	}
}

int
main(int argc, char **argv)
{

	if (argc != 3)
		errx(2, "usage: plain SOCKET PROCESSES");
	prefork_run(prefork_listen(argv[1]), (unsigned)atoi(argv[2]), serve);
	return (1);
}

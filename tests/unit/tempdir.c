/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tempdir.h"

char tempdir[] = "/tmp/doorward-unit.XXXXXX";

int
tempdir_make(void **state)
{

	(void)state;
	return (mkdtemp(tempdir) == NULL ? -1 : 0);
}

int
tempdir_remove(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", tempdir);
	return (system(command));
}

int
tempdir_remove_empty(void **state)
{

	(void)state;
	return (rmdir(tempdir));
}

#include <stdio.h>

#include "config/load.h"
#include "ctl/ctl.h"

#include "ctl/conf.h"

int
conf_test(struct ctl *c, const struct options *o)
{

	(void)o;
	if (ctl_config(c) != 0)
		return (CTL_FAILED);
	printf("%s: ok\n", c->file);
	return (CTL_DONE);
}

int
conf_dump(struct ctl *c, const struct options *o)
{

	(void)o;
	if (ctl_config(c) != 0)
		return (CTL_FAILED);
	config_dump(c->conf, stdout);
	return (CTL_DONE);
}

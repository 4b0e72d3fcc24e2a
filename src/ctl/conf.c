/* SPDX-License-Identifier: ISC */
/* "config test" and "config dump". */
#include <stdio.h>

#include "config/baseline.h"
#include "config/load.h"
#include "ctl/ctl.h"
#include "ctl/options.h"
#include "store/inspect.h"

#include "ctl/commands.h"

int
conf_test(struct ctl *c, const struct options *o)
{

	if (ctl_config(c) != 0)
		return (CTL_FAILED);
	if (o->strict && baseline_check(c->conf, stderr) + inspect_server(c->conf, c->file, stderr) > 0) {
		ctl_say("%s deviates from the security baseline, see doorward.conf(5)", c->file);
		return (CTL_FAILED);
	}
	printf("%s: well formed%s\n", c->file, o->strict ? ", and by the security baseline" : "");
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

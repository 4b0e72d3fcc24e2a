/* SPDX-License-Identifier: ISC */
/*
 * The list "alerts": one row for each kind of event that is counted. A window is made of whole steps of whole seconds, as
 * events carry seconds; and of not too many, since each is looked at for every event.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/row.h"
#include "config/table.h"
#include "config/value.h"
#include "doorward/event.h"

#include "config/alerts.h"

/* One row while it is read. */
struct row {
	const struct loading *l;
	const config_setting_t *at;
	size_t i;
	struct alert_conf *alert;
};

/* Adds a message about ${option} of the row; returns false. */
static bool __attribute__((format(printf, 3, 4))) refuse(const struct row *r, const char *option, const char *fmt, ...)
{
	const config_setting_t *at = config_setting_get_member((config_setting_t *)(uintptr_t)r->at, option);
	char name[OPTION_NAME_MAX], what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(name, sizeof(name), "alerts[%zu].%s", r->i, option);
	return (source_wrong(r->l, at == NULL ? r->at : at, name, "%s", what));
}

/* The name becomes the reason of an event, and part of one. */
static bool
check_name(const struct row *r)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *name = r->alert->name;

	if (name == NULL)
		return (refuse(r, "name", "is missing"));
	if (strspn(name, letters) != strlen(name) || name[0] == '-')
		return (refuse(r, "name", "\"%s\" is not a name: lower case letters, digits, '-' and '_'", name));
	for (size_t i = 0; i < r->i; i++)
		if (r->l->c->alerts[i].name != NULL && strcmp(r->l->c->alerts[i].name, name) == 0)
			return (refuse(r, "name", "there is already an alert \"%s\"", name));
	return (true);
}

static bool
check_event(const struct row *r)
{
	static const char *const types[] = { EVENT_TYPES };

	if (r->alert->event == NULL)
		return (refuse(r, "event", "is missing"));
	if (strcmp(r->alert->event, "alert") == 0)
		return (refuse(r, "event", "\"%s\" is what alerts are told by, and is not counted", r->alert->event));
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i], r->alert->event) == 0)
			return (true);
	return (refuse(r, "event", "there is no event \"%s\"", r->alert->event));
}

static bool
check_window(const struct row *r)
{
	const struct alert_conf *a = r->alert;

	if (a->step > a->window || a->window % a->step != 0)
		return (refuse(r, "window", "must be a multiple of step"));
	if (a->window / a->step > ALERT_STEPS_MAX)
		return (refuse(r, "step", "must be longer: a window has at most %d steps", ALERT_STEPS_MAX));
	return (true);
}

static bool
check_rest(const struct row *r)
{
	bool good = true;

	if (r->alert->count == 0)
		good = refuse(r, "count", "is missing");
	if (r->alert->revoke && r->alert->by != ALERT_BY_USER)
		good = refuse(r, "action", "\"revoke\" needs by = \"user\": whose sessions should end?");
	return (good);
}

static bool
set_defaults(const struct row *r)
{
	char why[128];

	for (const struct option *o = table_alert_options; o->name != NULL; o++)
		if (!table_is_required(o) && !value_from_text(o, o->def, r->alert, why, sizeof(why)))
			return (refuse(r, o->name, "%s", why));
	return (true);
}

/* What was read wrong was said; the checks would say more about it than is so. */
static bool
add_row(const struct loading *l, const config_setting_t *setting, int index)
{
	struct row r = { l, setting, l->c->n_alerts, &l->c->alerts[l->c->n_alerts] };
	char name[OPTION_NAME_MAX];

	snprintf(name, sizeof(name), "alerts[%d]", index);
	if (!config_setting_is_group(setting))
		return (
		    source_wrong(l, setting, name, "must be a group, as in { name = \"spray\"; event = \"login_failed\"; … }"));
	l->c->source->alerts[l->c->n_alerts++] = setting;
	if (!set_defaults(&r) || !row_read(l, setting, "alerts", index, table_alert_options, r.alert))
		return (false);
	return (check_name(&r) & check_event(&r) & check_window(&r) & check_rest(&r)); /* all of them, so that all are told */
}

bool
alerts_read(const struct loading *l)
{
	const config_setting_t *list = source_of(l->c, "alerts");
	bool good = true;
	int n;

	if (list == NULL)
		return (true);
	if (!source_is_rows(list))
		return (source_wrong(l, list, "alerts", "must be a list of groups, as in ( { name = \"spray\"; … } )"));
	if ((n = config_setting_length(list)) > ALERTS_MAX)
		return (source_wrong(l, list, "alerts", "has more than %d elements", ALERTS_MAX));
	l->c->alerts = calloc((size_t)n + 1, sizeof(*l->c->alerts));
	l->c->source->alerts = calloc((size_t)n + 1, sizeof(*l->c->source->alerts));
	if (l->c->alerts == NULL || l->c->source->alerts == NULL)
		return (source_wrong(l, list, "alerts", "%s", strerror(errno)));
	for (int i = 0; i < n; i++)
		good &= add_row(l, config_setting_get_elem(list, (unsigned)i), i);
	return (good);
}

void
alerts_free(struct config *c)
{

	for (size_t i = 0; i < c->n_alerts; i++)
		for (const struct option *o = table_alert_options; o->name != NULL; o++)
			value_free(o, &c->alerts[i]);
	free(c->alerts);
	free(c->source->alerts);
}

/* SPDX-License-Identifier: ISC */
/*
 * The list "alerts": one row for each kind of event that is counted. A window is made of whole steps of whole seconds, as
 * events carry seconds; and of not too many, since each is looked at for every event.
 */
#include <stdlib.h>
#include <string.h>

#include "config/row.h"
#include "config/syntax.h"

#include "config/alerts.h"

/* The name becomes the reason of an event, and part of one. */
static bool
check_name(const struct row *r, const struct alert_conf *a)
{
	const char *name = a->name;

	if (name == NULL)
		return (row_wrong(r, "name", "is missing"));
	if (!syntax_is_name(name))
		return (row_wrong(r, "name", "\"%s\" is not a name: lower case letters, digits, '-' and '_'", name));
	for (const struct alert_conf *other = r->l->c->alerts; other < a; other++)
		if (other->name != NULL && strcmp(other->name, name) == 0)
			return (row_wrong(r, "name", "there is already an alert \"%s\"", name));
	return (true);
}

static bool
check_event(const struct row *r, const struct alert_conf *a)
{

	if (a->event == NULL)
		return (row_wrong(r, "event", "is missing"));
	if (strcmp(a->event, "alert") == 0)
		return (row_wrong(r, "event", "\"%s\" is what alerts are told by, and is not counted", a->event));
	return (syntax_is_event(a->event) ? true : row_wrong(r, "event", "there is no event \"%s\"", a->event));
}

static bool
check_window(const struct row *r, const struct alert_conf *a)
{

	if (a->step > a->window || a->window % a->step != 0)
		return (row_wrong(r, "window", "must be a multiple of step"));
	if (a->window / a->step > ALERT_STEPS_MAX)
		return (row_wrong(r, "step", "must be longer: a window has at most %d steps", ALERT_STEPS_MAX));
	return (true);
}

static bool
check_rest(const struct row *r, const struct alert_conf *a)
{
	bool good = true;

	if (a->count == 0)
		good = row_wrong(r, "count", "is missing");
	if (a->revoke && a->by != ALERT_BY_USER)
		good = row_wrong(r, "action", "\"revoke\" needs by = \"user\": whose sessions should end?");
	return (good);
}

/* What was read wrong was said; the checks would say more about it than is so. */
static bool
add_row(const struct row *r)
{
	struct config *c = r->l->c;
	struct alert_conf *a = &c->alerts[c->n_alerts];

	c->source->alerts[c->n_alerts++] = r->at;
	if (!row_set_defaults(r, a) || !row_read(r, a))
		return (false);
	return (check_name(r, a) & check_event(r, a) & check_window(r, a) & check_rest(r, a)); /* all, so that all are told */
}

static const struct row_list alerts = {
	.name = "alerts",
	.like = "( { name = \"spray\"; … } )",
	.row_like = "{ name = \"spray\"; event = \"login_failed\"; … }",
	.most = ALERTS_MAX,
	.table = table_alert_options,
	.size = sizeof(struct alert_conf),
	.add = add_row,
};

bool
alerts_read(const struct loading *l)
{

	l->c->alerts = row_list_new(l, &alerts, &l->c->source->alerts);
	return (l->c->alerts != NULL && row_list_read(l, &alerts));
}

void
alerts_free(struct config *c)
{

	row_list_free(&alerts, c->alerts, c->n_alerts);
	free(c->source->alerts);
}

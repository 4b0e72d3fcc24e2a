/* SPDX-License-Identifier: ISC */
/*
 * "user import": accounts of another program, with their password hashes as they are. Each line stands for itself: one that is
 * refused is told with its number and the reason, the rest is imported, and the command fails at the end if there was one. Of
 * two lines for one name the first counts. What the database cannot do at all ends the command at once.
 *
 * With --replace the account has the hash and groups of the file afterwards. A new hash may be a new password, so it ends the
 * account's sessions, as "user passwd" does.
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "auth/name.h"
#include "base/base64url.h"
#include "base/clock.h"
#include "crypto/pwhash.h"
#include "crypto/random.h"
#include "ctl/change.h"
#include "ctl/ctl.h"
#include "ctl/options.h"
#include "ctl/print.h"
#include "ctl/records.h"

#include "ctl/commands.h"

#define ID_BYTES 16

struct import {
	struct ctl *c;
	const struct options *o;
	struct record record;
	void *seen; /* names, in a tree */
	size_t added, replaced, unchanged, refused;
};

enum step { STEP_DONE, STEP_REFUSED, STEP_BROKEN };

static enum step
refuse(struct import *m, const char *why)
{

	ctl_say("line %zu: %s", m->record.line, why);
	m->refused++;
	return (STEP_REFUSED);
}

static int
compare_names(const void *a, const void *b)
{

	return (strcmp(a, b));
}

/* Whether ${name} comes for the first time. */
static bool
is_first(struct import *m, const char *name)
{
	char *copy = strdup(name), **found;

	if (copy == NULL || (found = tsearch(copy, &m->seen, compare_names)) == NULL) {
		free(copy);
		return (false);
	}
	if (*found == copy)
		return (true);
	free(copy);
	return (false);
}

/* Those of the record, a list with ";" between, and those of the command. */
static bool
read_groups(const struct import *m, char out[GROUPS_MAX + 1])
{
	struct str rest = m->record.n > 2 ? str_trim(m->record.fields[2]) : STR_NONE, *groups;
	size_t most = m->o->groups.n + 1, n = 0;
	bool ok;

	for (size_t i = 0; i < rest.len; i++)
		most += rest.p[i] == ';';
	if ((groups = calloc(most, sizeof(*groups))) == NULL)
		return (false);
	while (rest.len > 0) {
		struct str group = str_trim(str_cut(&rest, ';'));

		if (group.len > 0)
			groups[n++] = group;
	}
	for (size_t i = 0; i < m->o->groups.n; i++)
		groups[n++] = str_of(m->o->groups.values[i]);
	ok = name_groups_join(groups, n, out);
	free(groups);
	return (ok);
}

/* Makes an account of the record. Returns why the line is refused, or NULL. */
static const char *
describe(struct import *m, struct account *a)
{
	const char *problem;
	uint8_t raw[ID_BYTES];

	memset(a, 0, sizeof(*a));
	if (m->record.fault != NULL)
		return (m->record.fault);
	if (m->record.n < 2)
		return ("a name and a hash are needed");
	if (!name_canonical(m->record.fields[0], a->name))
		return ("the name is refused: 1 to 64 bytes of UTF-8 without , : / \", controls and invisible characters");
	if (!str_copy(a->hash, sizeof(a->hash), m->record.fields[1]))
		return ("the hash is too long");
	if ((problem = pwhash_problem(a->hash)) != NULL)
		return (problem);
	if (!read_groups(m, a->groups))
		return ("the groups are refused: one has a comma or a control character, or together they are too long");
	if (!is_first(m, a->name))
		return ("a line before it has this name");
	if (random_bytes(raw, sizeof(raw)) != 0)
		return ("the kernel gives no random bytes");
	base64url_encode(raw, sizeof(raw), a->id);
	a->created = clock_wall();
	return (NULL);
}

static enum step
could_not(const struct import *m)
{

	ctl_say("line %zu: the user database could not be %s: the rest was not looked at", m->record.line,
	    m->o->dry_run ? "asked" : "written");
	return (STEP_BROKEN);
}

static enum step
replace(struct import *m, const struct account *now, const struct account *a)
{
	bool same_hash = strcmp(now->hash, a->hash) == 0, same_groups = strcmp(now->groups, a->groups) == 0;
	struct ctl *c = m->c;

	if (same_hash && same_groups) {
		m->unchanged++;
		return (STEP_DONE);
	}
	m->replaced++;
	if (m->o->dry_run)
		return (STEP_DONE);
	if (!same_groups && c->users->set_groups(c->users_ctx, now->id, now->groups, a->groups) != DW_OK)
		return (could_not(m));
	if (!same_hash && c->users->set_hash(c->users_ctx, now->id, now, a->hash) != DW_OK)
		return (could_not(m));
	return (change_end_sessions(c, now->id) == 0 ? STEP_DONE : STEP_BROKEN);
}

static enum step
add(struct import *m, const struct account *a)
{
	enum dw_result r = m->o->dry_run ? DW_OK : m->c->users->add(m->c->users_ctx, a);

	if (r == DW_REFUSED)
		return (refuse(m, "there is a user of this name already"));
	if (r != DW_OK)
		return (could_not(m));
	m->added++;
	return (STEP_DONE);
}

static enum step
store(struct import *m, const struct account *a)
{
	struct account now;
	enum step step;

	switch (m->c->users->find(m->c->users_ctx, a->name, &now)) {
	case DW_ABSENT:
		return (add(m, a));
	case DW_OK:
		step = m->o->replace ? replace(m, &now, a) : refuse(m, "there is a user of this name already");
		explicit_bzero(now.hash, sizeof(now.hash));
		return (step);
	default:
		return (could_not(m));
	}
}

/* The line that names the columns; where there is no column of groups, the two. */
static bool
is_heading(const struct record *r)
{

	return (r->line == 1 && r->fault == NULL && (r->n == 2 || r->n == 3) && str_is(r->fields[0], "name") &&
		str_is(r->fields[1], "hash") && (r->n == 2 || str_is(r->fields[2], "groups")));
}

static enum step
take(struct import *m, bool csv)
{
	struct account a;
	const char *why;
	enum step step;

	if (csv && is_heading(&m->record))
		return (STEP_DONE);
	why = describe(m, &a);
	step = why != NULL ? refuse(m, why) : store(m, &a);
	explicit_bzero(a.hash, sizeof(a.hash));
	return (step);
}

/* Without --format the name of the file says it. */
static int
choose_format(const struct options *o, bool *csv)
{
	size_t n = strlen(o->args[0]);

	*csv = n > 4 && strcmp(o->args[0] + n - 4, ".csv") == 0;
	if (o->format == NULL)
		return (0);
	*csv = strcmp(o->format, "csv") == 0;
	return (*csv || strcmp(o->format, "htpasswd") == 0 ? 0 : -1);
}

static FILE *
open_list(const char *name)
{
	FILE *in = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");

	if (in == NULL)
		ctl_say("%s: %s", name, strerror(errno));
	return (in);
}

static void
report(const struct import *m)
{

	print_line("%s %zu, %zu replaced, %zu as they were, %zu refused", m->o->dry_run ? "would be added:" : "added", m->added,
	    m->replaced, m->unchanged, m->refused);
}

static int
import(struct import *m, FILE *in, bool csv)
{
	enum step step = STEP_DONE;

	while (step != STEP_BROKEN && (csv ? records_csv : records_htpasswd)(in, &m->record))
		step = take(m, csv);
	if (ferror(in)) {
		ctl_say("%s: %s", m->o->args[0], strerror(errno));
		step = STEP_BROKEN;
	}
	report(m);
	return (step == STEP_BROKEN || m->refused > 0 ? CTL_FAILED : CTL_DONE);
}

int
user_import(struct ctl *c, const struct options *o)
{
	struct import *m;
	int rc = CTL_FAILED;
	bool csv;
	FILE *in;

	if (choose_format(o, &csv) != 0)
		return (CTL_USAGE);
	if ((in = open_list(o->args[0])) == NULL)
		return (CTL_FAILED);
	if ((m = calloc(1, sizeof(*m))) == NULL) {
		ctl_say("out of memory");
	} else if ((o->dry_run ? ctl_users_to_change(c) : ctl_users_to_add(c)) == 0) {
		m->c = c;
		m->o = o;
		rc = import(m, in, csv);
		tdestroy(m->seen, free);
	}
	if (m != NULL)
		explicit_bzero(m->record.text, sizeof(m->record.text));
	free(m);
	if (in != stdin)
		fclose(in);
	return (rc);
}

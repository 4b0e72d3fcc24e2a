/* SPDX-License-Identifier: ISC */
/*
 * JSON from outside, read in two steps. First json_is_strict() goes over the text with a small parser of its own and refuses
 * whatever readers disagree about: a member twice in an object, NUL in a name or a value, halves of surrogate pairs, text that
 * is not UTF-8, numbers that are not finite, deep nesting, anything behind the end. Only then json-c, which takes all of these,
 * builds the tree. The first parser accepts less than the second, so the second cannot read something else in what passed (RFC
 * 8259, RFC 7493).
 *
 * Names are compared decoded, since a name can be spelled with escapes. Those of all objects that are open are kept in one
 * stack; an object remembers where its own begin.
 */
#include <limits.h>
#include <string.h>

#include <json-c/json.h>

#include "base/json_scan.h"

#include "base/json.h"

/* Names of all objects that are open at one place of the text. */
#define NAMES_MAX (JSON_DEPTH_MAX * JSON_MEMBERS_MAX)

/* Beyond it the integers of a double, and so of other readers of the same text, are no longer exact (RFC 7493 2.2). */
#define INTEGER_MAX (INT64_C(1) << 53)

struct name {
	struct str raw; /* between the quotes */
	uint64_t hash;  /* spares most comparisons, or many long names in one object would cost milliseconds */
};

struct gate {
	struct json_scan at;
	unsigned depth;
	size_t names_len;
	struct name *names; /* NAMES_MAX of them; those of the innermost object are the last */
};

static bool pass_value(struct gate *g);

/*
 * Puts ${raw} into the open object, whose names begin at ${first}, unless it is there already. Equal hashes are compared in
 * full: a collision that somebody made must not refuse an honest name.
 */
static bool
add_name(struct gate *g, size_t first, struct str raw)
{
	uint64_t hash = json_scan_hash(raw);

	if (g->names_len - first == JSON_MEMBERS_MAX)
		return (false);
	for (size_t i = first; i < g->names_len; i++)
		if (g->names[i].hash == hash && json_scan_same(g->names[i].raw, raw))
			return (false);
	g->names[g->names_len++] = (struct name){ raw, hash };
	return (true);
}

static bool
pass_member(struct gate *g, size_t first)
{
	struct str raw;

	json_scan_space(&g->at);
	if (!json_scan_string(&g->at, &raw) || !add_name(g, first, raw))
		return (false);
	json_scan_space(&g->at);
	return (json_scan_take(&g->at, ':') && pass_value(g));
}

/* The names of this object are dropped from the stack when it closes. */
static bool
pass_object(struct gate *g)
{
	size_t first = g->names_len;

	if (!json_scan_take(&g->at, '{'))
		return (false);
	json_scan_space(&g->at);
	if (json_scan_take(&g->at, '}'))
		return (true);
	do {
		if (!pass_member(g, first))
			return (false);
	} while (json_scan_take(&g->at, ','));
	g->names_len = first;
	return (json_scan_take(&g->at, '}'));
}

static bool
pass_array(struct gate *g)
{

	if (!json_scan_take(&g->at, '['))
		return (false);
	json_scan_space(&g->at);
	if (json_scan_take(&g->at, ']'))
		return (true);
	do {
		if (!pass_value(g))
			return (false);
	} while (json_scan_take(&g->at, ','));
	return (json_scan_take(&g->at, ']'));
}

/* The depth is counted here, so a text of brackets alone cannot exhaust the stack. */
static bool
pass_nested(struct gate *g)
{
	bool ok;

	if (g->depth == JSON_DEPTH_MAX)
		return (false);
	g->depth++;
	ok = json_scan_peek(&g->at) == '{' ? pass_object(g) : pass_array(g);
	g->depth--;
	return (ok);
}

static bool
pass_simple(struct json_scan *at)
{
	struct str raw;

	switch (json_scan_peek(at)) {
	case '"':
		return (json_scan_string(at, &raw));
	case 't':
		return (json_scan_word(at, "true"));
	case 'f':
		return (json_scan_word(at, "false"));
	case 'n':
		return (json_scan_word(at, "null"));
	default:
		return (json_scan_number(at));
	}
}

/* One value and the white space around it. */
static bool
pass_value(struct gate *g)
{
	int first;
	bool ok;

	json_scan_space(&g->at);
	first = json_scan_peek(&g->at);
	ok = first == '{' || first == '[' ? pass_nested(g) : pass_simple(&g->at);
	json_scan_space(&g->at);
	return (ok);
}

/* UTF-8 is checked once, before the scan: below it every character can be decoded without looking at bounds again. */
bool
json_is_strict(struct str text)
{
	struct name names[NAMES_MAX];
	struct gate g = { .at = json_scan_of(text), .names = names };

	if (text.p == NULL || !str_is_utf8(text))
		return (false);
	json_scan_space(&g.at);
	return (json_scan_peek(&g.at) == '{' && pass_value(&g) && g.at.p == g.at.end);
}

/* One level more than the gate allows, so that it is always the gate that refuses. */
struct json_object *
json_parse_strict(struct str text)
{
	struct json_tokener *tok;
	struct json_object *o;

	if (text.len > INT_MAX || !json_is_strict(text))
		return (NULL);
	if ((tok = json_tokener_new_ex(JSON_DEPTH_MAX + 1)) == NULL)
		return (NULL);
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(tok, text.p, (int)text.len);
	if (json_tokener_get_error(tok) != json_tokener_success || !json_object_is_type(o, json_type_object)) {
		json_object_put(o);
		o = NULL;
	}
	/* It gathers every string here, passwords too, and would free it as it is (R203). */
	explicit_bzero(tok->pb->buf, (size_t)tok->pb->size);
	json_tokener_free(tok);
	return (o);
}

void
json_forget(struct json_object *o)
{

	if (o == NULL)
		return;
	json_object_object_foreach(o, name, value)
	{
		(void)name;
		if (json_object_is_type(value, json_type_string))
			explicit_bzero(
			    (char *)(uintptr_t)json_object_get_string(value), (size_t)json_object_get_string_len(value));
	}
	json_object_put(o);
}

/*
 * The member ${name} if it has ${type}, else NULL. Comparing names as C strings is comparing them whole: the gate lets no NUL
 * in.
 */
static struct json_object *
member(struct json_object *o, const char *name, enum json_type type, bool *wrong)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, name, &v))
		return (NULL);
	if (json_object_is_type(v, type))
		return (v);
	*wrong = true; /* null too: it is there, and it is no such value */
	return (NULL);
}

struct str
json_string(struct json_object *o, const char *name, bool *wrong)
{
	struct json_object *v = member(o, name, json_type_string, wrong);

	if (v == NULL)
		return (STR_NONE);
	return ((struct str){ json_object_get_string(v), (size_t)json_object_get_string_len(v) });
}

int64_t
json_integer(struct json_object *o, const char *name, int64_t otherwise, bool *wrong)
{
	struct json_object *v = member(o, name, json_type_int, wrong);
	int64_t n;

	if (v == NULL)
		return (otherwise);
	n = json_object_get_int64(v); /* saturates, so what is too large stays too large */
	if (n >= 0 && n <= INTEGER_MAX)
		return (n);
	*wrong = true;
	return (otherwise);
}

bool
json_boolean(struct json_object *o, const char *name, bool otherwise, bool *wrong)
{
	struct json_object *v = member(o, name, json_type_boolean, wrong);

	return (v == NULL ? otherwise : json_object_get_boolean(v));
}

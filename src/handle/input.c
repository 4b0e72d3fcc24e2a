/* SPDX-License-Identifier: ISC */
/* Members of a body, typed: a wrong type or too long a text is answered 400 at once and never coerced. null is absent. */
#include <stdio.h>

#include "handle/input.h"

void
input_refuse(const struct request *q, struct response *r, const char *name, const char *problem)
{
	char text[128];

	snprintf(text, sizeof(text), "The member %s %s.", name, problem);
	response_error(r, q, "invalid_request", text, NULL, 0);
}

/* false means that the answer has been written; a caller only returns. */
bool
input_string(const struct request *q, struct response *r, const char *name, bool required, size_t max, struct str *out)
{
	const struct field *f = request_field(q, name);

	*out = STR_NONE;
	if (f == NULL || f->type == FIELD_NULL) {
		if (required)
			input_refuse(q, r, name, "is missing");
		return (!required);
	}
	if (f->type != FIELD_STRING) {
		input_refuse(q, r, name, "must be a string");
		return (false);
	}
	if (f->value.len > max) {
		input_refuse(q, r, name, "is too long");
		return (false);
	}
	*out = f->value;
	return (true);
}

static bool
bool_of_text(struct str s, bool *out)
{
	static const char *const yes[] = { "1", "on", "true", "yes" }, *const no[] = { "0", "off", "false", "no" };

	for (size_t i = 0; i < 4; i++) {
		*out = str_is(s, yes[i]);
		if (*out || str_is(s, no[i]))
			return (true);
	}
	return (s.len == 0);
}

bool
input_bool(const struct request *q, struct response *r, const char *name, bool *out)
{
	const struct field *f = request_field(q, name);

	*out = false;
	if (f == NULL || f->type == FIELD_NULL)
		return (true);
	if (f->type == FIELD_BOOL) {
		*out = f->truth;
		return (true);
	}
	if (q->is_form && f->type == FIELD_STRING && bool_of_text(f->value, out))
		return (true);
	input_refuse(q, r, name, "must be true or false");
	return (false);
}

/* SPDX-License-Identifier: ISC */
/*
 * The body of a request, read whole and parsed into fields, of JSON or of a form. Everything about it is limited beforehand:
 * bytes, type, depth, number of fields. A length that was announced must be kept to the byte; what is longer, shorter or of
 * another type is an answer of its own.
 */
#include <string.h>

#include <json-c/json.h>

#include "base/json.h"
#include "http/form.h"
#include "http/response.h"

#include "http/body.h"

enum body_type { TYPE_NONE, TYPE_JSON, TYPE_FORM, TYPE_OTHER };

/* "application/json", with charset=utf-8 at the most (R013): other types are what a foreign page can send without asking. */
static enum body_type
type_of(struct str content_type)
{
	struct str rest = content_type, type = str_trim(str_cut(&rest, ';'));

	if (content_type.p == NULL)
		return (TYPE_NONE);
	while (rest.p != NULL) {
		struct str value = str_trim(str_cut(&rest, ';')), name = str_trim(str_cut(&value, '='));

		if (name.len == 0)
			continue;
		value = str_trim(value);
		if (!str_is_nocase(name, "charset") || (!str_is_nocase(value, "utf-8") && !str_is_nocase(value, "\"utf-8\"")))
			return (TYPE_OTHER);
	}
	if (str_is_nocase(type, "application/json"))
		return (TYPE_JSON);
	return (str_is_nocase(type, "application/x-www-form-urlencoded") ? TYPE_FORM : TYPE_OTHER);
}

/* Nothing is unpacked here: a small body could become a large one. */
static bool
is_coded(const struct request *r)
{

	return (r->content_encoding.p != NULL && !str_is_nocase(str_trim(r->content_encoding), "identity"));
}

/*
 * Reads to the end, but never more than BODY_MAX: one byte beyond is enough to know. A chunked request comes without a length;
 * where it ends the carrier says: FastCGI by an empty record, and plain CGI has no such body (RFC 3875 4.2).
 */
static enum body_verdict
gather(struct request *r, body_reader reader, void *ctx, struct str *out)
{
	char *p = arena_alloc(r->arena, BODY_MAX + 1);
	size_t len = 0;

	if (p == NULL)
		return (BODY_TOO_LARGE);
	if (r->has_length && r->length > BODY_MAX)
		return (r->length == UINT64_MAX ? BODY_MALFORMED : BODY_TOO_LARGE);
	while (len <= BODY_MAX) {
		ssize_t got = reader(ctx, p + len, BODY_MAX + 1 - len);

		if (got < 0)
			return (BODY_CUT);
		if (got == 0)
			break;
		len += (size_t)got;
	}
	if (len > BODY_MAX)
		return (BODY_TOO_LARGE);
	if (r->has_length && len != r->length)
		return (BODY_CUT);
	*out = (struct str){ p, len };
	return (BODY_OK);
}

/*
 * The tree is freed after the parsing: strings are copied into the arena. A wrong type is kept as it is, and the handler
 * refuses it.
 */
static bool
fill_field(struct arena *a, struct field *f, const char *name, struct json_object *v)
{
	char *text;

	if ((text = arena_strdup(a, str_of(name))) == NULL)
		return (false);
	f->name = str_of(text);
	f->number = -1;
	switch (json_object_get_type(v)) {
	case json_type_string:
		f->type = FIELD_STRING;
		f->value = (struct str){ json_object_get_string(v), (size_t)json_object_get_string_len(v) };
		text = arena_strdup(a, f->value);
		f->value.p = text;
		return (text != NULL);
	case json_type_boolean:
		f->type = FIELD_BOOL;
		f->truth = json_object_get_boolean(v);
		return (true);
	case json_type_int:
		f->number = json_object_get_int64(v);
		f->type = FIELD_NUMBER;
		return (true);
	case json_type_null:
		f->type = FIELD_NULL;
		return (true);
	default:
		f->type = FIELD_OTHER;
		return (true);
	}
}

/* Values are copied into the arena; the tree is freed at once. */
static bool
parse_json(struct request *r, struct str body)
{
	struct json_object *o = json_parse_strict(body);
	size_t n = o == NULL ? 0 : (size_t)json_object_object_length(o);
	bool good = o != NULL;

	r->fields = arena_alloc(r->arena, (n + 1) * sizeof(*r->fields));
	if (r->fields == NULL)
		good = false;
	if (good) {
		json_object_object_foreach(o, name,
		    value) if (good && (good = fill_field(r->arena, &r->fields[r->n_fields], name, value))) r->n_fields++;
	}
	json_forget(o);
	return (good);
}

/* An absent body is no error here: the handler knows whether it needs one. */
enum body_verdict
body_read(struct request *r, body_reader reader, void *ctx)
{
	enum body_type type = type_of(r->content_type);
	enum body_verdict v;
	struct str body;

	if ((v = gather(r, reader, ctx, &body)) != BODY_OK || body.len == 0)
		return (v);
	if ((type != TYPE_JSON && type != TYPE_FORM) || is_coded(r))
		return (BODY_BAD_TYPE);
	r->has_body = true;
	r->is_form = type == TYPE_FORM;
	if (r->is_form)
		return (form_parse(r->arena, body, &r->fields, &r->n_fields) ? BODY_OK : BODY_MALFORMED);
	return (parse_json(r, body) ? BODY_OK : BODY_MALFORMED);
}

/* With what is taken instead (RFC 9110 section 12.5.3). */
static void
refuse_coded(const struct request *q, struct response *r)
{

	response_error(r, q, "unsupported_media_type", "Send the body as it is, without an encoding.", NULL, 0);
	response_header(r, "Accept-Encoding", STR_LIT("identity"));
}

void
body_refuse(const struct request *q, struct response *r, enum body_verdict v, const char *types)
{

	if (v == BODY_TOO_LARGE)
		response_error(r, q, "payload_too_large", "The body is larger than 16384 bytes.", NULL, 0);
	else if (v == BODY_BAD_TYPE && is_coded(q))
		refuse_coded(q, r);
	else if (v == BODY_BAD_TYPE)
		response_error(r, q, "unsupported_media_type", types, NULL, 0);
	else if (v == BODY_MALFORMED)
		response_error(r, q, "invalid_request", "The body is malformed.", NULL, 0);
	else
		response_error(r, q, "invalid_request", "The body is not as long as it was said to be.", NULL, 0);
}

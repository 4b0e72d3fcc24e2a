/* SPDX-License-Identifier: ISC */
/*
 * The fields of a user's record as bytes, and back: fixed offsets, little-endian, seconds in 32 bits. The scripts read and
 * write the same bytes, with the same offsets by name. Reading checks every length and every enumeration, since the bytes come
 * from outside this process.
 */
#include <arpa/inet.h>

#include <string.h>

#include "base/base64url.h"

#include "store/record.h"

#define SPAN_MAX INT64_C(0x7fffffff) /* seconds */

#define IP4_LEN 4
#define IP6_LEN 16
#define HISTORY_VERSION 1

static const uint8_t no_hash[HASH_LEN];

/* Saturates: a time beyond 2106 stays the latest there is, instead of becoming one long past. */
void
record_put32(uint8_t *p, int64_t v)
{
	uint32_t u = v < 0 ? 0 : v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;

	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(u >> 8 * i);
}

static int64_t
get32(const uint8_t *p)
{

	return ((int64_t)p[0] | (int64_t)p[1] << 8 | (int64_t)p[2] << 16 | (int64_t)p[3] << 24);
}

/* Returns the length of the packed address: 4, 16, or 0 for none. */
static size_t
pack_ip(const char *ip, uint8_t out[IP6_LEN])
{

	if (inet_pton(AF_INET, ip, out) == 1)
		return (IP4_LEN);
	return (inet_pton(AF_INET6, ip, out) == 1 ? IP6_LEN : 0);
}

static bool
unpack_ip(const uint8_t *p, size_t n, char out[ADDRESS_MAX + 1])
{

	out[0] = '\0';
	if (n == 0)
		return (true);
	if (n != IP4_LEN && n != IP6_LEN)
		return (false);
	return (inet_ntop(n == IP4_LEN ? AF_INET : AF_INET6, p, out, ADDRESS_MAX + 1) != NULL);
}

/* Would need an escape in JSON; the scripts then take the slower way. */
static bool
is_odd(struct str s)
{

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c == 0x7f || c == '"' || c == '\\')
			return (true);
	}
	return (false);
}

size_t
record_pack_user(struct str id, struct str name, struct str groups, uint8_t out[RECORD_USER_MAX])
{
	size_t n = 2;

	out[0] = (uint8_t)id.len;
	out[1] = (uint8_t)(name.len | (is_odd(id) || is_odd(name) ? RECORD_NAME_ODD : 0));
	memcpy(out + n, id.p, id.len);
	n += id.len;
	memcpy(out + n, name.p, name.len);
	n += name.len;
	if (groups.len > 0)
		memcpy(out + n, groups.p, groups.len);
	return (n + groups.len);
}

/* Takes ${n} bytes off the text. */
static struct str
cut(struct str *text, size_t n)
{
	struct str s = { text->p, n < text->len ? n : text->len };

	text->p += s.len;
	text->len -= s.len;
	return (s);
}

static bool
unpack_user(struct str all, char *id, char *name, char *groups)
{
	size_t id_len, name_len;

	if (all.len < 2)
		return (false);
	id_len = (uint8_t)all.p[0];
	name_len = (uint8_t)all.p[1] & ~RECORD_NAME_ODD;
	cut(&all, 2);
	if (all.len < id_len + name_len)
		return (false);
	return (str_copy(id, USER_ID_MAX + 1, cut(&all, id_len)) && str_copy(name, USERNAME_MAX + 1, cut(&all, name_len)) &&
		str_copy(groups, GROUPS_MAX + 1, all));
}

bool
record_unpack_user(const struct str pieces[RECORD_USER_FIELDS], char *id, char *name, char *groups)
{
	char all[RECORD_USER_MAX];
	size_t n = 0;

	id[0] = name[0] = groups[0] = '\0';
	if (pieces[0].p == NULL)
		return (true);
	for (size_t i = 0; i < RECORD_USER_FIELDS; i++) {
		if (pieces[i].len > sizeof(all) - n)
			return (false);
		if (pieces[i].len > 0)
			memcpy(all + n, pieces[i].p, pieces[i].len);
		n += pieces[i].len;
	}
	return (unpack_user((struct str){ all, n }, id, name, groups));
}

/* The address is last but one and has 0, 4 or 16 bytes: the field's length tells which. */
size_t
record_pack_session(const struct session *s, uint8_t out[RECORD_S_MAX])
{
	size_t n;

	memset(out, 0, RECORD_S_MAX);
	if (s->has_cookie)
		memcpy(out + RECORD_S_HASH, s->secret_hash, HASH_LEN);
	out[RECORD_S_FLAGS] = s->flags;
	out[RECORD_S_POLICY] = (uint8_t)s->policy;
	record_put32(out + RECORD_S_CREATED, s->created);
	record_put32(out + RECORD_S_SEEN, s->last_seen);
	record_put32(out + RECORD_S_ABSOLUTE, s->absolute);
	record_put32(out + RECORD_S_IDLE, s->idle);
	memcpy(out + RECORD_S_DEV, s->device_key, DEVICE_KEY_LEN);
	memcpy(out + RECORD_S_CLIENT, s->client_hash, CLIENT_HASH_LEN);
	n = RECORD_S_IP + pack_ip(s->ip, out + RECORD_S_IP);
	out[n++] = s->level;
	return (n);
}

/* has_cookie is not a bit of its own: a secret's hash that is all zero means none. */
bool
record_unpack_session(struct str v, struct session *s)
{
	const uint8_t *p = (const uint8_t *)v.p;

	if (v.p == NULL || v.len < RECORD_S_MIN || v.len > RECORD_S_MAX || p[RECORD_S_POLICY] > POLICY_PERMANENT)
		return (false);
	memcpy(s->secret_hash, p + RECORD_S_HASH, HASH_LEN);
	s->has_cookie = memcmp(s->secret_hash, no_hash, HASH_LEN) != 0;
	s->flags = p[RECORD_S_FLAGS];
	s->policy = (enum session_policy)p[RECORD_S_POLICY];
	s->created = get32(p + RECORD_S_CREATED);
	s->last_seen = get32(p + RECORD_S_SEEN);
	s->absolute = get32(p + RECORD_S_ABSOLUTE);
	s->idle = get32(p + RECORD_S_IDLE);
	memcpy(s->device_key, p + RECORD_S_DEV, DEVICE_KEY_LEN);
	memcpy(s->client_hash, p + RECORD_S_CLIENT, CLIENT_HASH_LEN);
	s->level = p[v.len - 1];
	return (unpack_ip(p + RECORD_S_IP, v.len - RECORD_S_MIN, s->ip));
}

void
record_pack_family(const struct session *s, const struct record_family *f, uint8_t out[RECORD_F_LEN])
{

	memcpy(out + RECORD_F_CURRENT, f->current, HASH_LEN);
	memcpy(out + RECORD_F_PREVIOUS, f->previous, HASH_LEN);
	memcpy(out + RECORD_F_GENERATION, f->salt, SALT_LEN);
	record_put32(out + RECORD_F_ROTATED, s->rotated);
	record_put32(out + RECORD_F_ABSOLUTE, s->family_absolute);
	record_put32(out + RECORD_F_IDLE, s->family_idle);
	record_put32(out + RECORD_F_ACCESS, s->access_exp);
	out[RECORD_F_FLAGS] = s->family_flags;
	out[RECORD_F_VERSION] = f->key_version;
}

bool
record_unpack_family(struct str v, struct session *s, struct record_family *f)
{
	const uint8_t *p = (const uint8_t *)v.p;

	if (v.p == NULL || v.len != RECORD_F_LEN)
		return (false);
	memcpy(f->current, p + RECORD_F_CURRENT, HASH_LEN);
	memcpy(f->previous, p + RECORD_F_PREVIOUS, HASH_LEN);
	memcpy(f->salt, p + RECORD_F_GENERATION, SALT_LEN);
	f->key_version = p[RECORD_F_VERSION];
	s->has_family = true;
	s->rotated = get32(p + RECORD_F_ROTATED);
	s->family_absolute = get32(p + RECORD_F_ABSOLUTE);
	s->family_idle = get32(p + RECORD_F_IDLE);
	s->access_exp = get32(p + RECORD_F_ACCESS);
	s->family_flags = p[RECORD_F_FLAGS];
	f->generation = (s->family_flags & FAMILY_COUNTED) != 0 ? (uint32_t)get32(p + RECORD_F_GENERATION) : 0;
	return (true);
}

bool
record_unpack_logout(struct str v, struct logout_record *e, bool *chosen)
{
	const uint8_t *p = (const uint8_t *)v.p;

	if (v.p == NULL || v.len < RECORD_L_MIN || v.len > RECORD_L_MAX || p[RECORD_L_SCOPE] > SCOPE_ALL)
		return (false);
	e->at = get32(p + RECORD_L_AT);
	e->cause = (enum end_cause)p[RECORD_L_CAUSE];
	e->scope = (enum end_scope)p[RECORD_L_SCOPE];
	memcpy(e->device_key, p + RECORD_L_DEV, DEVICE_KEY_LEN);
	*chosen = (p[RECORD_L_FLAGS] & SESSION_DEVICE_CHOSEN) != 0;
	if (v.len == RECORD_L_REASON)
		return (str_copy(e->reason, sizeof(e->reason), str_of(end_cause_reason(e->cause))));
	return (str_copy(e->reason, sizeof(e->reason), (struct str){ v.p + RECORD_L_REASON, v.len - RECORD_L_REASON }));
}

bool
record_unpack_not_before(struct str v, int64_t *not_before)
{

	*not_before = 0;
	if (v.p == NULL)
		return (true);
	if (v.len != RECORD_N_LEN)
		return (false);
	*not_before = get32((const uint8_t *)v.p);
	return (true);
}

enum {
	H_AT = 1,
	H_COUNTRY = 5,
	H_AS = 7,
	H_HAS_COORDINATES = 11,
	H_LATITUDE = 12,
	H_LONGITUDE = 14,
	H_HOURS = 16,
	H_TOLD = H_HOURS + HISTORY_HOURS,
	H_END = H_TOLD + HISTORY_TOLD * HISTORY_TOLD_LEN
};

_Static_assert(H_END == RECORD_H_LEN && RECORD_H_LEN <= RECORD_VALUE_MAX, "the record stays small");

static void
put16(uint8_t *p, int16_t v)
{

	p[0] = (uint8_t)v;
	p[1] = (uint8_t)((uint16_t)v >> 8);
}

static int16_t
get16(const uint8_t *p)
{

	return ((int16_t)(uint16_t)(p[0] | p[1] << 8));
}

void
record_pack_history(const struct history *h, uint8_t out[RECORD_H_LEN])
{

	out[0] = HISTORY_VERSION;
	record_put32(out + H_AT, h->at);
	memcpy(out + H_COUNTRY, h->place.country, 2);
	record_put32(out + H_AS, h->place.as);
	out[H_HAS_COORDINATES] = h->place.has_coordinates;
	put16(out + H_LATITUDE, h->place.latitude);
	put16(out + H_LONGITUDE, h->place.longitude);
	memcpy(out + H_HOURS, h->hours, sizeof(h->hours));
	memcpy(out + H_TOLD, h->told, sizeof(h->told));
}

bool
record_unpack_history(struct str v, struct history *h)
{
	const uint8_t *p = (const uint8_t *)v.p;

	memset(h, 0, sizeof(*h));
	if (v.p == NULL || (v.len > 0 && p[0] != HISTORY_VERSION))
		return (true);
	if (v.len != RECORD_H_LEN)
		return (false);
	h->known = true;
	h->at = get32(p + H_AT);
	memcpy(h->place.country, p + H_COUNTRY, 2);
	h->place.as = (uint32_t)get32(p + H_AS);
	h->place.has_coordinates = p[H_HAS_COORDINATES] != 0;
	h->place.latitude = get16(p + H_LATITUDE);
	h->place.longitude = get16(p + H_LONGITUDE);
	memcpy(h->hours, p + H_HOURS, sizeof(h->hours));
	memcpy(h->told, p + H_TOLD, sizeof(h->told));
	return (true);
}

bool
record_device_id(bool chosen, const uint8_t device_key[DEVICE_KEY_LEN], struct str d, struct str e, char out[DEVICE_ID_MAX + 1])
{

	out[0] = '\0';
	if (!chosen) {
		base64url_encode(device_key, DEVICE_KEY_LEN, out);
		return (true);
	}
	if (d.p == NULL || d.len + e.len > DEVICE_ID_MAX)
		return (false);
	memcpy(out, d.p, d.len);
	if (e.len > 0)
		memcpy(out + d.len, e.p, e.len);
	out[d.len + e.len] = '\0';
	return (true);
}

int64_t
record_span(int64_t seconds)
{

	return (seconds < 0 ? 0 : seconds > SPAN_MAX ? SPAN_MAX : seconds);
}

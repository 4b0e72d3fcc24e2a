/* SPDX-License-Identifier: ISC */
/* "prev" stands at the very end, where it is found without parsing: a line that was changed need not be JSON any more. */
#include <string.h>

#include "base/audit_chain.h"

struct str
audit_chain_prev(struct str line)
{
	struct str hash;

	if (line.len < AUDIT_TAIL_LEN ||
	    memcmp(line.p + line.len - AUDIT_TAIL_LEN, AUDIT_BEFORE, sizeof(AUDIT_BEFORE) - 1) != 0 ||
	    memcmp(line.p + line.len - (sizeof(AUDIT_AFTER) - 1), AUDIT_AFTER, sizeof(AUDIT_AFTER) - 1) != 0)
		return (STR_NONE);
	hash = (struct str){ line.p + line.len - AUDIT_HASH_LEN - (sizeof(AUDIT_AFTER) - 1), AUDIT_HASH_LEN };
	for (size_t i = 0; i < hash.len; i++)
		if (strchr("0123456789abcdef", hash.p[i]) == NULL || hash.p[i] == '\0')
			return (STR_NONE);
	return (hash);
}

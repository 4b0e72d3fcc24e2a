#include "config/check.h"

bool
check_all(const struct loading *l)
{

	return (l->c != NULL);
}

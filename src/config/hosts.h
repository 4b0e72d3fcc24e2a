/* SPDX-License-Identifier: ISC */
/* One host or several: the options that say where we are, who belongs to us, and whose the session cookie is. */
#ifndef CONFIG_HOSTS_H
#define CONFIG_HOSTS_H

struct loading;

/* Says what is wrong with issuer, origins, cookie_domain and cookie_name. */
void hosts_check(const struct loading *l);

#endif

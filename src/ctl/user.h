/* doorwardctl user: accounts. */
#ifndef CTL_USER_H
#define CTL_USER_H

struct ctl;
struct options;

int user_add(struct ctl *c, const struct options *o);
int user_list(struct ctl *c, const struct options *o);
int user_show(struct ctl *c, const struct options *o);

#endif

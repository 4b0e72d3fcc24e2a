/*
 * The process between the masters and a private Redis. A Redis that were the child of one master would end with it, also
 * when another has taken over; this one waits for the end of all of them.
 */
#ifndef MASTER_GUARDIAN_H
#define MASTER_GUARDIAN_H

#include <sys/types.h>

/*
 * Starts ${run} with ${ctx} as a child, asks it to end by TERM when ${life} is at end of file or when TERM comes, and
 * then ends as the child did. Must be called in a process of its own, with default signals.
 */
_Noreturn void guardian_run(int life, void (*run)(const void *ctx, pid_t guardian), const void *ctx);

#endif

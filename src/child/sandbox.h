/* SPDX-License-Identifier: ISC */
/*
 * What a process that answers requests never needs, it gives up: a bug in a parser must not become a shell. A filter of system
 * calls (seccomp), where libseccomp was there at build time; also after a takeover it cannot be taken back.
 */
#ifndef CHILD_SANDBOX_H
#define CHILD_SANDBOX_H

#include <stdbool.h>

/* True if this build has the filter. */
bool sandbox_is_built(void);

/*
 * If ${wanted}, refuses from now on, with EPERM, to start programs, to look into other processes, to change namespaces, mounts,
 * modules, keys or clocks, and to open packet sockets or raw IP sockets. To be called when everything is open, before the first
 * request. A kernel that has no filters is warned of, and gone on without: this is the second line, not the first.
 */
void sandbox_enter(bool wanted);

/*
 * The same for a process that keeps its rights, since it runs other people's code that needs them (PAM's modules): programs may
 * be started, also such with more rights, and the kernel's keys be used. For root only: others would lose just that.
 */
void sandbox_enter_helper(bool wanted);

#endif

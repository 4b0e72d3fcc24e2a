/* SPDX-License-Identifier: ISC */
/*
 * What a child may not ask of the kernel any more, once it has opened what it needs (seccomp): starting programs, touching
 * other processes, changing the machine. A call that is refused fails with EPERM; nothing is killed. Without libseccomp, or on
 * a kernel that does not filter, the child goes on and says so.
 */
#ifdef HAVE_SECCOMP

#include <sys/socket.h>

#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#endif

#include "child/sandbox.h"

#ifdef HAVE_SECCOMP

/*
 * A list of what is refused, not of what is allowed: the libraries below us (the C library, OpenSSL, that of the user database)
 * change their system calls from release to release, and a filter that kills a worker for a new one would be an outage.
 */
static const int keys[] = { SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(keyctl) }; /* the kernel's */
static const int programs[] = { SCMP_SYS(execve), SCMP_SYS(execveat) };
static const int refused[] = {
/* other processes; the leak check of a sanitizer build traces itself */
#ifndef __SANITIZE_ADDRESS__
	SCMP_SYS(ptrace),
#endif
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(kcmp),
	/* the file system as a whole, and ways around its rights */
	SCMP_SYS(mount),
	SCMP_SYS(umount2),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(move_mount),
	SCMP_SYS(open_tree),
	SCMP_SYS(fsopen),
	SCMP_SYS(fsconfig),
	SCMP_SYS(fsmount),
	SCMP_SYS(open_by_handle_at),
	SCMP_SYS(mknod),
	SCMP_SYS(mknodat),
	SCMP_SYS(quotactl),
	SCMP_SYS(swapon),
	SCMP_SYS(swapoff),
	SCMP_SYS(acct),
	/* namespaces */
	SCMP_SYS(unshare),
	SCMP_SYS(setns),
	/* the kernel */
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(reboot),
	SCMP_SYS(syslog),
	SCMP_SYS(iopl),
	SCMP_SYS(ioperm),
	SCMP_SYS(modify_ldt),
	SCMP_SYS(personality),
	SCMP_SYS(vhangup),
	/* names and times of the machine */
	SCMP_SYS(sethostname),
	SCMP_SYS(setdomainname),
	SCMP_SYS(settimeofday),
	SCMP_SYS(clock_settime),
	SCMP_SYS(adjtimex),
	SCMP_SYS(clock_adjtime),
};

/* The type's low bits, without SOCK_CLOEXEC and SOCK_NONBLOCK. A raw netlink socket is how the C library looks at interfaces.
 */
#define TYPE_MASK 0xf

static int
refuse_raw_sockets(scmp_filter_ctx filter)
{
	static const int families[] = { AF_INET, AF_INET6 };
	int rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_PACKET));

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]) && rc == 0; i++)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 2,
		    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]), SCMP_A1(SCMP_CMP_MASKED_EQ, TYPE_MASK, SOCK_RAW));
	return (rc);
}

static int
refuse(scmp_filter_ctx filter, const int *calls, size_t n)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		if ((rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 0)) == -EDOM)
			rc = 0; /* not on this architecture */
	return (rc);
}

/* ${helper}: what it runs for others may start programs, and find its credentials among the kernel's keys. */
static int
fill(scmp_filter_ctx filter, bool helper)
{
	int rc = refuse(filter, refused, sizeof(refused) / sizeof(refused[0]));

	if (rc == 0 && !helper)
		rc = refuse(filter, programs, sizeof(programs) / sizeof(programs[0]));
	if (rc == 0 && !helper)
		rc = refuse(filter, keys, sizeof(keys) / sizeof(keys[0]));
	return (rc == 0 ? refuse_raw_sockets(filter) : rc);
}

bool
sandbox_is_built(void)
{

	return (true);
}

static int
load(bool helper)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int rc;

	if (filter == NULL)
		return (-ENOMEM);
	rc = fill(filter, helper);
	if (rc == 0) /* threads that were started before, too */
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (rc == 0 && helper)
		rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	return (rc);
}

void
sandbox_enter(bool wanted)
{
	int rc;

	if (wanted && (rc = load(false)) != 0)
		log_warn("system calls are not filtered: %s", strerror(-rc));
}

/* Only root may load a filter and keep the right to start programs with more rights, which is what a module's helper has. */
void
sandbox_enter_helper(bool wanted)
{
	int rc;

	if (wanted && geteuid() == 0 && (rc = load(true)) != 0)
		log_warn("system calls are not filtered: %s", strerror(-rc));
}

#else

bool
sandbox_is_built(void)
{

	return (false);
}

void
sandbox_enter(bool wanted)
{

	(void)wanted;
}

void
sandbox_enter_helper(bool wanted)
{

	(void)wanted;
}

#endif

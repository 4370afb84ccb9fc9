// SPDX-License-Identifier: GPL-2.0
/* xtcp run: the seccomp filter that asks the supervisor, and lets everything else pass. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "run.h"

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BIG_ENDIAN_HERE	1
#else
#define BIG_ENDIAN_HERE	0
#endif

#if defined(__x86_64__) && defined(__LP64__)
#define ARCH_HERE	AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH_HERE	(BIG_ENDIAN_HERE ? 0 : AUDIT_ARCH_AARCH64)
#elif defined(__riscv) && defined(__LP64__)
#define ARCH_HERE	AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__)
#define ARCH_HERE	(BIG_ENDIAN_HERE ? AUDIT_ARCH_PPC64 : AUDIT_ARCH_PPC64LE)
#elif defined(__s390x__)
#define ARCH_HERE	AUDIT_ARCH_S390X
#else
#define ARCH_HERE	0		/* not known to audit, and to this file */
#endif

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV	(1UL << 5)
#endif

#define FIELD(name)	offsetof(struct seccomp_data, name)
/* Of an argument the half that an int is in. */
#define INT_ARG(i)	(FIELD(args) + 8 * (i) + 4 * BIG_ENDIAN_HERE)

#define LOAD(offset)		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define MASK(bits)		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, (bits))
#define EQUAL(value, skip, skip_else) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (skip), (skip_else))
#define PASS			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define ASK			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)

/* What was loaded is this, or one of these, or the call passes. */
#define REQUIRE(value)		EQUAL(value, 1, 0), PASS
#define REQUIRE_EITHER(a, b)	EQUAL(a, 2, 0), EQUAL(b, 1, 0), PASS
/* The next @length instructions are for this call. */
#define CALL(number, length)	EQUAL(number, 0, length)

/* A number that no call has. */
#define NEVER	0xffffffff

/*
 * If a socket is XTCP's from the start: socket() of what is TCP. Otherwise connect() and listen().
 * And what SO_DOMAIN and SO_PROTOCOL say of an XTCP socket: programs look there for the form of its
 * addresses, and whether it is TCP.
 */
static int install(const struct run *run, unsigned int flags)
{
	const bool start = run_from_start(run);
	const bool connects = !start && (run->which & RUN_CONNECT);
	const bool listens = !start && (run->which & RUN_LISTEN);
	struct sock_filter code[] = {
		LOAD(FIELD(arch)),
		REQUIRE(ARCH_HERE),
		LOAD(FIELD(nr)),
		CALL(connects ? (unsigned int)SYS_connect : NEVER, 1),
			ASK,
		CALL(listens ? (unsigned int)SYS_listen : NEVER, 1),
			ASK,
		CALL(SYS_getsockopt, 8),
			LOAD(INT_ARG(1)),
			REQUIRE(SOL_SOCKET),
			LOAD(INT_ARG(2)),
			REQUIRE_EITHER(SO_DOMAIN, SO_PROTOCOL),
			ASK,
		CALL(start ? (unsigned int)SYS_socket : NEVER, 13),
			LOAD(INT_ARG(0)),
			REQUIRE_EITHER(AF_INET, AF_INET6),
			LOAD(INT_ARG(1)),
			MASK(~(SOCK_NONBLOCK | SOCK_CLOEXEC)),
			REQUIRE(SOCK_STREAM),
			LOAD(INT_ARG(2)),
			REQUIRE_EITHER(0, IPPROTO_TCP),
			ASK,
		PASS,
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(*code), .filter = code };
	int fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);

	return fd < 0 ? -errno : fd;
}

int run_filter_install(const struct run *run)
{
	const unsigned int flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	int fd;

	if (!ARCH_HERE)
		return -EOPNOTSUPP;
	/* A signal, once the supervisor is at work, would have the call made again. */
	fd = install(run, flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	if (fd != -EACCES)
		return fd;
	/* Who has no privilege may not gain any, by a set-user-ID program, either. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return install(run, flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
}

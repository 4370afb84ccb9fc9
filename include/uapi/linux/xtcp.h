/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * XTCP: TCP as a loadable protocol family.
 *
 * socket(AF_XTCP, SOCK_STREAM, protocol) opens an XTCP socket. Addresses are
 * struct sockaddr_in and struct sockaddr_in6, as for the kernel's own TCP; socket
 * options of the levels SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP and IPPROTO_IPV6
 * keep their names and meanings.
 */
#ifndef _UAPI_LINUX_XTCP_H
#define _UAPI_LINUX_XTCP_H

/**
 * AF_XTCP - the address family that the module registers by default
 *
 * 19 was Econet's, which left the kernel in Linux 3.5. The module parameter
 * family= picks another one where 19 is taken.
 */
#ifndef AF_XTCP
#define AF_XTCP		19
#endif
#ifndef PF_XTCP
#define PF_XTCP		AF_XTCP
#endif

/**
 * IPPROTO_XTCP - the native carrier: RFC 9293 segments under an IP protocol of their own
 *
 * 253 is reserved for experiments (RFC 3692, RFC 4727). The other carrier is
 * IPPROTO_TCP (or 0): ordinary TCP on the wire. The module parameter
 * protocol= picks another number.
 */
#ifndef IPPROTO_XTCP
#define IPPROTO_XTCP	253
#endif

/**
 * XTCP_VERSION - of the module, as modinfo(8) and /sys/module/xtcp/version tell it
 *
 * The tools are of one version with the module: what the two say to each other, beyond what is in
 * these headers, is nobody else's business, and may be another thing in the next.
 */
#define XTCP_VERSION	"0.1"

#endif /* _UAPI_LINUX_XTCP_H */

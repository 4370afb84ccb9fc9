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

#include <linux/types.h>

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
 * XTCP_INFO_TAIL - bytes of struct tcp_info before what struct xtcp_info_tail is
 */
#define XTCP_INFO_TAIL	232

/* xtcp_info_tail.ecn_mode: what both sides have agreed on. */
#define XTCP_INFO_ECN_NONE	0
#define XTCP_INFO_ECN_CLASSIC	1	/* RFC 3168 */
#define XTCP_INFO_ECN_ACCURATE	2	/* AccECN, RFC 9768 */

/**
 * struct xtcp_info_tail - the end of struct tcp_info, as Linux 7.2 has it
 * @rcv_wnd: bytes, receive window that was offered last
 * @rehash: 0
 * @total_rto: retransmission timeouts
 * @total_rto_recoveries: rows of such
 * @total_rto_time: milliseconds that they took, the one that is under way included
 * @received_ce: with AccECN, packets that came marked
 * @ce_bytes: 0: what AccECN's option would tell
 * @ecn_mode: %XTCP_INFO_ECN_NONE and so on
 * @unused: 0
 *
 * TCP_INFO and INET_DIAG_INFO have it at %XTCP_INFO_TAIL whichever kernel the module is loaded
 * into: for programs whose <linux/tcp.h> is older, or which may run on an older kernel.
 */
struct xtcp_info_tail {
	__u32	rcv_wnd;
	__u32	rehash;
	__u16	total_rto;
	__u16	total_rto_recoveries;
	__u32	total_rto_time;
	__u32	received_ce;
	__u32	ce_bytes[6];
	__u32	ecn_mode:2,
		unused:30;
};

/**
 * XTCP_VERSION - of the module, as modinfo(8) and /sys/module/xtcp/version tell it
 *
 * The tools are of one version with the module: what the two say to each other, beyond what is in
 * these headers, is nobody else's business, and may be another thing in the next.
 */
#define XTCP_VERSION	"0.1"

#endif /* _UAPI_LINUX_XTCP_H */

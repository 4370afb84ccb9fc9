/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * sock_diag(7) for XTCP: the same questions and answers as inet_diag's for the kernel's TCP.
 *
 * SOCK_DIAG_BY_FAMILY with NLM_F_DUMP lists what a network namespace has, and without it one
 * thing; SOCK_DESTROY ends one. An answer is a struct inet_diag_msg, followed by INET_DIAG_*
 * attributes; idiag_family is AF_INET or AF_INET6, and INET_DIAG_PROTOCOL, which is always there,
 * the IP protocol of the carrier.
 */
#ifndef _UAPI_LINUX_XTCP_DIAG_H
#define _UAPI_LINUX_XTCP_DIAG_H

#include <linux/inet_diag.h>
#include <linux/types.h>

/**
 * XTCP_DIAG_BOUND - idiag_state of a socket that has a port and no more
 *
 * As the kernel's TCP has it since Linux 6.8.
 */
#define XTCP_DIAG_BOUND		13

/**
 * struct xtcp_diag_req - struct inet_diag_req_v2, with a meaning for its padding
 * @sdiag_family: AF_XTCP
 * @sdiag_protocol: IP protocol of the carrier; 0, in a dump: of either
 * @idiag_ext: attributes that are asked for: bit INET_DIAG_INFO - 1 and so on
 * @idiag_format: AF_INET or AF_INET6, of the addresses; 0, in a dump: either
 * @idiag_states: bits of the states that are asked for: 1 << TCP_LISTEN and so on; but in a dump,
 *	0 means any
 * @id: in a dump, ports that are asked for, 0: any; the rest counts where one is looked for:
 *	addresses, cookie (INET_DIAG_NOCOOKIE twice: any), and the interface or VRF
 *
 * What is half open has state TCP_SYN_RECV. That and what is in TIME-WAIT, which are no sockets,
 * have cookies as well, the same as long as the thing lasts: what comes after it with the same
 * addresses and ports has another.
 *
 * Errors: EINVAL, also of unknown attributes; EPROTONOSUPPORT and EAFNOSUPPORT of the second and
 * the fourth field; ENOENT if there is no such thing, ESTALE if it has another cookie; EPERM of
 * SOCK_DESTROY without CAP_NET_ADMIN; EAGAIN of SOCK_DESTROY where a handshake is being completed.
 */
struct xtcp_diag_req {
	__u8	sdiag_family;
	__u8	sdiag_protocol;
	__u8	idiag_ext;
	__u8	idiag_format;
	__u32	idiag_states;
	struct inet_diag_sockid id;
};

#endif /* _UAPI_LINUX_XTCP_DIAG_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Large segments of the native carrier, which are cut and joined below.
 */
#ifndef _XTCP_OFFLOAD_H
#define _XTCP_OFFLOAD_H

#include <linux/skbuff.h>
#include <linux/types.h>

struct tcphdr;

/*
 * What the native carrier's segments have in gso_type besides %SKB_GSO_TCPV4 or %SKB_GSO_TCPV6. A
 * device is handed a packet whole if it has a feature for each of these bits. With TCP's alone any
 * device that cuts TCP would be, and find no TCP in it. SCTP's is a feature that virtual devices
 * have, which pass on whatever it is, and no hardware has. TCP's must be there all the same: by
 * them the routing, the bridge and the queueing disciplines know where a header ends, and how long
 * the pieces will be.
 */
#define XTCP_OFFLOAD_GSO	SKB_GSO_SCTP

bool xtcp_offload_joins(const struct tcphdr *first, u32 held, u32 mss, const struct tcphdr *th,
			u32 len);
bool xtcp_offload_ends(u8 flags, u32 mss, u32 len);
u8 xtcp_offload_flags(u8 flags, bool first, bool last);

int xtcp_offload_init(void);
void xtcp_offload_exit(void);

#endif /* _XTCP_OFFLOAD_H */

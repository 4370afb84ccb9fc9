/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a segment looks like on the wire (RFC 9293 section 3.1).
 *
 * The header itself is the UAPI's struct tcphdr; flags are handled as one byte, and the bit before
 * them, of which only RFC 9768 knows, apart.
 */
#ifndef _XTCP_WIRE_H
#define _XTCP_WIRE_H

#include <linux/build_bug.h>
#include <linux/in6.h>
#include <linux/siphash.h>
#include <linux/tcp.h>
#include <linux/types.h>

#define XTCP_FIN	0x01
#define XTCP_SYN	0x02
#define XTCP_RST	0x04
#define XTCP_PSH	0x08
#define XTCP_ACK	0x10
#define XTCP_URG	0x20
#define XTCP_ECE	0x40
#define XTCP_CWR	0x80
#define XTCP_AE		0x100	/* beyond the byte: of what we send alone */

#define XTCP_HDR_MIN	20	/* bytes, without options */
#define XTCP_HDR_MAX	60	/* bytes, data offset 15 */
#define XTCP_OPT_MAX	(XTCP_HDR_MAX - XTCP_HDR_MIN)

static_assert(sizeof(struct tcphdr) == XTCP_HDR_MIN);
static_assert(offsetof(struct tcphdr, ack_seq) == 8);
static_assert(offsetof(struct tcphdr, window) == 14);
static_assert(offsetof(struct tcphdr, check) == 16);

/* The byte that holds the flags, CWR to FIN. */
static inline u8 xtcp_hdr_flags(const struct tcphdr *th)
{
	return ((const u8 *)th)[13];
}

/* RFC 9768 3.1: AE, CWR and ECE, as a number. */
static inline u8 xtcp_hdr_ace(const struct tcphdr *th)
{
	const u8 *bytes = (const u8 *)th;

	return (bytes[12] & 1) << 2 | bytes[13] >> 6;
}

/* The flags that are such a number. */
static inline u16 xtcp_ace_flags(u8 ace)
{
	static_assert(XTCP_AE == 4 << 6 && XTCP_CWR == 2 << 6 && XTCP_ECE == 1 << 6);
	return ace << 6;
}

/* Bytes of header with options, as the data offset claims: not to be trusted unchecked. */
static inline unsigned int xtcp_hdr_len(const struct tcphdr *th)
{
	return th->doff * 4;
}

/**
 * struct xtcp_tuple - who talks to whom, as seen from this host
 * @laddr: local address; IPv4 as v4-mapped, so that every table has one kind of key
 * @raddr: remote address, likewise; all zero for a listener
 * @lport: local port
 * @rport: remote port; zero for a listener
 * @link: carrier in bit 0 (%XTCP_LINK_NATIVE), and above it the index of what the addresses are
 *	  to be read in, since they alone name nobody there: the interface if @raddr is
 *	  link-local, or the VRF
 *
 * No padding, so that it can be hashed and compared as bytes.
 */
struct xtcp_tuple {
	struct in6_addr	laddr;
	struct in6_addr	raddr;
	__be16		lport;
	__be16		rport;
	u32		link;
};

static_assert(sizeof(struct xtcp_tuple) == 40);

#define XTCP_LINK_NATIVE	1u

/**
 * struct xtcp_arrival - where a packet came in
 * @dev: interface index; the VRF's if it is one of a VRF
 * @slave: index of the VRF's interface; 0 outside of VRFs
 */
struct xtcp_arrival {
	int	dev;
	int	slave;
};

/* The part that differs between IPv4 addresses is the last word. */
static inline bool xtcp_addr_is_v4(const struct in6_addr *addr)
{
	return !(addr->s6_addr32[0] | addr->s6_addr32[1] | (addr->s6_addr32[2] ^ htonl(0xffff)));
}

/**
 * xtcp_tuple_siphash - a keyed hash of a tuple, and of a little more
 * @tuple: tuple
 * @more: what else is to count
 * @key: secret
 *
 * SYNs of a flood are each hashed several times: IPv4 takes half the words of IPv6. The two never
 * hash the same, since SipHash counts the bytes.
 *
 * Return: 64 bits, all equally good.
 */
static inline u64 xtcp_tuple_siphash(const struct xtcp_tuple *tuple, u64 more,
				     const siphash_key_t *key)
{
	const struct {
		struct xtcp_tuple	tuple;
		u64			more;
	} all = { *tuple, more };

	static_assert(sizeof(all) == sizeof(*tuple) + sizeof(more));
	if (!xtcp_addr_is_v4(&tuple->laddr) || !xtcp_addr_is_v4(&tuple->raddr))
		return siphash(&all, sizeof(all), key);
	return siphash_3u64((u64)(__force u32)tuple->laddr.s6_addr32[3] << 32 |
			    (__force u32)tuple->raddr.s6_addr32[3],
			    (u64)(__force u16)tuple->lport << 48 |
			    (u64)(__force u16)tuple->rport << 32 | tuple->link, more, key);
}

#endif /* _XTCP_WIRE_H */

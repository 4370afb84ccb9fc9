/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Segments as the scripted peer writes and reads them: RFC 9293 3.1 over IPv4 or IPv6, under
 * whichever IP protocol carries them.
 */
#ifndef _SELFTEST_SEGMENT_H
#define _SELFTEST_SEGMENT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Not <netinet/tcp.h>'s names, which are longer than a test wants to read. */
enum {
	FIN = 0x01,
	SYN = 0x02,
	RST = 0x04,
	PSH = 0x08,
	ACK = 0x10,
	URG = 0x20,
	ECE = 0x40,
	CWR = 0x80,
};

/* In the IP header (RFC 3168 5). */
enum {
	NOT_ECT = 0,
	ECT1 = 1,
	ECT0 = 2,
	CE = 3,
};

/* Bits of segment_options.seen. */
enum {
	OPT_MSS = 0x01,
	OPT_WSCALE = 0x02,
	OPT_SACK_PERM = 0x04,
	OPT_TS = 0x08,
	OPT_SACK = 0x10,
	OPT_OTHER = 0x20,
	OPT_FASTOPEN = 0x40,
};

struct segment_sack {
	uint32_t	start;
	uint32_t	end;
};

struct segment_options {
	unsigned int	seen;
	uint16_t	mss;
	uint8_t		wscale;
	uint32_t	tsval;
	uint32_t	tsecr;
	unsigned int	sacks;
	struct segment_sack sack[4];
	unsigned int	fastopen_len;
	uint8_t		fastopen[16];
};

/**
 * struct segment - one segment, in host byte order
 * @sport: 0 when sending: the peer's port
 * @dport: 0 when sending: the host's port
 * @seq: sequence number
 * @ack: acknowledgment number
 * @window: window field; a scripted peer sends its own
 * @urgent: urgent pointer
 * @flags: FIN and so on
 * @reserved: the four bits before them
 * @ecn: codepoint of the IP header
 * @dscp: the rest of that byte, of what is received
 * @label: IPv6's flow label, of what is received
 * @opt: options
 * @data: payload
 * @len: its length in bytes
 * @doff: data offset to claim, 0: the true one
 * @bad_checksum: spoil it
 * @raw_opt: bytes to send instead of @opt, a multiple of 4
 * @raw_opt_len: their number
 */
struct segment {
	uint16_t		sport;
	uint16_t		dport;
	uint32_t		seq;
	uint32_t		ack;
	uint16_t		window;
	uint16_t		urgent;
	uint8_t			flags;
	uint8_t			reserved;
	uint8_t			ecn;
	uint8_t			dscp;
	uint32_t		label;
	struct segment_options	opt;
	const void		*data;
	size_t			len;
	uint8_t			doff;
	bool			bad_checksum;
	const uint8_t		*raw_opt;
	size_t			raw_opt_len;
};

/**
 * struct segment_path - what IP knows of a segment
 * @version: 4 or 6
 * @protocol: IP protocol number of the carrier
 * @tos: TOS or traffic class of a packet
 * @label: flow label of an IPv6 packet
 * @src: source; IPv4 is v4-mapped
 * @dst: destination, likewise
 */
struct segment_path {
	int		version;
	uint8_t		protocol;
	uint8_t		tos;
	uint32_t	label;
	struct in6_addr	src;
	struct in6_addr	dst;
};

/* The IP packet's length. */
size_t segment_encode(const struct segment *seg, const struct segment_path *path,
		      uint8_t *packet, size_t size);
/* Puts an IP header in front of what is no segment, an ICMP message for one. */
size_t segment_encode_ip(const struct segment_path *path, const void *payload, size_t len,
			 uint8_t *packet, size_t size);
/* NULL, or what is wrong with the packet; @seg->data points into it. */
const char *segment_decode(struct segment *seg, struct segment_path *path,
			   const uint8_t *packet, size_t len);
void segment_print(char *text, size_t size, const struct segment *seg);

/* @path NULL: no pseudo-header, as in ICMPv4. */
uint16_t segment_checksum(const struct segment_path *path, const void *data, size_t len);

#endif /* _SELFTEST_SEGMENT_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_OPT_H
#define _XTCP_OPT_H

#include <linux/types.h>

/* Bits of xtcp_opts.seen. */
#define XTCP_OPT_MSS		0x01	/* RFC 9293 3.2, on SYN only */
#define XTCP_OPT_WSCALE		0x02	/* RFC 7323 2, on SYN only */
#define XTCP_OPT_SACK_PERM	0x04	/* RFC 2018 2, on SYN only */
#define XTCP_OPT_TS		0x08	/* RFC 7323 3 */
#define XTCP_OPT_SACK		0x10	/* RFC 2018 3 */
#define XTCP_OPT_FASTOPEN	0x20	/* RFC 7413 4.1.1, on SYN only */

#define XTCP_SACK_BLOCKS	4	/* most that fit into 40 bytes */
#define XTCP_WSCALE_MAX		14	/* RFC 7323 2.3 */
#define XTCP_FASTOPEN_MIN	4	/* bytes of a cookie, RFC 7413 4.1.1 */
#define XTCP_FASTOPEN_MAX	16

struct xtcp_sack_block {
	u32	start;			/* first sequence number of the block */
	u32	end;			/* the one after its last */
};

/**
 * struct xtcp_fastopen_cookie - what a Fast Open option carries
 * @len: bytes of the cookie, an even number; 0: none, the option asks for one
 * @bytes: the cookie
 */
struct xtcp_fastopen_cookie {
	u8	len;
	u8	bytes[XTCP_FASTOPEN_MAX];
};

/**
 * struct xtcp_opts - the options of one segment, in host byte order
 * @seen: which are present, %XTCP_OPT_MSS and so on
 * @wscale: shift count, already clamped to %XTCP_WSCALE_MAX
 * @mss: bytes
 * @tsval: timestamp value
 * @tsecr: timestamp echo reply
 * @sacks: number of valid @sack entries
 * @sack: SACK blocks, in the order of the option
 * @fastopen: cookie, or the request for one
 */
struct xtcp_opts {
	u8			seen;
	u8			wscale;
	u8			sacks;
	u16			mss;
	u32			tsval;
	u32			tsecr;
	struct xtcp_sack_block	sack[XTCP_SACK_BLOCKS];
	struct xtcp_fastopen_cookie fastopen;
};

enum xtcp_opt_verdict {
	XTCP_OPT_OK,			/* the whole list was well-formed */
	XTCP_OPT_MALFORMED,		/* a length lied; what came before it counts */
};

enum xtcp_opt_verdict xtcp_opt_parse(const u8 *p, unsigned int len, bool syn,
				     struct xtcp_opts *opts);
unsigned int xtcp_opt_build(u8 *p, const struct xtcp_opts *opts);
unsigned int xtcp_opt_len(const struct xtcp_opts *opts);

#endif /* _XTCP_OPT_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TCP Fast Open (RFC 7413): the cookies that a server gives out, and the bound on what they open.
 */
#ifndef _XTCP_FASTOPEN_H
#define _XTCP_FASTOPEN_H

#include <linux/siphash.h>
#include <linux/types.h>

#include "opt.h"

struct xtcp_tuple;

#define XTCP_FASTOPEN_KEY	16	/* bytes of a key */
#define XTCP_FASTOPEN_KEYS	2	/* the one in use, and the one before it */
#define XTCP_FASTOPEN_LEN	8	/* bytes of a cookie of ours */

/* Bits of net.xtcp.fastopen: tcp(7)'s, and of net.ipv4.tcp_fastopen. */
#define XTCP_FASTOPEN_CLIENT		0x001	/* MSG_FASTOPEN, TCP_FASTOPEN_CONNECT */
#define XTCP_FASTOPEN_SERVER		0x002	/* TCP_FASTOPEN */
#define XTCP_FASTOPEN_CLIENT_FREE	0x004	/* data in a SYN whether there is a cookie or not */
#define XTCP_FASTOPEN_SERVER_FREE	0x200	/* likewise, of others */
#define XTCP_FASTOPEN_SERVER_ALL	0x400	/* all listeners, as long as their backlog */

/**
 * struct xtcp_fastopen_keys - secrets of a server
 * @key: the first makes cookies, all check them
 * @count: how many there are
 */
struct xtcp_fastopen_keys {
	siphash_key_t	key[XTCP_FASTOPEN_KEYS];
	unsigned int	count;
};

/* What a cookie turns out to be. */
enum xtcp_fastopen_check {
	XTCP_FASTOPEN_FORGED,
	XTCP_FASTOPEN_VALID,
	XTCP_FASTOPEN_OLD,	/* valid, by a key that makes no more of them */
};

/* Seconds that a reset counts for, and up to a slot more. */
#define XTCP_FASTOPEN_RESET_S	60
#define XTCP_FASTOPEN_SLOT_S	10
#define XTCP_FASTOPEN_SLOTS	(XTCP_FASTOPEN_RESET_S / XTCP_FASTOPEN_SLOT_S + 1)

/**
 * struct xtcp_fastopen_bound - connections that nothing but a cookie vouches for; all zero at first
 * @pending: those whose SYN-ACK is not acknowledged
 * @resets: those of the last minute that a reset ended before that: sum of @slots
 * @slots: resets, by the time at which they came
 * @now: number of the slot that they fall into, since the clock's beginning
 */
struct xtcp_fastopen_bound {
	u32	pending;
	u32	resets;
	u32	slots[XTCP_FASTOPEN_SLOTS];
	u32	now;
};

void xtcp_fastopen_keys_read(struct xtcp_fastopen_keys *keys, const u8 *bytes, unsigned int count);
void xtcp_fastopen_keys_write(const struct xtcp_fastopen_keys *keys, u8 *bytes);
void xtcp_fastopen_make(const struct xtcp_fastopen_keys *keys, const struct xtcp_tuple *tuple,
			struct xtcp_fastopen_cookie *cookie);
enum xtcp_fastopen_check xtcp_fastopen_check(const struct xtcp_fastopen_keys *keys,
					     const struct xtcp_tuple *tuple,
					     const struct xtcp_fastopen_cookie *cookie);

bool xtcp_fastopen_bound_ok(struct xtcp_fastopen_bound *bound, u32 most, u32 now_s);
void xtcp_fastopen_bound_reset(struct xtcp_fastopen_bound *bound, u32 now_s);

#endif /* _XTCP_FASTOPEN_H */

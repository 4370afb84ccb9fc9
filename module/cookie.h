/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SYN cookies: a connection's options inside the sequence number that a SYN-ACK carries.
 */
#ifndef _XTCP_COOKIE_H
#define _XTCP_COOKIE_H

#include <linux/siphash.h>
#include <linux/types.h>

struct xtcp_tuple;

/*
 * Seconds for which a secret makes cookies; they are taken for as long again: longer than SYN-ACKs
 * are sent again by default, 63 s and an eighth, so that an entry may be evicted all its life.
 */
#define XTCP_COOKIE_LIFE_S	75

/**
 * struct xtcp_cookie_secrets - the two that rotate; all zero at first
 * @key: one makes cookies, the other's are still taken
 * @made_s: when each was made, seconds; 0: never
 * @current_key: index of the one that makes cookies
 *
 * Written by xtcp_cookie_rotate() alone, read without a lock.
 */
struct xtcp_cookie_secrets {
	siphash_key_t	key[2];
	u32		made_s[2];
	u8		current_key;
};

/**
 * struct xtcp_cookie - what a cookie remembers of a SYN
 * @mss: the peer's MSS, bytes; comes back as the largest class that is not above it (finer ones
 *	 with timestamps), or as 48 if it is less than that
 * @wscale: the peer's shift; without timestamps it comes back as the largest class not above it;
 *	    0 if there is none
 * @wscale_ok: the SYN had window scale
 * @sack_ok: it had SACK-permitted
 * @ecn_ok: it asked for ECN, and was granted it; comes back with timestamps alone
 */
struct xtcp_cookie {
	u16	mss;
	u8	wscale;
	bool	wscale_ok;
	bool	sack_ok;
	bool	ecn_ok;
};

bool xtcp_cookie_is_due(const struct xtcp_cookie_secrets *secrets, u32 now_s);
void xtcp_cookie_rotate(struct xtcp_cookie_secrets *secrets, const siphash_key_t *fresh, u32 now_s);
u32 xtcp_cookie_tsval(const struct xtcp_cookie *cookie, u32 tsval);
u32 xtcp_cookie_make(const struct xtcp_cookie_secrets *secrets, const struct xtcp_tuple *tuple,
		     u32 irs, const struct xtcp_cookie *cookie, u32 *tsval);
bool xtcp_cookie_check(const struct xtcp_cookie_secrets *secrets, const struct xtcp_tuple *tuple,
		       u32 irs, u32 isn, const u32 *tsecr, u32 now_s, struct xtcp_cookie *cookie);

#endif /* _XTCP_COOKIE_H */

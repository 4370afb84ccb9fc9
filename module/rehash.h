/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Another path, where the one that is used seems to fail.
 */
#ifndef _XTCP_REHASH_H
#define _XTCP_REHASH_H

struct sk_buff;
struct sock;

void xtcp_rehash_timeout(struct sock *sk);
void xtcp_rehash_heard(struct sock *sk, const struct sk_buff *skb);

#endif /* _XTCP_REHASH_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The headers of a SYN, kept for who accepts the connection (TCP_SAVE_SYN).
 */
#ifndef _XTCP_SAVEDSYN_H
#define _XTCP_SAVEDSYN_H

#include <linux/list.h>
#include <linux/types.h>

#include "wire.h"

struct sk_buff;
struct sock;

/* What xtcp_sock.save_syn asks for: tcp(7)'s numbers. */
enum xtcp_save_syn {
	XTCP_SAVE_NONE,
	XTCP_SAVE_IP,		/* from the IP header on */
	XTCP_SAVE_LINK,		/* from the link header on */
};

/**
 * struct xtcp_saved_syn - headers of a SYN
 * @node: in a bucket of synq.c, while the connection is half open
 * @tuple: the connection's
 * @size: bytes that all this takes
 * @len: bytes of headers
 * @data: headers
 */
struct xtcp_saved_syn {
	struct hlist_node	node;	/* the bucket's lock */
	struct xtcp_tuple	tuple;
	u32			size;
	u32			len;
	u8			data[];
};

struct xtcp_saved_syn *xtcp_saved_syn_make(const struct sk_buff *skb,
					   const struct xtcp_tuple *tuple,
					   enum xtcp_save_syn mode);
void xtcp_saved_syn_give(struct sock *child, struct xtcp_saved_syn *saved);
void xtcp_saved_syn_free(struct sock *sk);
int xtcp_saved_syn_read(struct sock *sk, char __user *val, int __user *optlen);

#endif /* _XTCP_SAVEDSYN_H */

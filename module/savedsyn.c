// SPDX-License-Identifier: GPL-2.0
/*
 * The headers of a SYN, kept for who accepts the connection (TCP_SAVE_SYN).
 *
 * While the connection is half open they lie beside its entry in the half-open queue, whose budget
 * they are charged to, and go when it does. The child has them charged to its option memory, until
 * somebody reads them or it ends. What comes out of a cookie has none: there is nowhere to keep
 * them.
 */
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "xtcp.h"

/* Bytes: IPv6's extension headers alone could be as long as a packet. */
#define HEADERS_MAX	SZ_1K

/* Where the headers begin, from skb->data. */
static int headers_offset(const struct sk_buff *skb, enum xtcp_save_syn mode)
{
	if (mode == XTCP_SAVE_LINK && skb_mac_header_was_set(skb))
		return skb_mac_offset(skb);
	return skb_network_offset(skb);
}

/**
 * xtcp_saved_syn_make - copy the headers of a SYN
 * @skb: segment, data at the TCP header, whose options have been pulled
 * @tuple: the connection's
 * @mode: what to copy, not %XTCP_SAVE_NONE
 *
 * Context: Any.
 * Return: the copy, the caller's; NULL if there is no memory, or they are absurdly long.
 */
struct xtcp_saved_syn *xtcp_saved_syn_make(const struct sk_buff *skb,
					   const struct xtcp_tuple *tuple,
					   enum xtcp_save_syn mode)
{
	const int offset = headers_offset(skb, mode);
	struct xtcp_saved_syn *saved;
	size_t size;
	u32 len;

	len = xtcp_hdr_len((const struct tcphdr *)skb->data) - offset;
	if (len > HEADERS_MAX)
		return NULL;
	size = kmalloc_size_roundup(struct_size(saved, data, len));
	saved = kmalloc(size, GFP_ATOMIC | __GFP_NOWARN);
	if (!saved)
		return NULL;
	INIT_HLIST_NODE(&saved->node);
	saved->tuple = *tuple;
	saved->size = size;
	saved->len = len;
	memcpy(saved->data, skb->data + offset, len);
	return saved;
}

/**
 * xtcp_saved_syn_give - the half-open connection has become one
 * @child: it, whose lock is held
 * @saved: from xtcp_saved_syn_make(), the child's from here on; NULL if there is none
 */
void xtcp_saved_syn_give(struct sock *child, struct xtcp_saved_syn *saved)
{
	if (!saved)
		return;
	atomic_add(saved->size, &child->sk_omem_alloc);
	xtcp_sk(child)->saved_syn = saved;
}

/**
 * xtcp_saved_syn_free - nobody will read it any more; idempotent
 * @sk: socket
 *
 * Context: socket lock, or nobody else knows the socket.
 */
void xtcp_saved_syn_free(struct sock *sk)
{
	struct xtcp_saved_syn *saved = xtcp_sk(sk)->saved_syn;

	if (!saved)
		return;
	xtcp_sk(sk)->saved_syn = NULL;
	sock_kfree_s(sk, saved, saved->size);
}

/**
 * xtcp_saved_syn_read - TCP_SAVED_SYN: what has been kept; once
 * @sk: socket
 * @val: where it goes
 * @optlen: room there; set to the bytes that there are, 0 for none
 *
 * Context: socket lock.
 * Return: 0; -EINVAL if the room is too small: then it can be read again; -EFAULT, likewise.
 */
int xtcp_saved_syn_read(struct sock *sk, char __user *val, int __user *optlen)
{
	const struct xtcp_saved_syn *saved = xtcp_sk(sk)->saved_syn;
	int need = saved ? saved->len : 0;
	int room;

	if (get_user(room, optlen))
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	if (put_user(need, optlen))
		return -EFAULT;
	if (room < need)
		return -EINVAL;
	if (need && copy_to_user(val, saved->data, need))
		return -EFAULT;
	xtcp_saved_syn_free(sk);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Data that is sent from where it lies: a file's pages (sendfile, splice) and a user's
 * (MSG_ZEROCOPY).
 *
 * A page becomes a fragment of a queued segment. It is held by the segment until that is
 * acknowledged, and by every clone and copy of it that is still below. All this time its owner may
 * write to it, and what is sent again is then what is in it by then. So nothing but the checksum
 * depends on the bytes, and that is made below, by the device, or by the kernel from a copy where
 * it finds SKBFL_SHARED_FRAG. The native carrier's is made by XTCP (xtcp_ip_checksum()), before
 * the segment leaves: there everything is copied.
 *
 * Who sends user memory is to leave it alone until a notification on the error queue says that it
 * is his again. The calls are numbered, and a range of them is counted together, as struct
 * ubuf_info, for as long as a segment with data of the last one can be added to. References to it
 * are held by the call, and by each skb that has such a fragment: the queued one, what is split off
 * it, and whatever lies below. The last one's end queues the notification, or, once the file is
 * closed, lets the pages go without. A ubuf_info holds the socket.
 *
 * What a user can pin is bounded by RLIMIT_MEMLOCK, how many notifications there can be by
 * net.core.optmem_max, and both by what the send buffer takes: a shared byte is charged as if it
 * had been copied.
 */
#include <linux/bvec.h>
#include <linux/uio.h>

#include "xtcp.h"

static bool can_share(const struct sock *sk)
{
	return !xtcp_sock_native(sk) && (sk->sk_route_caps & NETIF_F_SG);
}

/**
 * xtcp_zerocopy_allow - SO_ZEROCOPY: what MSG_ZEROCOPY says is meant
 * @sk: socket
 * @value: 0 or 1; without it the flag is ignored, as it always was
 *
 * Context: socket lock.
 * Return: 0, or -EINVAL.
 */
int xtcp_zerocopy_allow(struct sock *sk, int value)
{
	if (value < 0 || value > 1)
		return -EINVAL;
	sock_valbool_flag(sk, SOCK_ZEROCOPY, value);
	return 0;
}

/**
 * xtcp_zerocopy_begin - begin a call of sendmsg()
 * @sk: socket
 * @msg: its data; with %MSG_ZEROCOPY, and if SO_ZEROCOPY is set, msg_ubuf is what counts it
 *
 * Context: process context, lock_sock().
 * Return: 0; -ENOBUFS at the limit of pinned memory, or of notifications; -EOPNOTSUPP for a caller
 * that counts by itself (io_uring, which asks for SOCK_SUPPORT_ZC before).
 */
int xtcp_zerocopy_begin(struct sock *sk, struct msghdr *msg)
{
	struct sk_buff *tail = skb_peek_tail(&sk->sk_write_queue);
	struct ubuf_info *uarg = NULL;

	if ((msg->msg_flags & MSG_ZEROCOPY) && msg_data_left(msg)) {
		if (msg->msg_ubuf)
			return -EOPNOTSUPP;
		if (sock_flag(sk, SOCK_ZEROCOPY)) {
			uarg = xtcp_compat_zerocopy_realloc(sk, msg_data_left(msg),
							    skb_zcopy(tail));
			if (!uarg)
				return -ENOBUFS;
		}
	}
	msg->msg_ubuf = uarg;
	return 0;
}

/**
 * xtcp_zerocopy_end - end a call of sendmsg()
 * @msg: what xtcp_zerocopy_begin() returned 0 for
 * @written: some of it was queued; otherwise it gets no number, and no notification
 *
 * Context: process context, lock_sock().
 */
void xtcp_zerocopy_end(struct msghdr *msg, bool written)
{
	struct ubuf_info *uarg = msg->msg_ubuf;

	msg->msg_ubuf = NULL;
	if (written)
		net_zcopy_put(uarg);
	else
		net_zcopy_put_abort(uarg, true);
}

/* Whether @len bytes from @offset on follow on the last fragment without a gap. */
static bool continues(const struct sk_buff *skb, const struct page *page, u32 offset)
{
	const struct skb_shared_info *info = skb_shinfo(skb);
	const skb_frag_t *last;

	if (!info->nr_frags)
		return false;
	last = &info->frags[info->nr_frags - 1];
	return skb_frag_page(last) == page && skb_frag_off(last) + skb_frag_size(last) == offset;
}

/* Makes a part of a large folio one of its first page, so that neighbours make one fragment. */
static void normalize(struct page **page, u32 *offset)
{
	struct folio *folio = page_folio(*page);

	*offset += folio_page_idx(folio, *page) << PAGE_SHIFT;
	*page = folio_page(folio, 0);
}

/* The reference to @page becomes the fragment's. There is room for it, and memory to charge. */
static void add_page(struct sock *sk, struct sk_buff *skb, struct page *page, u32 offset, u32 len)
{
	struct skb_shared_info *info = skb_shinfo(skb);

	if (continues(skb, page, offset)) {
		skb_frag_size_add(&info->frags[info->nr_frags - 1], len);
		put_page(page);
	} else {
		skb_fill_page_desc_noacc(skb, info->nr_frags, page, offset, len);
	}
	skb->len += len;
	skb->data_len += len;
	skb->truesize += len;
	sk_wmem_queued_add(sk, len);
	sk_mem_charge(sk, len);
	xtcp_mib_add(xtcp_sock_net(sk), SharedBytes, len);
}

/* What is next of an iterator that has pages: all of it on one of them. */
static struct bio_vec next_piece(const struct iov_iter *iter)
{
	const struct bvec_iter at = {
		.bi_size = iov_iter_count(iter),
		.bi_bvec_done = iter->iov_offset,
	};

	return bvec_iter_bvec(iter->bvec, at);
}

/* As xtcp_zerocopy_append(). */
static int append_file(struct sock *sk, struct sk_buff *skb, struct msghdr *msg, u32 room)
{
	int added = 0, err = 0;

	while (added < room && msg_data_left(msg)) {
		struct bio_vec piece = next_piece(&msg->msg_iter);
		u32 len = min(piece.bv_len, room - added);
		struct page *page = piece.bv_page;
		u32 offset = piece.bv_offset;

		/* No reference may be taken to a slab's page. */
		if (!len || !sendpage_ok(page))
			break;
		normalize(&page, &offset);
		if (skb_shinfo(skb)->nr_frags >= MAX_SKB_FRAGS && !continues(skb, page, offset)) {
			err = -ENOSPC;
			break;
		}
		if (!sk_wmem_schedule(sk, len)) {
			err = -ENOBUFS;
			break;
		}
		get_page(page);
		add_page(sk, skb, page, offset, len);
		iov_iter_advance(&msg->msg_iter, len);
		added += len;
	}
	if (added)
		skb_shinfo(skb)->flags |= SKBFL_SHARED_FRAG;
	return added ? added : err;
}

/* As xtcp_zerocopy_append(). */
static int append_user(struct sock *sk, struct sk_buff *skb, struct msghdr *msg, u32 room)
{
	unsigned int slots = MAX_SKB_FRAGS - skb_shinfo(skb)->nr_frags;
	struct page *pages[MAX_SKB_FRAGS];
	size_t offset;
	ssize_t added;
	u32 left, i;

	/* A segment can be counted once. */
	if (!slots || (skb_zcopy(skb) && skb_zcopy(skb) != msg->msg_ubuf))
		return -ENOSPC;
	room = min_t(size_t, room, msg_data_left(msg));
	if (!sk_wmem_schedule(sk, room))
		return -ENOBUFS;
	/* A fault half way ends it there; the next call finds it at the first byte. */
	added = iov_iter_get_pages2(&msg->msg_iter, pages, room, slots, &offset);
	if (added <= 0)
		return added ? added : -EFAULT;

	for (i = 0, left = added; left; i++, offset = 0) {
		u32 len = min_t(size_t, left, PAGE_SIZE - offset);
		struct page *page = pages[i];
		u32 start = offset;

		normalize(&page, &start);
		add_page(sk, skb, page, start, len);
		left -= len;
	}
	skb_zcopy_set(skb, msg->msg_ubuf, NULL);
	return added;
}

/**
 * xtcp_zerocopy_append - add to a segment what is at hand, without a copy
 * @sk: socket
 * @skb: segment that was never sent
 * @msg: data, after xtcp_zerocopy_begin()
 * @room: bytes that the segment takes, more than 0
 *
 * Of user memory as much as has pages; pages alone, on the other hand, are a file's
 * (%MSG_SPLICE_PAGES), or another pipe's or socket's. That flag is believed of an iterator that
 * holds pages and of no other: older kernels let a user set it.
 *
 * Context: process context, socket lock.
 * Return: bytes added; 0 if they are to be copied; -ENOSPC if the segment takes no more like this;
 * -ENOBUFS if there is no memory; -EFAULT if not a byte could be read.
 */
int xtcp_zerocopy_append(struct sock *sk, struct sk_buff *skb, struct msghdr *msg, u32 room)
{
	if (msg->msg_ubuf) {
		if (can_share(sk))
			return append_user(sk, skb, msg, room);
		/* The notification says so: who hears it may prefer to do without. */
		uarg_to_msgzc(msg->msg_ubuf)->zerocopy = 0;
		return 0;
	}
	if (!(msg->msg_flags & MSG_SPLICE_PAGES) || !iov_iter_is_bvec(&msg->msg_iter))
		return 0;
	return can_share(sk) ? append_file(sk, skb, msg, room) : 0;
}

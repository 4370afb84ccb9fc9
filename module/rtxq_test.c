// SPDX-License-Identifier: GPL-2.0
/*
 * The two send queues: their invariants after every step of long random lives, their bytes, and
 * the bytes of clones that are still below while the queue changes under them.
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "xtcp.h"

#define RTXQ_TEST_STEPS		4000
#define RTXQ_TEST_CLONES	32
#define RTXQ_TEST_PAGES		16384

static atomic_long_t rtxq_test_allocated;
static DEFINE_PER_CPU(int, rtxq_test_fw_alloc);
static long rtxq_test_limits[3] = { LONG_MAX, LONG_MAX, LONG_MAX };

static struct proto rtxq_test_proto = {
	.name			= "XTCP test",
	.max_header		= 256,
	.memory_allocated	= &rtxq_test_allocated,
	.per_cpu_fw_alloc	= &rtxq_test_fw_alloc,
	.sysctl_mem		= rtxq_test_limits,
};

struct rtxq_test_bed {
	struct xtcp_sock	xsk;
	struct rnd_state	rnd;
	struct sk_buff		*clones[RTXQ_TEST_CLONES];
	struct page		*pages[RTXQ_TEST_PAGES];	/* with a reference each */
	u32			npages;
	u32			fin_seq;
	bool			fin;
};

static struct sock *rtxq_test_sk(struct kunit *test)
{
	struct rtxq_test_bed *bed = test->priv;

	return (struct sock *)&bed->xsk;
}

/* Linux 6.1 has no list_count_nodes(). */
static size_t rtxq_test_count(const struct list_head *list)
{
	const struct list_head *node;
	size_t count = 0;

	list_for_each(node, list)
		count++;
	return count;
}

/* Every byte of the stream is a function of its sequence number. */
static u8 rtxq_test_byte(u32 seq)
{
	return seq ^ (seq >> 8) * 37;
}

static u32 rtxq_test_below(struct rtxq_test_bed *bed, u32 ceiling)
{
	return prandom_u32_state(&bed->rnd) % ceiling;
}

static void rtxq_test_check_bytes(struct kunit *test, const struct sk_buff *skb)
{
	u32 seq = XTCP_CB(skb)->seq;
	u8 bytes[64];
	u32 i, j;

	for (i = 0; i < skb->len; i += sizeof(bytes)) {
		u32 len = min_t(u32, skb->len - i, sizeof(bytes));

		KUNIT_ASSERT_EQ(test, skb_copy_bits(skb, i, bytes, len), 0);
		for (j = 0; j < len; j++)
			KUNIT_ASSERT_EQ(test, bytes[j], rtxq_test_byte(seq + i + j));
	}
}

/* What holds of any segment in either queue; *next is where it must begin, and is moved on. */
static void rtxq_test_check_one(struct kunit *test, const struct sk_buff *skb, u32 *next,
				int *truesize)
{
	const struct xtcp_cb *cb = XTCP_CB(skb);
	u32 flags = !!(cb->flags & XTCP_SYN) + !!(cb->flags & XTCP_FIN);

	KUNIT_ASSERT_EQ(test, cb->seq, *next);
	KUNIT_ASSERT_EQ(test, cb->end_seq - cb->seq, skb->len + flags);
	KUNIT_ASSERT_NE(test, cb->end_seq, cb->seq);
	KUNIT_ASSERT_EQ(test, skb->data_len, skb->len);
	if (cb->flags & XTCP_FIN)
		KUNIT_ASSERT_EQ(test, cb->end_seq, xtcp_sk(rtxq_test_sk(test))->write_seq);
	rtxq_test_check_bytes(test, skb);
	*next = cb->end_seq;
	*truesize += skb->truesize;
}

static void rtxq_test_check(struct kunit *test)
{
	struct sock *sk = rtxq_test_sk(test);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	u32 bytes = 0, lost = 0, sacked = 0, resent = 0, next = xsk->snd_una;
	unsigned int sent_count = 0, lost_count = 0;
	int truesize = 0;
	struct sk_buff *skb;

	for (skb = xtcp_rtxq_head(sk); skb; skb = xtcp_rtxq_next(skb)) {
		rtxq_test_check_one(test, skb, &next, &truesize);
		bytes += XTCP_CB(skb)->end_seq - XTCP_CB(skb)->seq;
		KUNIT_ASSERT_LE(test, XTCP_CB(skb)->lost + XTCP_CB(skb)->sacked +
				XTCP_CB(skb)->resent, 1);
		if (XTCP_CB(skb)->resent)
			resent += XTCP_CB(skb)->end_seq - XTCP_CB(skb)->seq;
		if (XTCP_CB(skb)->lost) {
			lost += XTCP_CB(skb)->end_seq - XTCP_CB(skb)->seq;
			lost_count++;
		} else if (XTCP_CB(skb)->sacked) {
			sacked += XTCP_CB(skb)->end_seq - XTCP_CB(skb)->seq;
		} else {
			sent_count += !list_empty(&XTCP_CB(skb)->node);
		}
	}
	KUNIT_ASSERT_EQ(test, next, xsk->snd_nxt);
	skb_queue_walk(&sk->sk_write_queue, skb)
		rtxq_test_check_one(test, skb, &next, &truesize);
	KUNIT_ASSERT_EQ(test, next, xsk->write_seq);

	KUNIT_ASSERT_EQ(test, xsk->rtxq_bytes, bytes);
	KUNIT_ASSERT_EQ(test, xsk->lost_bytes, lost);
	KUNIT_ASSERT_EQ(test, xsk->sacked_bytes, sacked);
	KUNIT_ASSERT_EQ(test, xsk->resent_bytes, resent);
	KUNIT_ASSERT_EQ(test, rtxq_test_count(&xsk->lost), lost_count);
	KUNIT_ASSERT_EQ(test, rtxq_test_count(&xsk->sent), sent_count);
	KUNIT_ASSERT_EQ(test, !!xtcp_rtxq_first_lost(sk), !!lost);
	KUNIT_ASSERT_EQ(test, sk->sk_wmem_queued, truesize);
}

static void rtxq_test_add_page(struct kunit *test, struct sk_buff *skb, u32 seq, u32 len)
{
	struct sock *sk = rtxq_test_sk(test);
	struct rtxq_test_bed *bed = test->priv;
	struct page *page;
	u32 off, i;

	KUNIT_ASSERT_LT(test, bed->npages, RTXQ_TEST_PAGES);
	page = alloc_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	bed->pages[bed->npages++] = page;
	get_page(page);
	off = rtxq_test_below(bed, PAGE_SIZE - len + 1);
	for (i = 0; i < len; i++)
		((u8 *)page_address(page))[off + i] = rtxq_test_byte(seq + i);
	skb_fill_page_desc(skb, skb_shinfo(skb)->nr_frags, page, off, len);
	KUNIT_ASSERT_TRUE(test, sk_wmem_schedule(sk, len));
	skb->len += len;
	skb->data_len += len;
	skb->truesize += len;
	sk_wmem_queued_add(sk, len);
	sk_mem_charge(sk, len);
}

static void rtxq_test_write(struct kunit *test, u32 frags, u32 frag_max)
{
	struct sock *sk = rtxq_test_sk(test);
	struct sk_buff *skb = xtcp_rtxq_alloc(sk, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	while (frags--)
		rtxq_test_add_page(test, skb, xtcp_sk(sk)->write_seq + skb->len,
				   1 + rtxq_test_below(test->priv, frag_max));
	xtcp_rtxq_queue(sk, skb, rtxq_test_below(test->priv, 2) ? XTCP_PSH : 0);
}

static void rtxq_test_send(struct kunit *test)
{
	struct sock *sk = rtxq_test_sk(test);
	struct rtxq_test_bed *bed = test->priv;
	struct sk_buff *skb = skb_peek(&sk->sk_write_queue);
	u32 slot = rtxq_test_below(bed, RTXQ_TEST_CLONES);

	if (!skb)
		return;
	if (!bed->clones[slot]) {
		bed->clones[slot] = skb_clone(skb, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, bed->clones[slot]);
	}
	xtcp_set_sent_us(skb, XTCP_CB(skb)->seq | 1);
	xtcp_rtxq_sent(sk, skb);
}

static struct sk_buff *rtxq_test_pick(struct kunit *test, bool in_flight)
{
	struct sock *sk = rtxq_test_sk(test);
	struct sk_buff *skb;
	u32 skip = rtxq_test_below(test->priv, 8);

	if (!in_flight)
		return skb_peek(&sk->sk_write_queue);
	for (skb = xtcp_rtxq_head(sk); skb && skip; skip--)
		skb = xtcp_rtxq_next(skb);
	return skb;
}

static void rtxq_test_split(struct kunit *test)
{
	struct sk_buff *skb = rtxq_test_pick(test, rtxq_test_below(test->priv, 2));
	u32 fin, len;

	if (!skb || !skb->len)
		return;
	fin = !!(XTCP_CB(skb)->flags & XTCP_FIN);
	if (skb->len + fin < 2)
		return;
	len = 1 + rtxq_test_below(test->priv, skb->len + fin - 1);
	KUNIT_ASSERT_EQ(test, xtcp_rtxq_split(rtxq_test_sk(test), skb, len, GFP_KERNEL), 0);
	KUNIT_ASSERT_EQ(test, skb->len, len);
	KUNIT_ASSERT_FALSE(test, XTCP_CB(skb)->flags & XTCP_FIN);
}

/* What is taken for lost no longer may be so yet: it must be where losses are looked for. */
static void rtxq_test_find(struct kunit *test)
{
	struct xtcp_sock *xsk = xtcp_sk(rtxq_test_sk(test));
	size_t count = rtxq_test_count(&xsk->sent) + rtxq_test_count(&xsk->lost);

	xtcp_rtxq_all_found(rtxq_test_sk(test));
	KUNIT_ASSERT_EQ(test, rtxq_test_count(&xsk->sent), count);
}

static void rtxq_test_gather(struct kunit *test)
{
	struct sk_buff *skb = rtxq_test_pick(test, false);
	struct sock *sk = rtxq_test_sk(test);
	u32 len;

	if (!skb || !skb->len)
		return;
	len = skb->len + rtxq_test_below(test->priv, 5000);
	xtcp_rtxq_gather(sk, skb, len);
	KUNIT_ASSERT_LE(test, skb->len, len);
	if (skb->len < len && !skb_queue_is_last(&sk->sk_write_queue, skb))
		KUNIT_ASSERT_EQ(test, skb_shinfo(skb)->nr_frags, MAX_SKB_FRAGS);
}

static void rtxq_test_mark(struct kunit *test)
{
	struct sk_buff *skb = rtxq_test_pick(test, true);
	struct xtcp_rtxq_news news = { .now_us = U32_MAX };
	struct sock *sk = rtxq_test_sk(test);

	if (!skb || XTCP_CB(skb)->sacked)
		return;
	switch (rtxq_test_below(test->priv, 8)) {
	case 0 ... 3:
		xtcp_rtxq_mark_lost(sk, skb);
		break;
	case 4 ... 5:
		if (XTCP_CB(skb)->rtx < U8_MAX)
			XTCP_CB(skb)->rtx++;
		xtcp_rtxq_resent(sk, skb);
		KUNIT_ASSERT_PTR_EQ(test, xtcp_sk(sk)->sent.prev, &XTCP_CB(skb)->node);
		break;
	case 6:
		xtcp_rtxq_mark_sacked(sk, skb, &news);
		KUNIT_ASSERT_GT(test, news.bytes, 0);
		break;
	default:
		if (!rtxq_test_below(test->priv, 10))
			xtcp_rtxq_forget_sacked(sk);
		else if (!rtxq_test_below(test->priv, 10))
			rtxq_test_find(test);
	}
}

static void rtxq_test_ack(struct kunit *test)
{
	struct sock *sk = rtxq_test_sk(test);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct xtcp_rtxq_news news = { .now_us = U32_MAX };
	u32 ack, arrived = 0;
	struct sk_buff *skb;
	bool rtx = false;
	u64 expect = 0;

	if (!xtcp_sock_in_flight(xsk))
		return;
	ack = xsk->snd_una + 1 + rtxq_test_below(test->priv, min(xtcp_sock_in_flight(xsk), 20000u));
	for (skb = xtcp_rtxq_head(sk); skb; skb = xtcp_rtxq_next(skb)) {
		const struct xtcp_cb *cb = XTCP_CB(skb);

		if (xtcp_seq_ge(cb->seq, ack))
			break;
		rtx |= cb->rtx;
		if (!expect)
			expect = xtcp_sent_us(skb);
		if (!cb->sacked)
			arrived += xtcp_seq_min(cb->end_seq, ack) -
				   xtcp_seq_max(cb->seq, xsk->snd_una);
	}
	xtcp_rtxq_acked(sk, ack, &news);
	KUNIT_ASSERT_EQ(test, news.sent_us, rtx ? 0 : expect);
	KUNIT_ASSERT_EQ(test, news.bytes, arrived);
	xsk->snd_una = ack;
}

static void rtxq_test_drop_clone(struct kunit *test)
{
	struct rtxq_test_bed *bed = test->priv;
	u32 slot = rtxq_test_below(bed, RTXQ_TEST_CLONES);

	if (!bed->clones[slot])
		return;
	rtxq_test_check_bytes(test, bed->clones[slot]);
	consume_skb(bed->clones[slot]);
	bed->clones[slot] = NULL;
}

static void rtxq_test_fin(struct kunit *test)
{
	struct sock *sk = rtxq_test_sk(test);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct rtxq_test_bed *bed = test->priv;

	bed->fin_seq = bed->fin ? bed->fin_seq : xsk->write_seq;
	bed->fin = true;
	KUNIT_ASSERT_EQ(test, xtcp_rtxq_queue_flag(sk, XTCP_FIN, GFP_KERNEL), 0);
	KUNIT_ASSERT_TRUE(test, xsk->fin_queued);
	KUNIT_ASSERT_EQ(test, xsk->fin_seq, bed->fin_seq);
	KUNIT_ASSERT_EQ(test, xsk->write_seq, bed->fin_seq + 1);
}

static void rtxq_test_step(struct kunit *test)
{
	struct rtxq_test_bed *bed = test->priv;

	switch (rtxq_test_below(bed, 16)) {
	case 0 ... 2:
		if (!bed->fin)
			rtxq_test_write(test, 1 + rtxq_test_below(bed, MAX_SKB_FRAGS),
					rtxq_test_below(bed, 2) ? 8 : 2000);
		break;
	case 3 ... 6:
		rtxq_test_send(test);
		break;
	case 7 ... 8:
		rtxq_test_split(test);
		break;
	case 9:
		rtxq_test_gather(test);
		break;
	case 10 ... 11:
		rtxq_test_mark(test);
		break;
	case 12 ... 14:
		rtxq_test_ack(test);
		break;
	default:
		rtxq_test_drop_clone(test);
	}
}

/* A life from just below the wrap: SYN, data, FIN, the last ACK; nothing may be left over. */
static void rtxq_test_life(struct kunit *test)
{
	struct sock *sk = rtxq_test_sk(test);
	struct xtcp_sock *xsk = xtcp_sk(sk);
	struct rtxq_test_bed *bed = test->priv;
	int i;

	KUNIT_ASSERT_EQ(test, xtcp_rtxq_queue_flag(sk, XTCP_SYN, GFP_KERNEL), 0);
	rtxq_test_check(test);
	for (i = 0; i < RTXQ_TEST_STEPS; i++) {
		if (i == RTXQ_TEST_STEPS * 3 / 4)
			rtxq_test_fin(test);
		rtxq_test_step(test);
		rtxq_test_check(test);
	}
	rtxq_test_fin(test);
	while (xsk->snd_una != xsk->write_seq) {
		rtxq_test_send(test);
		rtxq_test_ack(test);
		rtxq_test_check(test);
	}
	KUNIT_EXPECT_EQ(test, xsk->snd_una, bed->fin_seq + 1);
	KUNIT_EXPECT_EQ(test, sk->sk_wmem_queued, 0);
	KUNIT_EXPECT_TRUE(test, RB_EMPTY_ROOT(&xsk->rtxq));
}

static void rtxq_test_purge(struct kunit *test)
{
	struct sock *sk = rtxq_test_sk(test);
	int i;

	for (i = 0; i < 20; i++)
		rtxq_test_write(test, 3, 1000);
	for (i = 0; i < 10; i++)
		rtxq_test_send(test);
	xtcp_rtxq_mark_lost(sk, xtcp_rtxq_head(sk));
	xtcp_rtxq_purge(sk);
	xtcp_rtxq_purge(sk);
	KUNIT_EXPECT_EQ(test, sk->sk_wmem_queued, 0);
	KUNIT_EXPECT_EQ(test, xtcp_sk(sk)->rtxq_bytes, 0);
	KUNIT_EXPECT_EQ(test, xtcp_sk(sk)->lost_bytes, 0);
	KUNIT_EXPECT_NULL(test, xtcp_rtxq_head(sk));
	KUNIT_EXPECT_TRUE(test, skb_queue_empty(&sk->sk_write_queue));
}

/* With the window shut after the data, the FIN goes alone. */
static void rtxq_test_bare_fin(struct kunit *test)
{
	struct sock *sk = rtxq_test_sk(test);
	struct sk_buff *skb, *fin;

	rtxq_test_write(test, 2, 500);
	rtxq_test_fin(test);
	skb = skb_peek(&sk->sk_write_queue);
	KUNIT_ASSERT_TRUE(test, XTCP_CB(skb)->flags & XTCP_FIN);
	XTCP_CB(skb)->flags |= XTCP_PSH;
	KUNIT_ASSERT_EQ(test, xtcp_rtxq_split(sk, skb, skb->len, GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test, XTCP_CB(skb)->flags, XTCP_PSH);
	fin = skb_peek_tail(&sk->sk_write_queue);
	KUNIT_EXPECT_PTR_NE(test, fin, skb);
	KUNIT_EXPECT_EQ(test, fin->len, 0);
	KUNIT_EXPECT_EQ(test, XTCP_CB(fin)->flags, XTCP_FIN);
	rtxq_test_check(test);
}

static void rtxq_test_expect_stamp(struct kunit *test, const struct sk_buff *skb, bool pending)
{
	KUNIT_EXPECT_EQ(test, xtcp_txstamp_pending(skb), pending);
	KUNIT_EXPECT_EQ(test, (bool)XTCP_CB(skb)->tell_acked, pending);
	KUNIT_EXPECT_EQ(test, skb_shinfo(skb)->tx_flags, pending ? SKBTX_SW_TSTAMP : 0);
}

/* Who asked about a byte hears of it, in whichever part it is; who has the whole still has it. */
static void rtxq_test_stamp(struct kunit *test)
{
	struct sock *sk = rtxq_test_sk(test);
	struct sk_buff *skb, *rest, *below;
	u32 last, len;

	rtxq_test_write(test, 4, 500);
	rtxq_test_write(test, 1, 500);
	skb = skb_peek(&sk->sk_write_queue);
	last = XTCP_CB(skb)->end_seq - 1;
	skb_shinfo(skb)->tx_flags = SKBTX_SW_TSTAMP;
	skb_shinfo(skb)->tskey = last;
	XTCP_CB(skb)->tell_acked = true;
	XTCP_CB(skb)->alone = true;
	len = skb->len;
	xtcp_rtxq_gather(sk, skb, len + 1);
	KUNIT_EXPECT_EQ(test, skb->len, len);

	below = skb_clone(skb, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, below);
	rtxq_test_send(test);
	KUNIT_ASSERT_EQ(test, xtcp_rtxq_split(sk, skb, 1, GFP_KERNEL), 0);
	rest = xtcp_rtxq_next(skb);
	rtxq_test_expect_stamp(test, skb, false);
	rtxq_test_expect_stamp(test, rest, true);
	KUNIT_EXPECT_FALSE(test, XTCP_CB(skb)->alone);
	KUNIT_EXPECT_TRUE(test, XTCP_CB(rest)->alone);
	KUNIT_EXPECT_EQ(test, skb_shinfo(rest)->tskey, last);
	KUNIT_EXPECT_EQ(test, skb_shinfo(below)->tx_flags, SKBTX_SW_TSTAMP);
	KUNIT_EXPECT_EQ(test, skb_shinfo(below)->tskey, last);
	consume_skb(below);

	/* An earlier call's byte, before the place of the cut. */
	skb_shinfo(rest)->tskey = XTCP_CB(rest)->seq;
	KUNIT_ASSERT_EQ(test, xtcp_rtxq_split(sk, rest, 1, GFP_KERNEL), 0);
	rtxq_test_expect_stamp(test, rest, true);
	rtxq_test_expect_stamp(test, xtcp_rtxq_next(rest), false);
	rtxq_test_check(test);
	/* Nobody is there to be told. */
	XTCP_CB(rest)->tell_acked = false;
}

static int rtxq_test_init(struct kunit *test)
{
	struct rtxq_test_bed *bed = kvzalloc(sizeof(*bed), GFP_KERNEL);
	struct xtcp_sock *xsk;
	struct sock *sk;

	if (!bed)
		return -ENOMEM;
	test->priv = bed;
	prandom_seed_state(&bed->rnd, 9293);
	xsk = &bed->xsk;
	sk = (struct sock *)xsk;
	sk->sk_prot = &rtxq_test_proto;
	sk->sk_allocation = GFP_KERNEL;
	sk->sk_userlocks = SOCK_SNDBUF_LOCK;
	skb_queue_head_init(&sk->sk_write_queue);
	xsk->rtxq = RB_ROOT;
	INIT_LIST_HEAD(&xsk->sent);
	INIT_LIST_HEAD(&xsk->lost);
	xsk->iss = -20000;
	xsk->snd_una = xsk->iss;
	xsk->snd_nxt = xsk->iss;
	xsk->write_seq = xsk->iss;
	return 0;
}

static void rtxq_test_exit(struct kunit *test)
{
	struct rtxq_test_bed *bed = test->priv;
	struct sock *sk;
	u32 i;

	if (!bed)
		return;
	sk = (struct sock *)&bed->xsk;
	for (i = 0; i < RTXQ_TEST_CLONES; i++)
		consume_skb(bed->clones[i]);
	xtcp_rtxq_purge(sk);
	sk_mem_reclaim_final(sk);
	KUNIT_EXPECT_EQ(test, sk->sk_forward_alloc, 0);
	for (i = 0; i < bed->npages; i++) {
		KUNIT_EXPECT_EQ(test, page_count(bed->pages[i]), 1);
		put_page(bed->pages[i]);
	}
	kvfree(bed);
}

static struct kunit_case rtxq_test_cases[] = {
	KUNIT_CASE(rtxq_test_life),
	KUNIT_CASE(rtxq_test_purge),
	KUNIT_CASE(rtxq_test_bare_fin),
	KUNIT_CASE(rtxq_test_stamp),
	{}
};

static struct kunit_suite rtxq_test_suite = {
	.name = "xtcp-rtxq",
	.init = rtxq_test_init,
	.exit = rtxq_test_exit,
	.test_cases = rtxq_test_cases,
};

kunit_test_suite(rtxq_test_suite);

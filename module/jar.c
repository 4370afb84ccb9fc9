// SPDX-License-Identifier: GPL-2.0
/*
 * The cookie jar of a namespace.
 *
 * Secrets are renewed when somebody needs them and they are due, by whoever comes first; all others
 * go on with what there is, and cookie.c says why that is right. Cookies are always made, since any
 * entry may have to go, but opened only while some had to: in quiet times an ACK out of nowhere
 * costs a comparison, and a forged one opens nothing.
 *
 * A cookie could open its connection again once that is over. So those that were spent are
 * remembered for as long as they are valid, as hashes in buckets of a few; where many are spent,
 * the oldest are forgotten first.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/random.h>

#include "xtcp.h"

#define SPENT_WAYS	4
#define SPENT_BUCKETS	2048

/* Milliseconds that the two secrets together live, and what rounding takes off a timestamp. */
#define COOKIE_AGE_MAX	(2 * XTCP_COOKIE_LIFE_S * MSEC_PER_SEC + 32)

/**
 * struct spent_bucket - cookies that have opened a connection
 * @hash: of the tuple and the cookie, the last one first; 0: none
 */
struct spent_bucket {
	u64	hash[SPENT_WAYS];	/* lock of the jar */
};

/**
 * struct xtcp_jar - a namespace's cookies
 * @lock: leaf, BH; for who renews the secrets or spends a cookie
 * @secrets: written under @lock, read without
 * @spilled_s: second in which an entry was last refused or evicted; 0: never
 * @spent_key: for hashes of spent cookies
 * @spent: SPENT_BUCKETS of them; NULL until the first listen()
 */
struct xtcp_jar {
	spinlock_t			lock;		/* leaf, BH */
	struct xtcp_cookie_secrets	secrets;	/* lock; read without */
	u32				spilled_s;
	siphash_key_t			spent_key;
	struct spent_bucket		*spent;
};

/* Never 0. */
static u32 now_s(void)
{
	return (u32)ktime_get_seconds() + 1;
}

static void renew(struct xtcp_jar *jar, u32 now)
{
	siphash_key_t fresh;

	if (likely(!xtcp_cookie_is_due(&jar->secrets, now)))
		return;
	get_random_bytes(&fresh, sizeof(fresh));
	spin_lock_bh(&jar->lock);
	if (xtcp_cookie_is_due(&jar->secrets, now))
		xtcp_cookie_rotate(&jar->secrets, &fresh, now);
	spin_unlock_bh(&jar->lock);
}

/**
 * xtcp_jar_tsval - the timestamp of what is sent before the handshake is complete
 * @xnet: namespace
 * @tuple: the connection's
 * @cookie: what its low bits tell
 *
 * Return: TSval; a little behind the clock.
 */
u32 xtcp_jar_tsval(const struct xtcp_net *xnet, const struct xtcp_tuple *tuple,
		   const struct xtcp_cookie *cookie)
{
	return xtcp_cookie_tsval(cookie, xtcp_clock_ts() +
				 xtcp_isn_ts_offset(&xnet->ts_key, tuple));
}

/**
 * xtcp_jar_isn - the initial sequence number of a SYN-ACK: a cookie
 * @xnet: namespace
 * @tuple: the connection's
 * @irs: the peer's initial sequence number
 * @cookie: what is to be remembered
 * @ts: whether the SYN-ACK has a timestamp, which must be xtcp_jar_tsval()'s
 *
 * Context: BH off.
 * Return: the number; the same each time for the same SYN, while the secret lasts.
 */
u32 xtcp_jar_isn(struct xtcp_net *xnet, const struct xtcp_tuple *tuple, u32 irs,
		 const struct xtcp_cookie *cookie, bool ts)
{
	struct xtcp_jar *jar = xnet->jar;
	u32 tsval = 0;

	renew(jar, now_s());
	return xtcp_cookie_make(&jar->secrets, tuple, irs, cookie, ts ? &tsval : NULL);
}

/**
 * xtcp_jar_spill - a SYN-ACK went out whose entry is not kept, or not any more
 * @xnet: namespace
 *
 * Context: Any.
 */
void xtcp_jar_spill(struct xtcp_net *xnet)
{
	u32 now = now_s();

	/* Thousands do this in the same second: the line should stay with all processors. */
	if (READ_ONCE(xnet->jar->spilled_s) != now)
		WRITE_ONCE(xnet->jar->spilled_s, now);
}

static bool is_taken(const struct xtcp_net *xnet, u32 now)
{
	u32 spilled = READ_ONCE(xnet->jar->spilled_s);

	switch (xtcp_sysctl_net(xnet, syncookies)) {
	case XTCP_JAR_ALWAYS:
		return true;
	case XTCP_JAR_SPILL:
		return spilled && now - spilled <= 2 * XTCP_COOKIE_LIFE_S;
	default:
		return false;
	}
}

static u64 spent_hash(const struct xtcp_jar *jar, const struct xtcp_tuple *tuple, u32 isn)
{
	return xtcp_tuple_siphash(tuple, isn, &jar->spent_key) ?: 1;
}

static bool is_spent(struct xtcp_jar *jar, const struct xtcp_tuple *tuple, u32 isn)
{
	u64 hash = spent_hash(jar, tuple, isn);
	const struct spent_bucket *b = &jar->spent[hash % SPENT_BUCKETS];
	bool found = false;
	unsigned int i;

	spin_lock_bh(&jar->lock);
	for (i = 0; i < SPENT_WAYS; i++)
		found |= b->hash[i] == hash;
	spin_unlock_bh(&jar->lock);
	return found;
}

/**
 * xtcp_jar_spend - a handshake is complete; its cookie must not open the connection again
 * @xnet: namespace
 * @tuple: the connection's
 * @isn: our initial sequence number
 *
 * Context: BH off.
 */
void xtcp_jar_spend(struct xtcp_net *xnet, const struct xtcp_tuple *tuple, u32 isn)
{
	struct xtcp_jar *jar = xnet->jar;
	struct spent_bucket *b;
	u64 hash;

	/* Also in quiet times: they may end within the cookie's life. */
	if (xtcp_sysctl_net(xnet, syncookies) == XTCP_JAR_NEVER)
		return;
	hash = spent_hash(jar, tuple, isn);
	b = &jar->spent[hash % SPENT_BUCKETS];
	spin_lock_bh(&jar->lock);
	memmove(b->hash + 1, b->hash, (SPENT_WAYS - 1) * sizeof(b->hash[0]));
	b->hash[0] = hash;
	spin_unlock_bh(&jar->lock);
}

/**
 * xtcp_jar_check - whether an ACK completes a handshake of which nothing is known any more
 * @xnet: namespace
 * @tuple: its tuple
 * @skb: segment with ACK and neither SYN nor RST, cb filled
 * @opts: its options
 * @cookie: what the SYN said, if the verdict is %XTCP_JAR_OPEN
 *
 * Where both sides use timestamps, the one echoed must be no older than a cookie may be.
 *
 * Context: BH off.
 * Return: what it is.
 */
enum xtcp_jar_verdict xtcp_jar_check(struct xtcp_net *xnet, const struct xtcp_tuple *tuple,
				     const struct sk_buff *skb, const struct xtcp_opts *opts,
				     struct xtcp_cookie *cookie)
{
	const u32 *tsecr = opts->seen & XTCP_OPT_TS ? &opts->tsecr : NULL;
	const struct xtcp_cb *cb = XTCP_CB(skb);
	struct xtcp_jar *jar = xnet->jar;
	u32 isn = cb->ack - 1;
	u32 now = now_s();
	u32 age;

	if (!is_taken(xnet, now))
		return XTCP_JAR_NONE;
	if (!xtcp_cookie_check(&jar->secrets, tuple, cb->seq - 1, isn, tsecr, now, cookie))
		return XTCP_JAR_FORGED;
	if (tsecr) {
		age = xtcp_clock_ts() + xtcp_isn_ts_offset(&xnet->ts_key, tuple) - *tsecr;
		if (age > COOKIE_AGE_MAX)
			return XTCP_JAR_FORGED;
	}
	return is_spent(jar, tuple, isn) ? XTCP_JAR_SPENT : XTCP_JAR_OPEN;
}

/**
 * xtcp_jar_prepare - there will be a listener in the namespace
 * @xnet: namespace
 *
 * Most namespaces never have one, and do without the memory.
 *
 * Context: Process context.
 * Return: 0 or -ENOMEM.
 */
int xtcp_jar_prepare(struct xtcp_net *xnet)
{
	struct spent_bucket *spent;

	if (READ_ONCE(xnet->jar->spent))
		return 0;
	spent = kvcalloc(SPENT_BUCKETS, sizeof(*spent), GFP_KERNEL);
	if (!spent)
		return -ENOMEM;
	if (cmpxchg(&xnet->jar->spent, NULL, spent))
		kvfree(spent);
	return 0;
}

/**
 * xtcp_jar_init_net - make a namespace's jar, empty
 * @xnet: namespace
 *
 * Return: 0 or -ENOMEM.
 */
int xtcp_jar_init_net(struct xtcp_net *xnet)
{
	struct xtcp_jar *jar = kzalloc(sizeof(*jar), GFP_KERNEL);

	if (!jar)
		return -ENOMEM;
	spin_lock_init(&jar->lock);
	get_random_bytes(&jar->spent_key, sizeof(jar->spent_key));
	xnet->jar = jar;
	return 0;
}

/**
 * xtcp_jar_exit_net - free it
 * @xnet: namespace: no segment is on its way
 */
void xtcp_jar_exit_net(struct xtcp_net *xnet)
{
	kvfree(xnet->jar->spent);
	kfree_sensitive(xnet->jar);
	xnet->jar = NULL;
}

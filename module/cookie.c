// SPDX-License-Identifier: GPL-2.0
/*
 * SYN cookies: sequence numbers of SYN-ACKs that the ACK proves to be ours, and that tell what the
 * SYN said (RFC 4987 3.6). Timestamps, where the peer has them, carry what does not fit.
 *
 * A sequence number:
 *
 *	 31                        8 7   5 4   2  1    0
 *	+---------------------------+-----+-----+----+---+
 *	|  24 bits of a keyed hash  | MSS |scale|SACK|key|	the low byte xored with a hash
 *	+---------------------------+-----+-----+----+---+	of the other three
 *
 * Where there are timestamps, the scale is in the low bits of ours, and leaves its place to the
 * MSS:
 *
 *	 31                        8 7    3  2  1    0
 *	+---------------------------+------+---+----+---+
 *	|  24 bits of a keyed hash  | MSS  | 0 |SACK|key|
 *	+---------------------------+------+---+----+---+
 *
 *	 31                                   5 4   1  0
 *	+--------------------------------------+-----+---+
 *	|                clock                 |scale|ECN|
 *	+--------------------------------------+-----+---+
 *
 * The keyed hash covers all that is told, and that there are timestamps or none, so that one of
 * 2^24 guesses opens a connection, and no bit can be changed at better odds. The xor hides
 * nothing: it is there so that peers which say the same do not all get the same byte.
 *
 * ECN alone is not covered: a peer that asks for it no more when its SYN is sent again (RFC 3168
 * 6.1.1.1) gets the same number again with another answer, and echoes the answer that it got. All
 * that it could lie about is itself.
 *
 * Cookies are made and checked without a lock while the older secret may be replaced. A new one is
 * written first, then its time, then that it is the current one; the last two are released by the
 * writer and acquired by readers. So:
 * - A cookie is made of the secret that is current, or was a moment ago. That one is not written
 *   again before it has been current and then the older one, each for %XTCP_COOKIE_LIFE_S, which
 *   xtcp_cookie_rotate() sees to: no cookie is made of half a secret.
 * - A check that finds the new secret's time finds all of the new secret. One that finds the old
 *   one's may find parts of both secrets, and fails, as it would by the old one's age anyway.
 */
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/minmax.h>

#include "cookie.h"
#include "opt.h"
#include "wire.h"

#define INFO_BITS		8
#define INFO_KEY		0x01	/* which secret */
#define INFO_SACK		0x02
#define INFO_WSCALE_SHIFT	2	/* 0: none, else 1 + index of wscales[] */
#define INFO_WSCALE_MASK	7
#define INFO_MSS_SHIFT		5	/* rows of mss_values[] */
#define INFO_TS_MSS_SHIFT	3	/* with timestamps: all of them */

#define TS_BITS			5
#define TS_MASK			((1 << TS_BITS) - 1)
#define TS_ECN			0x01
#define TS_WSCALE_SHIFT		1
#define TS_WSCALE_NONE		15

/* What follows the info in what is hashed. */
#define SAID_TS_SHIFT		INFO_BITS
#define SAID_TS_OK		(1 << (SAID_TS_SHIFT + TS_BITS))

/*
 * Sizes that are met, in rows. The first of each row is all that goes without timestamps; from 1220
 * to 1460 these are at most 7% apart. Sizes that no link is known for divide their row.
 *
 * The least is what a socket sends at the least, whatever the peer said. A host must take 536
 * (RFC 1122 3.3.2), so that few are in the first row. Frames of more than 1500 bytes are met
 * inside data centres, between hosts with timestamps.
 */
#define MSS_ROW_BITS		2

static const u16 mss_values[] = {
	48,	128,	256,	468,	/* RFC 1191 7.1: MTU 296 and 508 */
	536,	768,	966,	1100,	/* no MSS option, IPv4 */
	1220,	1240,	1260,	1280,	/* no MSS option, IPv6; MTU 1280, both */
	1300,	1320,	1340,	1350,	/* tunnels that encrypt */
	1360,	1370,	1380,	1390,	/* MTU 1420, WireGuard's, IPv6 and IPv4; mobile networks */
	1400,	1410,	1420,	1432,	/* MTU 1460 and 1450, of virtual networks; PPPoE, IPv6 */
	1440,	1448,	1452,	1456,	/* Ethernet, IPv6; IP in IP; PPPoE, IPv4 */
	1460,	8856,	8940,	8960,	/* Ethernet, IPv4; MTU 8896; MTU 9000, IPv6 and IPv4 */
};

static_assert(ARRAY_SIZE(mss_values) == 1 << (INFO_BITS - INFO_MSS_SHIFT + MSS_ROW_BITS));
static_assert(ARRAY_SIZE(mss_values) == 1 << (INFO_BITS - INFO_TS_MSS_SHIFT));

/*
 * Shifts that are met without timestamps: 0 of small devices, 2 and 8 of Windows, 5 and 6 of
 * Apple's and the BSDs, 7 of Linux, more of servers with large buffers. In between, a window is
 * taken for smaller than it is, which slows down and does no other harm.
 */
static const u8 wscales[] = { 0, 2, 5, 6, 7, 8, 10 };

static_assert(ARRAY_SIZE(wscales) == INFO_WSCALE_MASK);

/* The last that is not above @mss; the first if all are */
static u32 mss_index(u16 mss)
{
	u32 i = ARRAY_SIZE(mss_values) - 1;

	while (i && mss_values[i] > mss)
		i--;
	return i;
}

static u32 wscale_class(const struct xtcp_cookie *cookie)
{
	u32 i = ARRAY_SIZE(wscales);

	if (!cookie->wscale_ok)
		return 0;
	while (wscales[i - 1] > cookie->wscale)
		i--;
	return i;
}

static u32 ts_bits(const struct xtcp_cookie *cookie)
{
	u32 wscale = cookie->wscale_ok ? min_t(u32, cookie->wscale, XTCP_WSCALE_MAX) :
					 TS_WSCALE_NONE;

	return wscale << TS_WSCALE_SHIFT | (cookie->ecn_ok ? TS_ECN : 0);
}

/* Of what is hashed, what the timestamp tells. */
static u32 said_by_ts(u32 bits)
{
	return (bits & TS_MASK & ~TS_ECN) << SAID_TS_SHIFT | SAID_TS_OK;
}

static u32 isn_of(const siphash_key_t *key, const struct xtcp_tuple *tuple, u32 irs, u32 said)
{
	u32 mac = xtcp_tuple_siphash(tuple, (u64)irs << 32 | said, key) >> (64 - 32 + INFO_BITS);

	return mac << INFO_BITS | (u8)(said ^ hash_32(mac, INFO_BITS));
}

static u8 info_of(u32 isn)
{
	return isn ^ hash_32(isn >> INFO_BITS, INFO_BITS);
}

static u8 current_key_of(const struct xtcp_cookie_secrets *secrets)
{
	/* Pairs with the second release of xtcp_cookie_rotate(). */
	return smp_load_acquire(&secrets->current_key);
}

static siphash_key_t key_of(const struct xtcp_cookie_secrets *secrets, unsigned int i)
{
	siphash_key_t key = { {
		READ_ONCE(secrets->key[i].key[0]), READ_ONCE(secrets->key[i].key[1])
	} };

	return key;
}

/* Signed, for a clock that was read just before another CPU rotated */
static bool is_over(u32 made_s, u32 life_s, u32 now_s)
{
	return !made_s || (s32)(now_s - made_s) >= (s32)life_s;
}

/**
 * xtcp_cookie_is_due - whether there must be a new secret before the next cookie
 * @secrets: all zero at first
 * @now_s: monotonic clock, seconds
 *
 * Context: Any; the answer may be old when it is used, see xtcp_cookie_rotate().
 * Return: true if the current secret has done its %XTCP_COOKIE_LIFE_S, or there is none.
 */
bool xtcp_cookie_is_due(const struct xtcp_cookie_secrets *secrets, u32 now_s)
{
	u8 current_key = current_key_of(secrets);

	return is_over(READ_ONCE(secrets->made_s[current_key]), XTCP_COOKIE_LIFE_S, now_s);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cookie_is_due);

/**
 * xtcp_cookie_rotate - put a new secret in the place of the older one
 * @secrets: secrets
 * @fresh: new secret, random
 * @now_s: monotonic clock, seconds
 *
 * Does nothing while none is due: of two who saw that one was, the second comes in vain.
 *
 * The older secret's cookies are refused from now on, being 2 * %XTCP_COOKIE_LIFE_S old or more.
 * Those of the current one are taken until it has that age; after a long silence it has already.
 *
 * Source: RFC 4987 3.6: the secret changes.
 *
 * Context: One at a time; readers need no lock.
 */
void xtcp_cookie_rotate(struct xtcp_cookie_secrets *secrets, const siphash_key_t *fresh, u32 now_s)
{
	u8 next = !secrets->current_key;

	if (!xtcp_cookie_is_due(secrets, now_s))
		return;
	WRITE_ONCE(secrets->key[next].key[0], fresh->key[0]);
	WRITE_ONCE(secrets->key[next].key[1], fresh->key[1]);
	/* After the secret. 0 means never: once in 136 years a secret is a second older. */
	smp_store_release(&secrets->made_s[next], now_s ?: U32_MAX);
	/* After both. */
	smp_store_release(&secrets->current_key, next);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cookie_rotate);

/**
 * xtcp_cookie_tsval - the timestamp that goes with a cookie
 * @cookie: what the SYN said
 * @tsval: our clock of timestamps
 *
 * Whatever is sent before the ACK comes has to carry such a one, SYN-ACKs that are sent again as
 * well as other ACKs: the peer echoes any of them.
 *
 * Return: the last value at or before @tsval whose low bits are @cookie's, 31 before at the most.
 */
u32 xtcp_cookie_tsval(const struct xtcp_cookie *cookie, u32 tsval)
{
	return tsval - ((tsval - ts_bits(cookie)) & TS_MASK);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cookie_tsval);

/**
 * xtcp_cookie_make - the initial sequence number that stands for a SYN
 * @secrets: after xtcp_cookie_rotate(), and none due
 * @tuple: the connection
 * @irs: the SYN's sequence number
 * @cookie: what the SYN said
 * @tsval: our clock of timestamps, becomes what to send; NULL if there are none on both sides
 *
 * An MSS below the least class is taken for that, 48 bytes: sockets send no smaller segments.
 *
 * Source: RFC 4987 3.6. The number does not grow with the time, as RFC 6528 would have it: nothing
 * is kept that would tell how much of it is the clock's. Segments of an earlier connection fall
 * into the new window with the odds of a guess.
 *
 * Return: the sequence number of the SYN-ACK.
 */
u32 xtcp_cookie_make(const struct xtcp_cookie_secrets *secrets, const struct xtcp_tuple *tuple,
		     u32 irs, const struct xtcp_cookie *cookie, u32 *tsval)
{
	u8 current_key = current_key_of(secrets);
	siphash_key_t key = key_of(secrets, current_key);
	u32 said = (cookie->sack_ok ? INFO_SACK : 0) | (current_key ? INFO_KEY : 0);
	u32 mss = mss_index(cookie->mss);

	if (tsval) {
		said |= mss << INFO_TS_MSS_SHIFT | said_by_ts(ts_bits(cookie));
		*tsval = xtcp_cookie_tsval(cookie, *tsval);
	} else {
		said |= mss >> MSS_ROW_BITS << INFO_MSS_SHIFT |
			wscale_class(cookie) << INFO_WSCALE_SHIFT;
	}
	return isn_of(&key, tuple, irs, said);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cookie_make);

static struct xtcp_cookie decode(u8 info)
{
	u32 class = info >> INFO_WSCALE_SHIFT & INFO_WSCALE_MASK;

	return (struct xtcp_cookie) {
		.mss		= mss_values[info >> INFO_MSS_SHIFT << MSS_ROW_BITS],
		.wscale		= class ? wscales[class - 1] : 0,
		.wscale_ok	= class,
		.sack_ok	= info & INFO_SACK,
	};
}

static struct xtcp_cookie decode_ts(u8 info, u32 bits)
{
	u32 wscale = bits >> TS_WSCALE_SHIFT;
	bool wscale_ok = wscale != TS_WSCALE_NONE;

	return (struct xtcp_cookie) {
		.mss		= mss_values[info >> INFO_TS_MSS_SHIFT],
		.wscale		= wscale_ok ? wscale : 0,
		.wscale_ok	= wscale_ok,
		.sack_ok	= info & INFO_SACK,
		.ecn_ok		= bits & TS_ECN,
	};
}

/**
 * xtcp_cookie_check - whether an ACK answers a cookie of ours, and what that remembers
 * @secrets: secrets
 * @tuple: the ACK's
 * @irs: its sequence number less 1
 * @isn: its acknowledgment number less 1
 * @tsecr: the timestamp that it echoes; NULL if it has none
 * @now_s: monotonic clock, seconds
 * @cookie: filled if the answer is yes
 *
 * Of @tsecr the four bits of the scale are proven ours; whether the rest is a time at which a
 * SYN-ACK may have been sent is the caller's to judge.
 *
 * Source: RFC 4987 3.6.
 *
 * Return: true if so; of a number that was guessed, once in 2^24 times.
 */
bool xtcp_cookie_check(const struct xtcp_cookie_secrets *secrets, const struct xtcp_tuple *tuple,
		       u32 irs, u32 isn, const u32 *tsecr, u32 now_s, struct xtcp_cookie *cookie)
{
	u8 info = info_of(isn);
	/* Pairs with the first release of xtcp_cookie_rotate(). */
	u32 made_s = smp_load_acquire(&secrets->made_s[info & INFO_KEY]);
	siphash_key_t key = key_of(secrets, info & INFO_KEY);
	u32 bits = tsecr ? *tsecr & TS_MASK : 0;
	u32 said = info;

	if (is_over(made_s, 2 * XTCP_COOKIE_LIFE_S, now_s))
		return false;
	if (tsecr)
		said |= said_by_ts(bits);
	/* All 32 bits at once: how long it takes tells nothing. */
	if (isn_of(&key, tuple, irs, said) != isn)
		return false;
	*cookie = tsecr ? decode_ts(info, bits) : decode(info);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_cookie_check);

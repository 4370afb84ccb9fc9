// SPDX-License-Identifier: GPL-2.0
/*
 * Fast Open cookies, and the bound on what they open.
 *
 * A cookie proves that its owner has received something at his address (RFC 7413 4.1.2). It is a
 * keyed hash of the two addresses, the client's first, and nothing else: the server keeps none, and
 * hosts that share a key, Linux's TCP among them, take each other's.
 *
 * That does not keep somebody who has collected cookies from opening as many connections as there
 * is memory, or from having them opened in the name of others who let their cookies be seen. So
 * only so many may wait for their ACK at a time (5.1), and one that a reset ends counts for a
 * minute more: the reset may be the answer of somebody who knows nothing of it.
 */
#include <linux/string.h>

#include "fastopen.h"
#include "wire.h"

/**
 * xtcp_fastopen_keys_read - keys as a user gives them
 * @keys: overwritten
 * @bytes: @count times %XTCP_FASTOPEN_KEY, the key in use first
 * @count: 1 or 2
 */
void xtcp_fastopen_keys_read(struct xtcp_fastopen_keys *keys, const u8 *bytes, unsigned int count)
{
	unsigned int i;

	*keys = (struct xtcp_fastopen_keys) { .count = count };
	for (i = 0; i < count; i++, bytes += XTCP_FASTOPEN_KEY) {
		keys->key[i].key[0] = get_unaligned_le64(bytes);
		keys->key[i].key[1] = get_unaligned_le64(bytes + 8);
	}
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_fastopen_keys_read);

/**
 * xtcp_fastopen_keys_write - the other way round
 * @keys: keys
 * @bytes: room for all of them
 */
void xtcp_fastopen_keys_write(const struct xtcp_fastopen_keys *keys, u8 *bytes)
{
	unsigned int i;

	for (i = 0; i < keys->count; i++, bytes += XTCP_FASTOPEN_KEY) {
		put_unaligned_le64(keys->key[i].key[0], bytes);
		put_unaligned_le64(keys->key[i].key[1], bytes + 8);
	}
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_fastopen_keys_write);

/* The client is the remote end. */
static u64 mac_of(const siphash_key_t *key, const struct xtcp_tuple *tuple)
{
	const struct in6_addr v6[] = { tuple->raddr, tuple->laddr };
	const __be32 v4[] = { tuple->raddr.s6_addr32[3], tuple->laddr.s6_addr32[3] };

	if (xtcp_addr_is_v4(&tuple->raddr))
		return siphash(v4, sizeof(v4), key);
	return siphash(v6, sizeof(v6), key);
}

/**
 * xtcp_fastopen_make - the cookie of a client
 * @keys: keys
 * @tuple: of a segment of his: both addresses count, and nothing else
 * @cookie: overwritten
 *
 * Source: RFC 7413 4.1.2.
 */
void xtcp_fastopen_make(const struct xtcp_fastopen_keys *keys, const struct xtcp_tuple *tuple,
			struct xtcp_fastopen_cookie *cookie)
{
	*cookie = (struct xtcp_fastopen_cookie) { .len = XTCP_FASTOPEN_LEN };
	put_unaligned_le64(mac_of(&keys->key[0], tuple), cookie->bytes);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_fastopen_make);

/**
 * xtcp_fastopen_check - whether a cookie is one that we gave to a client
 * @keys: keys
 * @tuple: of the segment that brought it
 * @cookie: cookie
 *
 * How long it takes tells nothing of where a wrong one differs, nor of which key a right one is.
 *
 * Return: what it is.
 */
enum xtcp_fastopen_check xtcp_fastopen_check(const struct xtcp_fastopen_keys *keys,
					     const struct xtcp_tuple *tuple,
					     const struct xtcp_fastopen_cookie *cookie)
{
	u64 differs[XTCP_FASTOPEN_KEYS] = { 1, 1 };
	u64 given;
	unsigned int i;

	if (cookie->len != XTCP_FASTOPEN_LEN)
		return XTCP_FASTOPEN_FORGED;
	given = get_unaligned_le64(cookie->bytes);
	for (i = 0; i < keys->count; i++)
		differs[i] = mac_of(&keys->key[i], tuple) ^ given;
	if (!differs[0])
		return XTCP_FASTOPEN_VALID;
	return differs[1] ? XTCP_FASTOPEN_FORGED : XTCP_FASTOPEN_OLD;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_fastopen_check);

/* Forgets the resets whose time is over. */
static void advance(struct xtcp_fastopen_bound *bound, u32 now_s)
{
	u32 now = now_s / XTCP_FASTOPEN_SLOT_S;

	if (now - bound->now >= XTCP_FASTOPEN_SLOTS) {
		memset(bound->slots, 0, sizeof(bound->slots));
		bound->resets = 0;
		bound->now = now;
	}
	while (bound->now != now) {
		u32 *slot = &bound->slots[++bound->now % XTCP_FASTOPEN_SLOTS];

		bound->resets -= *slot;
		*slot = 0;
	}
}

/**
 * xtcp_fastopen_bound_ok - whether there may be one more
 * @bound: what there is
 * @most: how many there may be
 * @now_s: monotonic clock, seconds
 *
 * Source: RFC 7413 5.1.
 *
 * Return: true if so.
 */
bool xtcp_fastopen_bound_ok(struct xtcp_fastopen_bound *bound, u32 most, u32 now_s)
{
	advance(bound, now_s);
	return (u64)bound->pending + bound->resets < most;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_fastopen_bound_ok);

/**
 * xtcp_fastopen_bound_reset - a reset has ended one that was pending
 * @bound: where it is not counted as pending any more
 * @now_s: monotonic clock, seconds
 *
 * Source: RFC 7413 5.1.
 */
void xtcp_fastopen_bound_reset(struct xtcp_fastopen_bound *bound, u32 now_s)
{
	advance(bound, now_s);
	bound->slots[bound->now % XTCP_FASTOPEN_SLOTS]++;
	bound->resets++;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_fastopen_bound_reset);

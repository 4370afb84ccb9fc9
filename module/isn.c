// SPDX-License-Identifier: GPL-2.0
/* Initial sequence numbers and timestamp offsets that nobody outside can guess. */
#include <linux/math64.h>
#include <linux/time64.h>

#include "isn.h"
#include "wire.h"

/* RFC 9293 3.4.1: the clock of initial sequence numbers ticks about every 4 microseconds. */
#define ISN_TICK_NS	(4 * NSEC_PER_USEC)

/**
 * xtcp_isn - initial sequence number of a connection
 * @key: secret, of the namespace
 * @tuple: the connection
 * @now_ns: monotonic clock, nanoseconds
 *
 * A clock plus a keyed hash of the tuple: connections that follow each other under one tuple start
 * above each other's numbers, those of other tuples tell an outsider nothing.
 *
 * Source: RFC 6528 3, RFC 9293 3.4.1.
 *
 * Return: the sequence number of the SYN.
 */
u32 xtcp_isn(const siphash_key_t *key, const struct xtcp_tuple *tuple, u64 now_ns)
{
	return (u32)div_u64(now_ns, ISN_TICK_NS) + (u32)xtcp_tuple_siphash(tuple, 0, key);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_isn);

/**
 * xtcp_isn_ts_offset - what a connection adds to the clock of its timestamps
 * @key: secret, of the namespace, another one than that of sequence numbers
 * @tuple: the connection
 *
 * The offset hides the uptime, and is the same every time for one tuple, so that timestamps
 * still grow from one connection to its successor, which RFC 6191 builds on.
 *
 * Source: RFC 7323 5.4.
 *
 * Return: milliseconds to add, modulo 2^32.
 */
u32 xtcp_isn_ts_offset(const siphash_key_t *key, const struct xtcp_tuple *tuple)
{
	return (u32)xtcp_tuple_siphash(tuple, 0, key);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_isn_ts_offset);

// SPDX-License-Identifier: GPL-2.0
/*
 * How large a receive buffer should be: what its reader takes in a round-trip time, and as much
 * again for what the sender may be about to double. A reader that takes little needs little.
 */
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/math.h>
#include <linux/math64.h>
#include <linux/minmax.h>

#include "seq.h"
#include "tune.h"

/* Weights of the moving averages: a higher round-trip time's, a segment's share. */
#define RTT_SHIFT	3
#define SHARE_SHIFT	3

/* Segments that a window has room for besides what was read: a sender begins with ten. */
#define HEADROOM	16

/**
 * xtcp_tune_init - nothing is known yet
 * @tune: of the connection
 *
 * A byte of data is taken to need another one for its bookkeeping, as SO_RCVBUF's doubling does.
 */
void xtcp_tune_init(struct xtcp_tune *tune)
{
	*tune = (struct xtcp_tune) { .share = XTCP_TUNE_SHARE_FIRST };
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_tune_init);

/**
 * xtcp_tune_begin - data may come from now on
 * @tune: of the connection
 * @space: bytes that are no reason to grow: what any sender begins with
 * @read: sequence number that the user will read first
 * @now_us: time, microseconds
 *
 * The handshake's round trip says nothing of the data's: a proxy may have answered the SYN.
 */
void xtcp_tune_begin(struct xtcp_tune *tune, u32 space, u32 read, u64 now_us)
{
	tune->space = max(space, 1U);
	tune->read = read;
	tune->round_us = now_us;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_tune_begin);

/*
 * A sender's pauses make samples longer, and nothing makes them shorter than the path is. So a
 * shorter one counts at once, longer ones by and by.
 */
static void sample(struct xtcp_tune *tune, u32 rtt_us)
{
	rtt_us = max(rtt_us, 1U);
	if (!tune->rtt_us || rtt_us <= tune->rtt_us)
		tune->rtt_us = rtt_us;
	else
		tune->rtt_us += (rtt_us - tune->rtt_us) >> RTT_SHIFT;
}

/**
 * xtcp_tune_echo - a full-sized segment echoes a timestamp
 * @tune: of the connection
 * @tsecr: the echo; of many that are the same, the first says most
 * @age_us: time since we sent it, microseconds
 *
 * What we acknowledged let the sender send this: so the time between is a round trip, seen from
 * the other end (RFC 7323 4).
 */
void xtcp_tune_echo(struct xtcp_tune *tune, u32 tsecr, u32 age_us)
{
	if (tsecr == tune->tsecr)
		return;
	tune->tsecr = tsecr;
	sample(tune, age_us);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_tune_echo);

/**
 * xtcp_tune_window - data came, on a connection without timestamps
 * @tune: of the connection
 * @rcv_nxt: next sequence number expected
 * @window: bytes on offer beyond it
 * @now_us: time, microseconds
 *
 * Within a round-trip time no more can come than a window. So the time that a window's worth takes
 * is no less than that, and as much where the window is what limits the sender.
 */
void xtcp_tune_window(struct xtcp_tune *tune, u32 rcv_nxt, u32 window, u64 now_us)
{
	if (tune->marked) {
		if (xtcp_seq_lt(rcv_nxt, tune->mark))
			return;
		/* It is an upper bound each time: the least of them is the best. */
		if (!tune->rtt_us || now_us - tune->mark_us < tune->rtt_us)
			sample(tune, min_t(u64, now_us - tune->mark_us, U32_MAX));
	}
	tune->marked = true;
	tune->mark = rcv_nxt + window;
	tune->mark_us = now_us;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_tune_window);

/**
 * xtcp_tune_came - a segment came: how much of its memory is data
 * @tune: of the connection
 * @len: bytes of data
 * @truesize: bytes of memory
 * @packed: what is short is copied together where it has to wait (reasm.c)
 */
void xtcp_tune_came(struct xtcp_tune *tune, u32 len, u32 truesize, bool packed)
{
	u32 least = packed ? XTCP_TUNE_SHARE_FIRST : XTCP_TUNE_SHARE_LEAST;
	s32 share;

	share = div_u64((u64)len * XTCP_TUNE_SHARE_UNIT, max(truesize, 1U));
	share = clamp_t(u32, share, least, XTCP_TUNE_SHARE_MOST);
	/* Rounded away from where it is: it gets there. */
	share -= tune->share;
	if (share > 0)
		share = DIV_ROUND_UP(share, 1 << SHARE_SHIFT);
	else
		share = -DIV_ROUND_UP(-share, 1 << SHARE_SHIFT);
	WRITE_ONCE(tune->share, tune->share + share);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_tune_came);

/**
 * xtcp_tune_read - the user has read
 * @tune: of the connection
 * @read: sequence number up to which
 * @mss: bytes of a full segment
 * @now_us: time, microseconds
 *
 * In the round after this one a sender in slow start sends twice of what was read in this one, and
 * only at the end of that round is it told of a window that follows from what is read then. So in
 * a round in which the reader takes twice as much as before, the window is to be four times that;
 * and twice where nothing grows, for what waits beyond a gap while a loss is repaired.
 *
 * Return: bytes of data that the window should have room for, if it is time to say so; else 0.
 */
u32 xtcp_tune_read(struct xtcp_tune *tune, u32 read, u32 mss, u64 now_us)
{
	u32 copied = read - tune->read;
	u64 want = 0;

	if (tune->rtt_us && now_us - tune->round_us < tune->rtt_us)
		return 0;
	/* As long as nobody knows how long a round is, none has begun. */
	if (tune->rtt_us && copied > tune->space) {
		want = 2 * (u64)copied + 4 * (u64)(copied - tune->space) + (u64)HEADROOM * mss;
		tune->space = copied;
	}
	tune->read = read;
	tune->round_us = now_us;
	return min_t(u64, want, U32_MAX);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_tune_read);

/**
 * xtcp_tune_data - how much data some memory has room for
 * @tune: of the connection
 * @memory: bytes of memory
 *
 * Return: bytes of data.
 */
u32 xtcp_tune_data(const struct xtcp_tune *tune, u32 memory)
{
	return (u64)memory * READ_ONCE(tune->share) / XTCP_TUNE_SHARE_UNIT;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_tune_data);

/**
 * xtcp_tune_memory - how much memory some data needs
 * @tune: of the connection
 * @data: bytes of data
 *
 * Return: bytes of memory.
 */
u32 xtcp_tune_memory(const struct xtcp_tune *tune, u32 data)
{
	u64 memory = div_u64((u64)data * XTCP_TUNE_SHARE_UNIT + tune->share - 1, tune->share);

	return min_t(u64, memory, U32_MAX);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_tune_memory);

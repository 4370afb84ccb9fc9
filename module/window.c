// SPDX-License-Identifier: GPL-2.0
/* Windows: their scale, and how neither side makes silly ones. */
#include <linux/bitops.h>
#include <linux/limits.h>
#include <linux/math.h>
#include <linux/minmax.h>

#include "opt.h"
#include "window.h"

/**
 * xtcp_window_scale - shift count to ask for
 * @space_max: largest window that will ever be offered, bytes
 *
 * Source: RFC 7323 2.2 and 2.3.
 *
 * Return: the smallest shift with which @space_max fits into 16 bits, at most %XTCP_WSCALE_MAX.
 */
u8 xtcp_window_scale(u32 space_max)
{
	return clamp(fls(space_max) - 16, 0, XTCP_WSCALE_MAX);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_window_scale);

/**
 * xtcp_window_offer - the window to send
 * @space: free receive buffer, bytes
 * @space_max: the whole receive buffer, bytes
 * @mss: largest segment the peer will send, bytes
 * @offered: what the last window still promises: its right edge less RCV.NXT, bytes
 * @wscale: our shift count; 0 where scaling was not agreed on
 *
 * The right edge stands still until it can move by min(@mss, @space_max / 2), and never moves
 * back: where scaling cuts bits off, @offered is rounded up.
 *
 * Source: RFC 9293 3.8.6.2.2, RFC 7323 2.4.
 *
 * Return: bytes, a multiple of 1 << @wscale, at most 65535 << @wscale.
 */
u32 xtcp_window_offer(u32 space, u32 space_max, u32 mss, u32 offered, u8 wscale)
{
	u32 quantum = 1u << wscale;
	u32 most = (u32)U16_MAX << wscale;
	u32 window = round_down(min(space, most), quantum);

	offered = min(offered, most);
	if (window > offered && window - offered >= min(mss, space_max / 2))
		return window;
	return round_up(offered, quantum);
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_window_offer);

/**
 * xtcp_window_send_ok - whether sending now is better than waiting
 * @queued: bytes that wait to be sent, D in the RFC
 * @usable: bytes that the window still takes, U in the RFC
 * @mss: Eff.snd.MSS, bytes
 * @snd_wnd_max: largest window that the peer is known to offer, bytes
 * @push: the user has no more for now, or the write was pushed
 * @in_flight: something is sent and not acknowledged
 * @nodelay: TCP_NODELAY: no Nagle algorithm
 *
 * The override timeout, the RFC's fourth case, is the persist timer's.
 *
 * Source: RFC 9293 3.8.6.2.1 and 3.7.4.
 *
 * Return: true to send.
 */
bool xtcp_window_send_ok(u32 queued, u32 usable, u32 mss, u32 snd_wnd_max,
			 bool push, bool in_flight, bool nodelay)
{
	u32 sendable = min(queued, usable);

	if (!sendable)
		return false;
	/* (1) a full segment */
	if (sendable >= mss)
		return true;
	/* Nagle: the two that follow only when nothing is in flight */
	if (in_flight && !nodelay)
		return false;
	/* (2) pushed, and all of it can go */
	if (push && queued <= usable)
		return true;
	/* (3) half of the largest window */
	return sendable >= snd_wnd_max - snd_wnd_max / 2;
}
EXPORT_SYMBOL_IF_KUNIT(xtcp_window_send_ok);

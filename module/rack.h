/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_RACK_H
#define _XTCP_RACK_H

#include <linux/types.h>

/**
 * struct xtcp_rack - what deliveries tell of losses (RFC 8985 5.2)
 * @sent_us: when the youngest segment went out that is known to have arrived; 0: none is
 * @end_seq: its end
 * @rtt_us: its round-trip time
 * @min_rtt_us: least round-trip time of late; 0: none is known
 * @min_rtt_at_us: when that was measured
 * @last_us: xtcp_rack_stamp() of what was sent last
 * @last_end: its end
 * @fack: highest end of anything that has arrived
 * @round_end: what had been sent when a duplicate was last reported, whose round it is until then
 * @reo_mult: quarters of @min_rtt_us that a segment may be late
 * @reo_persist: recoveries for which @reo_mult stays as it is
 * @in_round: @round_end is valid
 * @advanced: @sent_us is not what it was when losses were last looked for
 * @reordered: segments that others have overtaken
 * @late_us: the longest that one of them came later than who had overtaken it
 * @late_next_us: the longest since then
 * @late_mean_us: moving average of how much later than the youngest segments come; in order: 0
 * @late_persist: recoveries for which @late_us stays as it is
 * @rtx: the youngest segment was sent more than once
 */
struct xtcp_rack {
	u64	sent_us;
	u64	min_rtt_at_us;
	u64	last_us;
	u32	last_end;
	u32	end_seq;
	u32	rtt_us;
	u32	min_rtt_us;
	u32	fack;
	u32	round_end;
	u32	reordered;
	u32	late_us;
	u32	late_next_us;
	u32	late_mean_us;
	u8	reo_mult;
	u8	reo_persist;
	u8	late_persist;
	bool	rtx;
	bool	in_round;
	bool	advanced;
};

void xtcp_rack_init(struct xtcp_rack *rack, u32 iss);
void xtcp_rack_rtt(struct xtcp_rack *rack, u32 rtt_us, u64 now_us);
void xtcp_rack_delivered(struct xtcp_rack *rack, u64 sent_us, u32 end_seq, bool rtx, u64 now_us);
void xtcp_rack_dsack(struct xtcp_rack *rack, u32 snd_una, u32 snd_nxt);
void xtcp_rack_late(struct xtcp_rack *rack, u32 snd_una, u32 snd_nxt);
void xtcp_rack_recovered(struct xtcp_rack *rack);
u32 xtcp_rack_reo_wnd_us(const struct xtcp_rack *rack, u32 srtt_us, bool in_doubt);
u64 xtcp_rack_stamp(struct xtcp_rack *rack, u32 end_seq, u64 now_us);
bool xtcp_rack_is_candidate(const struct xtcp_rack *rack, u64 sent_us, u32 end_seq);
u32 xtcp_rack_wait_us(const struct xtcp_rack *rack, u64 sent_us, u32 reo_wnd_us, u64 now_us);

#endif /* _XTCP_RACK_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Timers, armed here alone, each by the event that calls for it. Socket lock throughout.
 */
#ifndef _XTCP_TIMER_H
#define _XTCP_TIMER_H

struct sock;

void xtcp_timer_init(struct sock *sk);
void xtcp_timer_data_sent(struct sock *sk, bool fresh);
void xtcp_timer_head_resent(struct sock *sk);
void xtcp_timer_reorder(struct sock *sk, u32 wait_us);
void xtcp_timer_data_acked(struct sock *sk, u32 wait_us);
void xtcp_timer_window_closed(struct sock *sk);
void xtcp_timer_held(struct sock *sk);
void xtcp_timer_paced(struct sock *sk);
void xtcp_timer_user_timeout(struct sock *sk);
void xtcp_timer_ack_due(struct sock *sk);
void xtcp_timer_ack_sent(struct sock *sk);
void xtcp_timer_data_leaves(struct sock *sk);
void xtcp_timer_keepalive(struct sock *sk);
void xtcp_timer_keepalive_idle(struct sock *sk);
void xtcp_timer_fin_wait2(struct sock *sk);
void xtcp_timer_stop(struct sock *sk);
void xtcp_timer_fire(struct sock *sk, int bit);
void xtcp_timer_deferred(struct sock *sk);

#endif /* _XTCP_TIMER_H */

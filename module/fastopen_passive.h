/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fast Open of a listener: whose SYN opens a connection at once, and how many may.
 */
#ifndef _XTCP_FASTOPEN_PASSIVE_H
#define _XTCP_FASTOPEN_PASSIVE_H

#include <linux/rcupdate.h>
#include <linux/types.h>

#include "fastopen.h"

struct dst_entry;
struct sock;
struct xtcp_net;
struct xtcp_opts;
struct xtcp_tuple;

/**
 * struct xtcp_fastopen_secret - keys, of a namespace or of a listener
 * @keys: constant; other keys are another secret
 * @rcu: for its end
 */
struct xtcp_fastopen_secret {
	struct xtcp_fastopen_keys	keys;
	struct rcu_head			rcu;
};

/* What a SYN calls for. */
enum xtcp_fastopen_syn {
	XTCP_FASTOPEN_NONE,
	XTCP_FASTOPEN_OFFER,	/* nothing but a cookie in the SYN-ACK */
	XTCP_FASTOPEN_OPEN,	/* a child at once, if there may be one more */
};

enum xtcp_fastopen_syn xtcp_fastopen_syn(struct sock *listener, const struct xtcp_tuple *tuple,
					 const struct dst_entry *dst, const struct xtcp_opts *opts,
					 bool data, struct xtcp_fastopen_cookie *fresh);
bool xtcp_fastopen_is_on(const struct sock *listener);
bool xtcp_fastopen_is_known(const struct sock *listener, const struct xtcp_tuple *tuple,
			    const struct xtcp_opts *opts);
bool xtcp_fastopen_enter(struct sock *listener);
void xtcp_fastopen_cancel(struct sock *listener);
void xtcp_fastopen_adopt(struct sock *child, struct sock *listener,
			 const struct xtcp_fastopen_cookie *fresh);
void xtcp_fastopen_acked(struct sock *sk);
void xtcp_fastopen_leave(struct sock *sk, bool reset);

int xtcp_fastopen_set_queue(struct sock *sk, int length);
void xtcp_fastopen_listen(struct sock *sk);
int xtcp_fastopen_set_keys(struct xtcp_fastopen_secret __rcu **where, const u8 *bytes,
			   unsigned int count);
unsigned int xtcp_fastopen_get_keys(const struct sock *sk, u8 *bytes);
void xtcp_fastopen_forget_keys(struct sock *sk);

int xtcp_fastopen_init_net(struct xtcp_net *xnet);
void xtcp_fastopen_exit_net(struct xtcp_net *xnet);

#endif /* _XTCP_FASTOPEN_PASSIVE_H */

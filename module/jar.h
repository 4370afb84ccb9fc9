/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A namespace's cookie jar: the secrets, when cookies are taken, and which are spent.
 */
#ifndef _XTCP_JAR_H
#define _XTCP_JAR_H

#include <linux/types.h>

struct sk_buff;
struct xtcp_cookie;
struct xtcp_net;
struct xtcp_opts;
struct xtcp_tuple;

/* net.xtcp.syncookies */
enum {
	XTCP_JAR_NEVER,		/* a SYN without room for its entry is dropped */
	XTCP_JAR_SPILL,		/* cookies open connections while entries had to go */
	XTCP_JAR_ALWAYS,	/* no entries at all */
};

/* What an ACK that is for no entry turns out to be. */
enum xtcp_jar_verdict {
	XTCP_JAR_NONE,		/* cookies are not taken now: an ACK like any other */
	XTCP_JAR_OPEN,		/* it completes a handshake */
	XTCP_JAR_FORGED,	/* no cookie, or an expired one */
	XTCP_JAR_SPENT,		/* one that has opened its connection before */
};

u32 xtcp_jar_isn(struct xtcp_net *xnet, const struct xtcp_tuple *tuple, u32 irs,
		 const struct xtcp_cookie *cookie, bool ts);
u32 xtcp_jar_tsval(const struct xtcp_net *xnet, const struct xtcp_tuple *tuple,
		   const struct xtcp_cookie *cookie);
void xtcp_jar_spill(struct xtcp_net *xnet);
enum xtcp_jar_verdict xtcp_jar_check(struct xtcp_net *xnet, const struct xtcp_tuple *tuple,
				     const struct sk_buff *skb, const struct xtcp_opts *opts,
				     struct xtcp_cookie *cookie);
void xtcp_jar_spend(struct xtcp_net *xnet, const struct xtcp_tuple *tuple, u32 isn);

int xtcp_jar_prepare(struct xtcp_net *xnet);
int xtcp_jar_init_net(struct xtcp_net *xnet);
void xtcp_jar_exit_net(struct xtcp_net *xnet);

#endif /* _XTCP_JAR_H */

/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_PERNET_H
#define _XTCP_PERNET_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/siphash.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "mib.h"

struct ctl_table_header;
struct proc_dir_entry;
struct xtcp_cong_ops;
struct xtcp_fastopen_cache;
struct xtcp_fastopen_secret;
struct xtcp_jar;
struct xtcp_port_space;
struct xtcp_synq;
struct xtcp_timewait_table;

#define XTCP_CARRIERS		2	/* index 0: ordinary TCP; 1: native */

/**
 * struct xtcp_sysctl - net.xtcp.*, per network namespace; read with READ_ONCE()
 * @initial_window: segments: 10 (RFC 6928)
 * @rto_initial_ms: 1000 (RFC 6298 2.1); between the two below
 * @rto_min_ms: 200, at least 10: how much longer than a round trip to wait
 * @rto_max_ms: 120000, at most 600000
 * @delack_min_ms: 40
 * @delack_max_ms: 200, below 500 (RFC 9293 3.8.6.3)
 * @syn_retries: 6
 * @synack_retries: 5
 * @retries2: 15: of data, then ETIMEDOUT
 * @orphan_retries: 8: of data or probes nobody waits for any more
 * @time_wait_ms: 60000: 2 MSL; at least 1000
 * @fin_timeout_ms: 60000: an orphan's FIN-WAIT-2; at least 1000
 * @keepalive_idle_ms: 7200000 (RFC 9293 3.8.4)
 * @keepalive_interval_ms: 75000
 * @keepalive_probes: 9
 * @cork_ms: 200: what TCP_CORK and MSG_MORE hold back, for at most so long
 * @max_tw_buckets: 65536 TIME-WAIT objects
 * @max_orphans: 65536 connections without a file
 * @synq_bytes: 4 MiB of half-open entries, all listeners together
 * @syncookies: 1: %XTCP_JAR_NEVER, %XTCP_JAR_SPILL or %XTCP_JAR_ALWAYS
 * @abort_on_overflow: 0: reset what finds no room in the accept queue
 * @syn_reflect: 0: %XTCP_REFLECT_NEVER, %XTCP_REFLECT_ATTACK or %XTCP_REFLECT_ALWAYS
 * @challenge_ack_limit: 1000 a second (RFC 5961 7)
 * @window_scaling: 1 (RFC 7323 2)
 * @timestamps: 1 (RFC 7323 3)
 * @sack: 1 (RFC 2018, RFC 2883)
 * @ecn: 2: %XTCP_ECN_ACCEPT, or another of %XTCP_ECN_NEVER and so on (RFC 3168, RFC 9768)
 * @mtu_probing: 0: %XTCP_PMTUD_NEVER, %XTCP_PMTUD_BLACK_HOLE or %XTCP_PMTUD_ALWAYS
 * @base_mss: 1024 bytes of data: what a search for the path MTU begins with
 * @mtu_probe_floor: 512 bytes of data: least that a segment falls to without an ICMP error
 * @mtu_probe_interval_ms: 600000: from the end of one search to the beginning of the next
 * @rfc1337: 1: RST does not end TIME-WAIT
 * @l3mdev_accept: 0; 1: a listener that is bound to no device also listens in VRFs
 * @fastopen: 1: sum of %XTCP_FASTOPEN_CLIENT and the like (RFC 7413)
 * @fastopen_cookies: 1024 servers whose cookies are kept
 * @fastopen_blackhole_timeout_sec: 0: seconds without data in SYNs, once one seems to have got lost
 *	for it; 0: none
 * @congestion_control: of new sockets; held, read under RCU: xtcp_sysctl_cong_get()
 * @moderate_rcvbuf: 1: receive buffers grow with what is read in a round trip, up to mem_rcv's most
 * @mem_rcv: bytes of receive buffer: least, default, most
 * @notsent_lowat: no bound: bytes never sent at which a writer is to wait, unless TCP_NOTSENT_LOWAT
 *	says otherwise
 * @mem_snd: bytes of send buffer: least, default, most
 * @port_range: ephemeral ports: 32768 to 60999
 *
 * Times are in milliseconds. A setting and its bounds may change at any time, and the elements
 * of an array one after the other: who reads two that belong together must bear that they do
 * not fit for a moment.
 */
struct xtcp_sysctl {
	int	initial_window;
	int	rto_initial_ms;
	int	rto_min_ms;
	int	rto_max_ms;
	int	delack_min_ms;
	int	delack_max_ms;
	int	syn_retries;
	int	synack_retries;
	int	retries2;
	int	orphan_retries;
	int	time_wait_ms;
	int	fin_timeout_ms;
	int	keepalive_idle_ms;
	int	keepalive_interval_ms;
	int	keepalive_probes;
	int	cork_ms;
	int	max_tw_buckets;
	int	max_orphans;
	int	synq_bytes;
	int	syncookies;
	int	abort_on_overflow;
	int	syn_reflect;
	int	challenge_ack_limit;
	int	window_scaling;
	int	timestamps;
	int	sack;
	int	ecn;
	int	mtu_probing;
	int	base_mss;
	int	mtu_probe_floor;
	int	mtu_probe_interval_ms;
	int	rfc1337;
	int	l3mdev_accept;
	int	fastopen;
	int	fastopen_cookies;
	int	fastopen_blackhole_timeout_sec;
	const struct xtcp_cong_ops *congestion_control;
	int	moderate_rcvbuf;
	int	mem_rcv[3];
	unsigned int notsent_lowat;
	int	mem_snd[3];
	int	port_range[2];
};

/**
 * struct xtcp_net - what XTCP keeps for a network namespace
 * @net: the namespace
 * @root: whose segments are that belong to no socket
 * @synq: half-open queue (synq.c)
 * @jar: SYN cookies (jar.c)
 * @listeners_lock: leaf, BH
 * @listeners: what listens, by xtcp_listener.node (listener.c)
 * @timewait: TIME-WAIT objects (timewait.c)
 * @ports: who owns which port (port.c)
 * @hook_users: leases on the ordinary carrier; the netfilter hook stands while there are any
 * @hook_quiet: the namespace is going: the hook has been taken down for good
 * @reflects: the hook that answers SYNs before the routing stands (reflect.c)
 * @hook_lock: serialises these and the registration of the hooks
 * @sysctl: settings
 * @sysctl_header: their registration
 * @mib: counters
 * @isn_key: for initial sequence numbers (RFC 6528)
 * @ts_key: for timestamp offsets (RFC 7323 5.4)
 * @fastopen_cache: Fast Open cookies of others (fastopen_active.c)
 * @fastopen_secret: for Fast Open cookies, of listeners without keys of their own; RCU
 * @challenge_lock: leaf; protects the two below
 * @challenge_jiffies: start of the current second of challenge ACKs
 * @challenge_count: challenge ACKs left in it
 * @orphans: sockets without a file
 */
struct xtcp_net {
	struct net			*net;
	kuid_t				root;
	struct xtcp_synq		*synq;
	struct xtcp_jar			*jar;
	spinlock_t			listeners_lock;		/* leaf, BH */
	struct list_head		listeners;		/* listeners_lock */
	struct xtcp_timewait_table	*timewait;
	struct xtcp_port_space		*ports;
	unsigned int			hook_users;	/* hook_lock */
	bool				hook_quiet;	/* hook_lock */
	bool				reflects;	/* hook_lock */
	struct mutex			hook_lock;
	struct xtcp_sysctl		sysctl;
	struct ctl_table_header		*sysctl_header;
	struct xtcp_mib_cpu __percpu	*mib;
	siphash_key_t			isn_key;
	siphash_key_t			ts_key;
	struct xtcp_fastopen_cache	*fastopen_cache;
	struct xtcp_fastopen_secret __rcu *fastopen_secret;
	spinlock_t			challenge_lock;		/* leaf */
	unsigned long			challenge_jiffies;	/* challenge_lock */
	unsigned int			challenge_count;	/* challenge_lock */
	atomic_t			orphans;
};

extern unsigned int xtcp_net_id;

static inline struct xtcp_net *xtcp_net(const struct net *net)
{
	return net_generic(net, xtcp_net_id);
}

int xtcp_pernet_init(void);
void xtcp_pernet_exit(void);

#endif /* _XTCP_PERNET_H */

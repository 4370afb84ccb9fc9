// SPDX-License-Identifier: GPL-2.0
/* /proc/net/xtcp and xtcp6, column by column as /proc/net/tcp and tcp6; /proc/net/xtcp_stat. */
#include <linux/jiffies.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>

#include "xtcp.h"

#define XTCP_PROC_BATCH		16	/* lines copied at a time */
#define XTCP_PROC_WIDTH4	149	/* /proc/net/tcp pads its lines to this */

/**
 * struct xtcp_proc_dump - one reader's place in a file
 * @p: first: its namespace
 * @stage: table that is being walked, index into xtcp_proc_walks
 * @cursor: place in that table
 * @first: number of lines[0], counted from 0
 * @count: lines filled
 * @lines: copied and not printed yet, or printed last
 */
struct xtcp_proc_dump {
	struct seq_net_private	p;
	unsigned int		stage;
	struct xtcp_cursor	cursor;
	loff_t			first;
	unsigned int		count;
	struct xtcp_proc_line	lines[XTCP_PROC_BATCH];
};

struct xtcp_proc_fill {
	struct xtcp_proc_line	*lines;
	unsigned int		count;
	unsigned int		max;
};

static void xtcp_proc_sock_timer(const struct xtcp_sock *xsk, struct xtcp_proc_line *line)
{
	const struct sock *sk = &xsk->inet.sk;
	const struct timer_list *timer = NULL;

	if (timer_pending(&xsk->rtx_timer)) {
		timer = &xsk->rtx_timer;
		line->timer = READ_ONCE(xsk->rtx_reason) == XTCP_RTX_PERSIST ?
			      XTCP_PROC_TIMER_PROBE : XTCP_PROC_TIMER_RTX;
	} else if (timer_pending(&sk->sk_timer)) {
		timer = &sk->sk_timer;
		line->timer = XTCP_PROC_TIMER_LIFE;
	}
	if (timer)
		line->expires = READ_ONCE(timer->expires) - jiffies;
}

static void xtcp_proc_sock_queues(const struct xtcp_sock *xsk, struct xtcp_proc_line *line)
{
	if (line->state == TCP_LISTEN) {
		line->rx_queue = READ_ONCE(xsk->accept.len);
		return;
	}
	line->tx_queue = READ_ONCE(xsk->write_seq) - READ_ONCE(xsk->snd_una);
	/* Nobody stands still meanwhile, so that the difference may be below 0 for a moment. */
	line->rx_queue = max_t(int, READ_ONCE(xsk->reasm.rcv_nxt) - READ_ONCE(xsk->copied_seq), 0);
}

static void xtcp_proc_sock_flow(const struct xtcp_sock *xsk, struct xtcp_proc_line *line)
{
	u32 ssthresh = READ_ONCE(xsk->cong.ssthresh);
	u32 mss = max_t(u32, READ_ONCE(xsk->mss), 1);
	u8 retries = READ_ONCE(xsk->retries);

	if (READ_ONCE(xsk->rtx_reason) == XTCP_RTX_PERSIST)
		line->probes = retries;
	else
		line->retries = retries;
	if (!line->probes)
		line->probes = READ_ONCE(xsk->keep_tried);
	line->rto = usecs_to_jiffies(xtcp_rtt_timeout_us(&xsk->rtt));
	line->ato = msecs_to_jiffies(READ_ONCE(xsk->ato_ms));
	line->quick_acks = READ_ONCE(xsk->quick_acks);
	line->cwnd = READ_ONCE(xsk->cong.cwnd) / mss;
	line->ssthresh = ssthresh >= XTCP_SSTHRESH_INFINITE ? -1 : ssthresh / mss;
}

/**
 * xtcp_proc_sock - the columns of a socket
 * @sk: socket; it is not locked, so that the columns need not fit each other
 * @line: filled; zeroed by the caller
 *
 * Context: RCU, or a reference.
 */
void xtcp_proc_sock(struct sock *sk, struct xtcp_proc_line *line)
{
	const struct xtcp_sock *xsk = xtcp_sk(sk);

	line->tuple = xsk->tuple;
	line->format = READ_ONCE(xsk->format);
	line->state = READ_ONCE(sk->sk_state);
	line->uid = READ_ONCE(sk->sk_uid);
	line->ino = sock_i_ino(sk);
	line->refs = refcount_read(&sk->sk_refcnt);
	line->object = sk;
	line->is_sock = true;
	xtcp_proc_sock_timer(xsk, line);
	xtcp_proc_sock_queues(xsk, line);
	if (line->state != TCP_LISTEN)
		xtcp_proc_sock_flow(xsk, line);
}

static int xtcp_proc_add(struct sock *sk, void *arg)
{
	struct xtcp_proc_fill *fill = arg;

	xtcp_proc_sock(sk, &fill->lines[fill->count++]);
	return fill->count == fill->max;
}

static unsigned int xtcp_proc_walk_listeners(struct net *net, struct xtcp_cursor *cursor,
					     struct xtcp_proc_line *lines, unsigned int max)
{
	struct xtcp_proc_fill fill = { .lines = lines, .max = max };

	xtcp_table_walk(net, true, cursor, xtcp_proc_add, &fill);
	return fill.count;
}

static unsigned int xtcp_proc_walk_connections(struct net *net, struct xtcp_cursor *cursor,
					       struct xtcp_proc_line *lines, unsigned int max)
{
	struct xtcp_proc_fill fill = { .lines = lines, .max = max };

	xtcp_table_walk(net, false, cursor, xtcp_proc_add, &fill);
	return fill.count;
}

/* In the order of a life, so that what goes on to another table meanwhile is not missed there. */
static const xtcp_proc_walk_t xtcp_proc_walks[] = {
	xtcp_proc_walk_listeners,
	xtcp_synq_walk,
	xtcp_proc_walk_connections,
	xtcp_timewait_walk,
};

static u16 xtcp_proc_format(const struct seq_file *seq)
{
	return (uintptr_t)pde_data(file_inode(seq->file));
}

/* Keeps the lines that belong into this file. */
static unsigned int xtcp_proc_filter(struct xtcp_proc_line *lines, unsigned int count, u16 format)
{
	unsigned int kept = 0;
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (lines[i].format == format)
			lines[kept++] = lines[i];
	}
	return kept;
}

/* The next batch, or false at the end. */
static bool xtcp_proc_fill(struct seq_file *seq, struct xtcp_proc_dump *dump)
{
	unsigned int count;

	dump->first += dump->count;
	dump->count = 0;
	while (dump->stage < ARRAY_SIZE(xtcp_proc_walks)) {
		memset(dump->lines, 0, sizeof(dump->lines));
		count = xtcp_proc_walks[dump->stage](seq_file_net(seq), &dump->cursor, dump->lines,
						     XTCP_PROC_BATCH);
		if (!count) {
			dump->stage++;
			dump->cursor = (struct xtcp_cursor){};
		}
		dump->count = xtcp_proc_filter(dump->lines, count, xtcp_proc_format(seq));
		if (dump->count)
			return true;
		if (fatal_signal_pending(current))
			return false;
		cond_resched();
	}
	return false;
}

/* Readers go forward; one who goes back starts again. */
static struct xtcp_proc_line *xtcp_proc_line_at(struct seq_file *seq, loff_t index)
{
	struct xtcp_proc_dump *dump = seq->private;

	if (index < dump->first) {
		dump->stage = 0;
		dump->cursor = (struct xtcp_cursor){};
		dump->first = 0;
		dump->count = 0;
	}
	while (index >= dump->first + dump->count) {
		if (!xtcp_proc_fill(seq, dump))
			return NULL;
	}
	return &dump->lines[index - dump->first];
}

static void *xtcp_proc_start(struct seq_file *seq, loff_t *pos)
{
	struct xtcp_proc_dump *dump = seq->private;

	if (*pos)
		return xtcp_proc_line_at(seq, *pos - 1);
	dump->first = LLONG_MAX;	/* whatever was copied is old */
	dump->count = 0;
	return SEQ_START_TOKEN;
}

static void *xtcp_proc_next(struct seq_file *seq, void *v, loff_t *pos)
{
	return xtcp_proc_line_at(seq, (*pos)++);
}

static void xtcp_proc_stop(struct seq_file *seq, void *v)
{
}

static void xtcp_proc_addr(struct seq_file *seq, const struct in6_addr *addr, __be16 port,
			   u16 format)
{
	int i;

	for (i = format == AF_INET ? 3 : 0; i < 4; i++)
		seq_printf(seq, "%08X", (__force u32)addr->s6_addr32[i]);
	seq_printf(seq, ":%04X ", ntohs(port));
}

static void xtcp_proc_line(struct seq_file *seq, const struct xtcp_proc_line *line,
			   unsigned long long number)
{
	seq_printf(seq, "%4llu: ", number);
	xtcp_proc_addr(seq, &line->tuple.laddr, line->tuple.lport, line->format);
	xtcp_proc_addr(seq, &line->tuple.raddr, line->tuple.rport, line->format);
	seq_printf(seq, "%02X %08X:%08X %02X:%08lX %08X %5u %8u %lu %d %p",
		   line->state, line->tx_queue, line->rx_queue,
		   line->timer, (unsigned long)jiffies_delta_to_clock_t(line->expires),
		   line->retries, from_kuid_munged(seq_user_ns(seq), line->uid), line->probes,
		   line->ino, line->refs, line->object);
	if (line->is_sock)
		seq_printf(seq, " %lu %lu %u %u %d",
			   (unsigned long)jiffies_to_clock_t(line->rto),
			   (unsigned long)jiffies_to_clock_t(line->ato),
			   line->quick_acks << 1, line->cwnd, line->ssthresh);
}

static void xtcp_proc_title(struct seq_file *seq, u16 format)
{
	if (format == AF_INET)
		seq_puts(seq, "  sl  local_address rem_address   ");
	else
		seq_printf(seq, "  sl  %-37s %-37s ", "local_address", "remote_address");
	seq_puts(seq, "st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode");
}

static int xtcp_proc_show(struct seq_file *seq, void *v)
{
	const struct xtcp_proc_dump *dump = seq->private;
	u16 format = xtcp_proc_format(seq);
	const struct xtcp_proc_line *line = v;

	seq_setwidth(seq, format == AF_INET ? XTCP_PROC_WIDTH4 : 0);
	if (v == SEQ_START_TOKEN)
		xtcp_proc_title(seq, format);
	else
		xtcp_proc_line(seq, line, dump->first + (line - dump->lines));
	seq_pad(seq, '\n');
	return 0;
}

static const struct seq_operations xtcp_proc_ops = {
	.start	= xtcp_proc_start,
	.next	= xtcp_proc_next,
	.stop	= xtcp_proc_stop,
	.show	= xtcp_proc_show,
};

/* Two lines, names and values, as /proc/net/netstat has them for nstat(8). */
static int xtcp_proc_stat(struct seq_file *seq, void *v)
{
	const struct xtcp_net *xnet = xtcp_net(seq->private);
	int i;

	seq_puts(seq, "Xtcp:");
	for (i = 0; i < XTCP_MIB_MAX; i++)
		seq_printf(seq, " %s", xtcp_mib_name(i));
	seq_puts(seq, "\nXtcp:");
	for (i = 0; i < XTCP_MIB_MAX; i++)
		seq_printf(seq, " %lu", xtcp_mib_sum(xnet, i));
	seq_putc(seq, '\n');
	return 0;
}

static bool xtcp_proc_create(struct net *net, const char *name, u16 format)
{
	return proc_create_net_data(name, 0444, net->proc_net, &xtcp_proc_ops,
				    sizeof(struct xtcp_proc_dump), (void *)(uintptr_t)format);
}

/**
 * xtcp_proc_init_net() - make a namespace's files
 * @xnet: namespace
 *
 * Context: Process context.
 * Return: 0 or -ENOMEM.
 */
int xtcp_proc_init_net(struct xtcp_net *xnet)
{
	struct net *net = xnet->net;

	if (!IS_ENABLED(CONFIG_PROC_FS))
		return 0;
	if (!xtcp_proc_create(net, "xtcp", AF_INET))
		return -ENOMEM;
	if (!xtcp_proc_create(net, "xtcp6", AF_INET6))
		goto remove_v4;
	if (!proc_create_net_single("xtcp_stat", 0444, net->proc_net, xtcp_proc_stat, NULL))
		goto remove_v6;
	return 0;

remove_v6:
	remove_proc_entry("xtcp6", net->proc_net);
remove_v4:
	remove_proc_entry("xtcp", net->proc_net);
	return -ENOMEM;
}

/**
 * xtcp_proc_exit_net() - remove a namespace's files, once their readers are done
 * @xnet: namespace
 *
 * Context: Process context.
 */
void xtcp_proc_exit_net(struct xtcp_net *xnet)
{
	struct net *net = xnet->net;

	remove_proc_entry("xtcp_stat", net->proc_net);
	remove_proc_entry("xtcp6", net->proc_net);
	remove_proc_entry("xtcp", net->proc_net);
}

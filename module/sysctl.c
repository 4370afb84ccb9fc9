// SPDX-License-Identifier: GPL-2.0
/* net.xtcp.*: settings of a namespace, with the bounds within which the protocol works. */
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/sysctl.h>

#include "xtcp.h"

/* Linux's, where it has one. */
static const struct xtcp_sysctl defaults = {
	.initial_window		= 10,
	.rto_initial_ms		= 1000,
	.rto_min_ms		= 200,
	.rto_max_ms		= 120000,
	.delack_min_ms		= 40,
	.delack_max_ms		= 200,
	.syn_retries		= 6,
	.synack_retries		= 5,
	.retries2		= 15,
	.orphan_retries		= 8,
	.time_wait_ms		= 60000,
	.fin_timeout_ms		= 60000,
	.keepalive_idle_ms	= 7200000,
	.keepalive_interval_ms	= 75000,
	.keepalive_probes	= 9,
	.cork_ms		= 200,
	.max_tw_buckets		= 65536,
	.max_orphans		= 65536,
	.synq_bytes		= SZ_4M,
	.syncookies		= XTCP_JAR_SPILL,
	.challenge_ack_limit	= 1000,
	.window_scaling		= 1,
	.timestamps		= 1,
	.sack			= 1,
	.ecn			= XTCP_ECN_ACCEPT,
	.base_mss		= 1024,
	.mtu_probe_floor	= 512,
	.mtu_probe_interval_ms	= 600000,
	.rfc1337		= 1,
	.fastopen		= XTCP_FASTOPEN_CLIENT,
	.fastopen_cookies	= 1024,
	.congestion_control	= &xtcp_cong_cubic,
	.moderate_rcvbuf	= 1,
	.mem_rcv		= { 4096, 131072, 6291456 },
	.notsent_lowat		= UINT_MAX,
	.mem_snd		= { 4096, 16384, 6291456 },
	.port_range		= { 32768, 60999 },
};

static const int window_max = 1024;		/* segments */
static const int rto_floor_ms = 10;
static const int rto_ceiling_ms = 600000;
static const int delack_ceiling_ms = 499;	/* RFC 9293 3.8.6.3: less than 0.5 s */
static const int retries_max = 127;
static const int wait_floor_ms = 1000;		/* a FIN sent again must still find an answer */
static const int wait_ceiling_ms = 600000;
static const int keep_ceiling_ms = 32767000;	/* as of TCP_KEEPIDLE, in seconds */
static const int cork_ceiling_ms = 600000;
static const int many = 1 << 24;		/* objects */
static const int ecn_max = XTCP_ECN_ACCURATE_ACCEPT;
static const int rcv_floor = SOCK_MIN_RCVBUF;
static const int snd_floor = 2048;
static const int mem_ceiling = INT_MAX / 2;	/* setsockopt() doubles */
static const int mss_floor = 88;		/* as TCP_MAXSEG's */
static const int mss_max = U16_MAX;
static const int port_max = U16_MAX;
static const int fastopen_all = 0xfff;		/* Linux's other bits mean nothing here */

/* Orders writers, so that a bound which is itself a setting holds still while it is compared. */
static DEFINE_MUTEX(xtcp_sysctl_mutex);

static int xtcp_sysctl_int(XTCP_CTL_CONST struct ctl_table *table, int write, void *buffer,
			   size_t *lenp, loff_t *ppos)
{
	int ret;

	mutex_lock(&xtcp_sysctl_mutex);
	ret = proc_dointvec_minmax(table, write, buffer, lenp, ppos);
	mutex_unlock(&xtcp_sysctl_mutex);
	return ret;
}

static bool xtcp_is_ascending(const int *values, unsigned int count)
{
	unsigned int i;

	for (i = 1; i < count; i++) {
		if (values[i - 1] > values[i])
			return false;
	}
	return true;
}

/* A range, or least, default and most: all written, or none. */
static int xtcp_sysctl_ascending(XTCP_CTL_CONST struct ctl_table *table, int write, void *buffer,
				 size_t *lenp, loff_t *ppos)
{
	unsigned int count = table->maxlen / sizeof(int);
	struct ctl_table copy = *table;
	int *values = table->data;
	unsigned int i;
	int new[3];
	int ret;

	if (WARN_ON_ONCE(count > ARRAY_SIZE(new)))
		return -EINVAL;

	copy.data = new;
	mutex_lock(&xtcp_sysctl_mutex);
	memcpy(new, values, table->maxlen);
	ret = proc_dointvec_minmax(&copy, write, buffer, lenp, ppos);
	if (!ret && write) {
		if (!xtcp_is_ascending(new, count))
			ret = -EINVAL;
		for (i = 0; !ret && i < count; i++)
			WRITE_ONCE(values[i], new[i]);
	}
	mutex_unlock(&xtcp_sysctl_mutex);
	return ret;
}

/* Who asks for it pays for the hook, and nobody else. */
static int xtcp_sysctl_reflect(XTCP_CTL_CONST struct ctl_table *table, int write, void *buffer,
			       size_t *lenp, loff_t *ppos)
{
	struct xtcp_sysctl *own = container_of(table->data, struct xtcp_sysctl, syn_reflect);
	struct ctl_table copy = *table;
	int value, ret;

	copy.data = &value;
	mutex_lock(&xtcp_sysctl_mutex);
	value = own->syn_reflect;
	ret = proc_dointvec_minmax(&copy, write, buffer, lenp, ppos);
	if (!ret && write) {
		ret = xtcp_reflect_set(container_of(own, struct xtcp_net, sysctl), value);
		if (!ret)
			WRITE_ONCE(own->syn_reflect, value);
	}
	mutex_unlock(&xtcp_sysctl_mutex);
	return ret;
}

/* Read and written by name. */
static int xtcp_sysctl_cong(XTCP_CTL_CONST struct ctl_table *table, int write, void *buffer,
			    size_t *lenp, loff_t *ppos)
{
	const struct xtcp_cong_ops **own = table->data, *ops;
	struct xtcp_net *xnet = container_of(own, struct xtcp_net, sysctl.congestion_control);
	char name[XTCP_CONG_NAME_LEN] = "";
	const struct ctl_table copy = {
		.data = name,
		.maxlen = sizeof(name),
	};
	int ret;

	rcu_read_lock();
	strscpy(name, READ_ONCE(*own)->name, sizeof(name));
	rcu_read_unlock();
	ret = proc_dostring((struct ctl_table *)&copy, write, buffer, lenp, ppos);
	if (ret || !write)
		return ret;
	ops = xtcp_cong_get(name, capable(CAP_NET_ADMIN));
	if (!ops)
		return -ENOENT;
	/* Not for all of a namespace, whoever may configure that. */
	if ((ops->flags & XTCP_CONG_RESTRICTED) && !net_eq(xnet->net, &init_net)) {
		xtcp_cong_put(ops);
		return -EPERM;
	}
	mutex_lock(&xtcp_sysctl_mutex);
	swap(*own, ops);
	mutex_unlock(&xtcp_sysctl_mutex);
	xtcp_cong_put(ops);
	return 0;
}

static int xtcp_sysctl_congs(XTCP_CTL_CONST struct ctl_table *table, int write, void *buffer,
			     size_t *lenp, loff_t *ppos)
{
	char names[16 * XTCP_CONG_NAME_LEN];
	const struct ctl_table copy = {
		.data = names,
		.maxlen = sizeof(names),
	};

	xtcp_cong_list(names, sizeof(names));
	return proc_dostring((struct ctl_table *)&copy, write, buffer, lenp, ppos);
}

/* A key as Linux writes it: four words in hexadecimal. */
#define XTCP_KEY_WORDS	(XTCP_FASTOPEN_KEY / sizeof(u32))
#define XTCP_KEY_TEXT	(XTCP_KEY_WORDS * 9)	/* with what follows each word */

static int xtcp_key_parse(const char *text, u8 *bytes)
{
	u32 words[XTCP_KEY_WORDS];
	unsigned int i;
	int end = 0;

	if (sscanf(text, "%8x-%8x-%8x-%8x%n", words, words + 1, words + 2, words + 3, &end) != 4 ||
	    (text[end] && text[end] != ','))
		return -EINVAL;
	for (i = 0; i < XTCP_KEY_WORDS; i++)
		put_unaligned_le32(words[i], bytes + i * sizeof(u32));
	return end;
}

/* One key, or two with a comma between them. */
static int xtcp_keys_parse(struct xtcp_net *xnet, const char *text)
{
	u8 bytes[XTCP_FASTOPEN_KEYS * XTCP_FASTOPEN_KEY];
	unsigned int count = 1;
	int len;

	len = xtcp_key_parse(text, bytes);
	if (len < 0)
		return len;
	if (text[len]) {
		text += len + 1;
		len = xtcp_key_parse(text, bytes + XTCP_FASTOPEN_KEY);
		if (len < 0 || text[len])
			return -EINVAL;
		count = 2;
	}
	return xtcp_fastopen_set_keys(&xnet->fastopen_secret, bytes, count);
}

static void xtcp_keys_print(const struct xtcp_net *xnet, char *text, size_t size)
{
	u8 bytes[XTCP_FASTOPEN_KEYS * XTCP_FASTOPEN_KEY];
	unsigned int count, i;
	int n = 0;

	rcu_read_lock();
	count = rcu_dereference(xnet->fastopen_secret)->keys.count;
	xtcp_fastopen_keys_write(&rcu_dereference(xnet->fastopen_secret)->keys, bytes);
	rcu_read_unlock();
	for (i = 0; i < count * XTCP_KEY_WORDS; i++)
		n += scnprintf(text + n, size - n, "%s%08x",
			       !i ? "" : i % XTCP_KEY_WORDS ? "-" : ",",
			       get_unaligned_le32(bytes + i * sizeof(u32)));
}

static int xtcp_sysctl_fastopen_key(XTCP_CTL_CONST struct ctl_table *table, int write,
				    void *buffer, size_t *lenp, loff_t *ppos)
{
	struct xtcp_net *xnet = container_of(table->data, struct xtcp_net, sysctl.fastopen);
	char text[XTCP_FASTOPEN_KEYS * XTCP_KEY_TEXT + 2] = "";
	const struct ctl_table copy = {
		.data = text,
		.maxlen = sizeof(text),
	};
	int ret;

	if (!write)
		xtcp_keys_print(xnet, text, sizeof(text));
	ret = proc_dostring((struct ctl_table *)&copy, write, buffer, lenp, ppos);
	if (!ret && write)
		ret = xtcp_keys_parse(xnet, strim(text));
	return ret;
}

#define XTCP_SYSCTL(name, handler, least, most) {			\
	.procname	= #name,					\
	.data		= (void *)&defaults.name,			\
	.maxlen		= sizeof(defaults.name),			\
	.mode		= 0644,						\
	.proc_handler	= handler,					\
	.extra1		= (void *)(least),				\
	.extra2		= (void *)(most),				\
}

#define XTCP_SYSCTL_INT(name, least, most)				\
	XTCP_SYSCTL(name, xtcp_sysctl_int, least, most)
#define XTCP_SYSCTL_ASCENDING(name, least, most)			\
	XTCP_SYSCTL(name, xtcp_sysctl_ascending, least, most)

/* What points into the defaults points into a namespace's own settings in its copy. */
static const struct ctl_table xtcp_sysctl_template[] = {
	XTCP_SYSCTL_INT(initial_window,		SYSCTL_ONE,		&window_max),
	XTCP_SYSCTL_INT(rto_min_ms,		&rto_floor_ms,	&defaults.rto_initial_ms),
	XTCP_SYSCTL_INT(rto_initial_ms,		&defaults.rto_min_ms, &defaults.rto_max_ms),
	XTCP_SYSCTL_INT(rto_max_ms,		&defaults.rto_initial_ms, &rto_ceiling_ms),
	XTCP_SYSCTL_INT(delack_min_ms,		SYSCTL_ONE,		&defaults.delack_max_ms),
	XTCP_SYSCTL_INT(delack_max_ms,		&defaults.delack_min_ms, &delack_ceiling_ms),
	XTCP_SYSCTL_INT(syn_retries,		SYSCTL_ONE,		&retries_max),
	XTCP_SYSCTL_INT(synack_retries,		SYSCTL_ZERO,		&retries_max),
	XTCP_SYSCTL_INT(retries2,		SYSCTL_ONE,		&retries_max),
	XTCP_SYSCTL_INT(orphan_retries,		SYSCTL_ZERO,		&retries_max),
	XTCP_SYSCTL_INT(time_wait_ms,		&wait_floor_ms,	&wait_ceiling_ms),
	XTCP_SYSCTL_INT(fin_timeout_ms,		&wait_floor_ms,	&wait_ceiling_ms),
	XTCP_SYSCTL_INT(keepalive_idle_ms,	SYSCTL_ONE,		&keep_ceiling_ms),
	XTCP_SYSCTL_INT(keepalive_interval_ms,	SYSCTL_ONE,		&keep_ceiling_ms),
	XTCP_SYSCTL_INT(keepalive_probes,	SYSCTL_ONE,		&retries_max),
	XTCP_SYSCTL_INT(cork_ms,		SYSCTL_ONE,		&cork_ceiling_ms),
	XTCP_SYSCTL_INT(max_tw_buckets,		SYSCTL_ZERO,		&many),
	XTCP_SYSCTL_INT(max_orphans,		SYSCTL_ZERO,		&many),
	XTCP_SYSCTL_INT(synq_bytes,		SYSCTL_ZERO,		&mem_ceiling),
	XTCP_SYSCTL_INT(syncookies,		SYSCTL_ZERO,		SYSCTL_TWO),
	XTCP_SYSCTL_INT(abort_on_overflow,	SYSCTL_ZERO,		SYSCTL_ONE),
	XTCP_SYSCTL(syn_reflect, xtcp_sysctl_reflect, SYSCTL_ZERO, SYSCTL_TWO),
	XTCP_SYSCTL_INT(challenge_ack_limit,	SYSCTL_ONE,		SYSCTL_INT_MAX),
	XTCP_SYSCTL_INT(window_scaling,		SYSCTL_ZERO,		SYSCTL_ONE),
	XTCP_SYSCTL_INT(timestamps,		SYSCTL_ZERO,		SYSCTL_ONE),
	XTCP_SYSCTL_INT(sack,			SYSCTL_ZERO,		SYSCTL_ONE),
	XTCP_SYSCTL_INT(ecn,			SYSCTL_ZERO,		&ecn_max),
	XTCP_SYSCTL_INT(mtu_probing,		SYSCTL_ZERO,		SYSCTL_TWO),
	XTCP_SYSCTL_INT(base_mss,		&defaults.mtu_probe_floor, &mss_max),
	XTCP_SYSCTL_INT(mtu_probe_floor,	&mss_floor,	&defaults.base_mss),
	XTCP_SYSCTL_INT(mtu_probe_interval_ms,	&wait_floor_ms,	SYSCTL_INT_MAX),
	XTCP_SYSCTL_INT(rfc1337,		SYSCTL_ZERO,		SYSCTL_ONE),
	XTCP_SYSCTL_INT(l3mdev_accept,		SYSCTL_ZERO,		SYSCTL_ONE),
	XTCP_SYSCTL_INT(fastopen,		SYSCTL_ZERO,		&fastopen_all),
	XTCP_SYSCTL_INT(fastopen_cookies,	SYSCTL_ZERO,		&many),
	XTCP_SYSCTL_INT(fastopen_blackhole_timeout_sec, SYSCTL_ZERO,	SYSCTL_INT_MAX),
	{
		.procname	= "fastopen_key",
		.data		= (void *)&defaults.fastopen,	/* tells whose it is */
		.mode		= 0600,
		.proc_handler	= xtcp_sysctl_fastopen_key,
	},
	XTCP_SYSCTL(congestion_control, xtcp_sysctl_cong, NULL, NULL),
	{
		.procname	= "available_congestion_control",
		.mode		= 0444,
		.proc_handler	= xtcp_sysctl_congs,
	},
	XTCP_SYSCTL_INT(moderate_rcvbuf,	SYSCTL_ZERO,		SYSCTL_ONE),
	XTCP_SYSCTL_ASCENDING(mem_rcv,		&rcv_floor,	&mem_ceiling),
	XTCP_SYSCTL(notsent_lowat, proc_douintvec_minmax, SYSCTL_ONE, NULL),
	XTCP_SYSCTL_ASCENDING(mem_snd,		&snd_floor,	&mem_ceiling),
	XTCP_SYSCTL_ASCENDING(port_range,	SYSCTL_ONE,		&port_max),
};

static void *xtcp_sysctl_relocate(struct xtcp_sysctl *own, void *ptr)
{
	unsigned long offset = (unsigned long)ptr - (unsigned long)&defaults;

	return offset < sizeof(defaults) ? (void *)own + offset : ptr;
}

/**
 * xtcp_sysctl_init_net() - give a namespace its settings, and show them
 * @xnet: namespace
 *
 * Every namespace starts from the same defaults, not from its creator's values.
 *
 * Context: Process context.
 * Return: 0 or -ENOMEM.
 */
int xtcp_sysctl_init_net(struct xtcp_net *xnet)
{
	struct ctl_table *table;
	unsigned int i;

	xnet->sysctl = defaults;
	if (!IS_ENABLED(CONFIG_SYSCTL))
		return 0;

	/* One entry more, which stays empty: older kernels look for it. */
	table = kcalloc(ARRAY_SIZE(xtcp_sysctl_template) + 1, sizeof(*table), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	memcpy(table, xtcp_sysctl_template, sizeof(xtcp_sysctl_template));
	for (i = 0; i < ARRAY_SIZE(xtcp_sysctl_template); i++) {
		table[i].data = xtcp_sysctl_relocate(&xnet->sysctl, table[i].data);
		table[i].extra1 = xtcp_sysctl_relocate(&xnet->sysctl, table[i].extra1);
		table[i].extra2 = xtcp_sysctl_relocate(&xnet->sysctl, table[i].extra2);
	}

	xnet->sysctl_header = register_net_sysctl_sz(xnet->net, "net/xtcp", table,
						     ARRAY_SIZE(xtcp_sysctl_template));
	if (!xnet->sysctl_header) {
		kfree(table);
		return -ENOMEM;
	}
	return 0;
}

/**
 * xtcp_sysctl_exit_net() - take a namespace's settings away
 * @xnet: namespace
 *
 * Context: Process context.
 */
void xtcp_sysctl_exit_net(struct xtcp_net *xnet)
{
	const struct ctl_table *table;

	if (!xnet->sysctl_header)
		return;
	table = xnet->sysctl_header->ctl_table_arg;
	unregister_net_sysctl_table(xnet->sysctl_header);
	kfree(table);
	xtcp_cong_put(xnet->sysctl.congestion_control);
}

/**
 * xtcp_sysctl_cong_get() - what a new socket begins with
 * @xnet: namespace
 *
 * Context: any.
 * Return: the algorithm, held.
 */
const struct xtcp_cong_ops *xtcp_sysctl_cong_get(const struct xtcp_net *xnet)
{
	const struct xtcp_cong_ops *ops;

	rcu_read_lock();
	ops = xtcp_sysctl_net(xnet, congestion_control);
	/* Set to another, and its module about to go. */
	if (!xtcp_cong_hold(ops))
		ops = defaults.congestion_control;
	rcu_read_unlock();
	return ops;
}

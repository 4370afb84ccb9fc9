// SPDX-License-Identifier: GPL-2.0
/* tcp_info, and what the congestion control tells of itself: as ss -i has it, and as JSON. */
#include <inttypes.h>
#include <linux/tcp.h>
#include <linux/xtcp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "ss.h"

#define NO_SSTHRESH	0x7fffffff

/* Of which the headers that this is built with may not know all. */
union info {
	struct tcp_info	tcp;
	struct {
		char			common[XTCP_INFO_TAIL];
		struct xtcp_info_tail	tail;
	};
};

/* <netlink/attr.h> brings a tcp_info of its own with it. */
static const void *attr_data(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

static size_t attr_len(const struct nlattr *attr)
{
	return attr ? attr->nla_len - NLA_HDRLEN : 0;
}

/* What the module knows less of stays 0; of what it knows more, nothing is said. */
static bool get(const struct ss_socket *s, int attr, void *to, size_t size)
{
	const struct nlattr *from = s->attrs[attr];
	size_t len = attr_len(from);

	memset(to, 0, size);
	if (from)
		memcpy(to, attr_data(from), len < size ? len : size);
	return from;
}

static const char *algorithm(const struct ss_socket *s)
{
	const struct nlattr *attr = s->attrs[INET_DIAG_CONG];
	const char *name = attr ? attr_data(attr) : NULL;

	/* It is a string only if it ends. */
	return attr_len(attr) && !name[attr_len(attr) - 1] ? name : NULL;
}

static void print_rate(FILE *to, const char *name, double bits)
{
	static const char * const units[] = { "", "K", "M", "G", "T" };
	unsigned int i = 0;

	while (bits >= 1000 && i + 1 < sizeof(units) / sizeof(*units)) {
		bits /= 1000;
		i++;
	}
	fprintf(to, " %s %.*f%sbps", name, i ? 1 : 0, bits, units[i]);
}

static void print_count(FILE *to, const char *name, uint64_t value)
{
	if (value)
		fprintf(to, " %s:%" PRIu64, name, value);
}

static void print_ms(FILE *to, const char *name, uint32_t us)
{
	if (us)
		fprintf(to, " %s:%g", name, us / 1000.);
}

static void print_options(FILE *to, const struct ss_socket *s, const struct tcp_info *info,
			  const struct xtcp_info_tail *tail)
{
	if (info->tcpi_options & TCPI_OPT_TIMESTAMPS)
		fputs(" ts", to);
	if (info->tcpi_options & TCPI_OPT_SACK)
		fputs(" sack", to);
	if (info->tcpi_options & TCPI_OPT_ECN)
		fputs(" ecn", to);
	if (tail->ecn_mode == XTCP_INFO_ECN_ACCURATE)
		fputs(" accecn", to);
	if (info->tcpi_options & TCPI_OPT_ECN_SEEN)
		fputs(" ecnseen", to);
	if (algorithm(s))
		fprintf(to, " %s", algorithm(s));
	if (info->tcpi_options & TCPI_OPT_WSCALE)
		fprintf(to, " wscale:%u,%u", info->tcpi_snd_wscale, info->tcpi_rcv_wscale);
}

static void print_path(FILE *to, const struct tcp_info *info)
{
	print_ms(to, "rto", info->tcpi_rto);
	print_count(to, "backoff", info->tcpi_backoff);
	if (info->tcpi_rtt)
		fprintf(to, " rtt:%g/%g", info->tcpi_rtt / 1000., info->tcpi_rttvar / 1000.);
	print_ms(to, "ato", info->tcpi_ato);
	print_count(to, "mss", info->tcpi_snd_mss);
	print_count(to, "pmtu", info->tcpi_pmtu);
	print_count(to, "rcvmss", info->tcpi_rcv_mss);
	print_count(to, "advmss", info->tcpi_advmss);
	print_count(to, "cwnd", info->tcpi_snd_cwnd);
	if (info->tcpi_snd_ssthresh != NO_SSTHRESH)
		print_count(to, "ssthresh", info->tcpi_snd_ssthresh);
}

static void print_counts(FILE *to, const struct tcp_info *info)
{
	print_count(to, "bytes_sent", info->tcpi_bytes_sent);
	print_count(to, "bytes_retrans", info->tcpi_bytes_retrans);
	print_count(to, "bytes_acked", info->tcpi_bytes_acked);
	print_count(to, "bytes_received", info->tcpi_bytes_received);
	print_count(to, "segs_out", info->tcpi_segs_out);
	print_count(to, "segs_in", info->tcpi_segs_in);
	print_count(to, "data_segs_out", info->tcpi_data_segs_out);
	print_count(to, "data_segs_in", info->tcpi_data_segs_in);
}

static void print_algorithm(FILE *to, const struct ss_socket *s)
{
	struct tcp_dctcp_info dctcp;
	struct tcp_bbr_info bbr;

	if (get(s, INET_DIAG_DCTCPINFO, &dctcp, sizeof(dctcp)) && dctcp.dctcp_enabled)
		fprintf(to, " dctcp:(ce_state:%u,alpha:%u,ab_ecn:%u,ab_tot:%u)",
			dctcp.dctcp_ce_state, dctcp.dctcp_alpha, dctcp.dctcp_ab_ecn,
			dctcp.dctcp_ab_tot);
	if (!get(s, INET_DIAG_BBRINFO, &bbr, sizeof(bbr)))
		return;
	print_rate(to, "bbr:(bw:", 8. * ((uint64_t)bbr.bbr_bw_hi << 32 | bbr.bbr_bw_lo));
	fprintf(to, ",mrtt:%g,pacing_gain:%g,cwnd_gain:%g)", bbr.bbr_min_rtt / 1000.,
		bbr.bbr_pacing_gain / 256., bbr.bbr_cwnd_gain / 256.);
}

static void print_rates(FILE *to, const struct tcp_info *info, const struct xtcp_info_tail *tail)
{
	if (info->tcpi_rtt && info->tcpi_snd_mss && info->tcpi_snd_cwnd)
		print_rate(to, "send", 8e6 * info->tcpi_snd_cwnd * info->tcpi_snd_mss /
			   info->tcpi_rtt);
	print_count(to, "lastsnd", info->tcpi_last_data_sent);
	print_count(to, "lastrcv", info->tcpi_last_data_recv);
	print_count(to, "lastack", info->tcpi_last_ack_recv);
	if (info->tcpi_pacing_rate && info->tcpi_pacing_rate != UINT64_MAX)
		print_rate(to, "pacing_rate", 8. * info->tcpi_pacing_rate);
	if (info->tcpi_delivery_rate)
		print_rate(to, "delivery_rate", 8. * info->tcpi_delivery_rate);
	print_count(to, "delivered", info->tcpi_delivered);
	print_count(to, "delivered_ce", info->tcpi_delivered_ce);
	print_count(to, "received_ce", tail->received_ce);
	if (info->tcpi_delivery_rate_app_limited)
		fputs(" app_limited", to);
}

/* Milliseconds, and of those that something held the sender up its part. */
static void print_busy(FILE *to, const struct tcp_info *info)
{
	double busy = info->tcpi_busy_time;

	if (!info->tcpi_busy_time)
		return;
	fprintf(to, " busy:%" PRIu64 "ms", (uint64_t)info->tcpi_busy_time / 1000);
	if (info->tcpi_rwnd_limited)
		fprintf(to, " rwnd_limited:%" PRIu64 "ms(%.1f%%)",
			(uint64_t)info->tcpi_rwnd_limited / 1000,
			100 * info->tcpi_rwnd_limited / busy);
	if (info->tcpi_sndbuf_limited)
		fprintf(to, " sndbuf_limited:%" PRIu64 "ms(%.1f%%)",
			(uint64_t)info->tcpi_sndbuf_limited / 1000,
			100 * info->tcpi_sndbuf_limited / busy);
}

static void print_losses(FILE *to, const struct tcp_info *info)
{
	print_count(to, "unacked", info->tcpi_unacked);
	if (info->tcpi_retrans || info->tcpi_total_retrans)
		fprintf(to, " retrans:%u/%u", info->tcpi_retrans, info->tcpi_total_retrans);
	print_count(to, "lost", info->tcpi_lost);
	print_count(to, "sacked", info->tcpi_sacked);
	print_count(to, "dsack_dups", info->tcpi_dsack_dups);
	if (info->tcpi_reordering != 3)
		print_count(to, "reordering", info->tcpi_reordering);
	print_count(to, "reord_seen", info->tcpi_reord_seen);
	print_ms(to, "rcv_rtt", info->tcpi_rcv_rtt);
	print_count(to, "rcv_space", info->tcpi_rcv_space);
	print_count(to, "rcv_ssthresh", info->tcpi_rcv_ssthresh);
	print_count(to, "notsent", info->tcpi_notsent_bytes);
	print_ms(to, "minrtt", info->tcpi_min_rtt);
	print_count(to, "rcv_ooopack", info->tcpi_rcv_ooopack);
	print_count(to, "snd_wnd", info->tcpi_snd_wnd);
}

void ss_info_text(FILE *to, const struct ss_socket *s)
{
	union info all;
	const struct xtcp_info_tail *tail = &all.tail;
	const struct tcp_info *info = &all.tcp;

	if (!get(s, INET_DIAG_INFO, &all, sizeof(all)))
		return;
	print_options(to, s, info, tail);
	/* Of a listener, two of the numbers mean something else, and are in the columns. */
	if (s->msg->idiag_state == STATE_LISTEN)
		return;
	print_path(to, info);
	print_counts(to, info);
	print_algorithm(to, s);
	print_rates(to, info, tail);
	print_busy(to, info);
	print_losses(to, info);
}

/*
 * JSON: all of it, in tcp_info's own names and units.
 */

#define FIELD(name) { #name, offsetof(struct tcp_info, tcpi_##name), \
		      sizeof(((struct tcp_info *)NULL)->tcpi_##name) }
#define TAIL(name) { #name, offsetof(union info, tail.name), \
		     sizeof(((union info *)NULL)->tail.name) }

static const struct {
	const char	*key;
	size_t		offset;
	size_t		size;
} fields[] = {
	FIELD(state), FIELD(ca_state), FIELD(retransmits), FIELD(probes), FIELD(backoff),
	FIELD(options), FIELD(rto), FIELD(ato), FIELD(snd_mss), FIELD(rcv_mss), FIELD(unacked),
	FIELD(sacked), FIELD(lost), FIELD(retrans), FIELD(last_data_sent), FIELD(last_data_recv),
	FIELD(last_ack_recv), FIELD(pmtu), FIELD(rcv_ssthresh), FIELD(rtt), FIELD(rttvar),
	FIELD(snd_ssthresh), FIELD(snd_cwnd), FIELD(advmss), FIELD(reordering), FIELD(rcv_rtt),
	FIELD(rcv_space), FIELD(total_retrans), FIELD(pacing_rate), FIELD(max_pacing_rate),
	FIELD(bytes_acked), FIELD(bytes_received), FIELD(segs_out), FIELD(segs_in),
	FIELD(notsent_bytes), FIELD(min_rtt), FIELD(data_segs_in), FIELD(data_segs_out),
	FIELD(delivery_rate), FIELD(busy_time), FIELD(rwnd_limited), FIELD(sndbuf_limited),
	FIELD(delivered), FIELD(delivered_ce), FIELD(bytes_sent), FIELD(bytes_retrans),
	FIELD(dsack_dups), FIELD(reord_seen), FIELD(rcv_ooopack), FIELD(snd_wnd), TAIL(rcv_wnd),
	TAIL(total_rto), TAIL(total_rto_recoveries), TAIL(total_rto_time), TAIL(received_ce),
};

static uint64_t field(const union info *info, unsigned int i)
{
	const void *at = (const char *)info + fields[i].offset;
	uint64_t wide;
	uint32_t word;
	uint16_t half;

	if (fields[i].size == sizeof(wide)) {
		memcpy(&wide, at, sizeof(wide));
		return wide;
	}
	if (fields[i].size == sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		return word;
	}
	if (fields[i].size == sizeof(half)) {
		memcpy(&half, at, sizeof(half));
		return half;
	}
	return *(const uint8_t *)at;
}

static void algorithm_json(const struct ss_socket *s)
{
	struct tcp_dctcp_info dctcp;
	struct tcp_bbr_info bbr;

	if (get(s, INET_DIAG_DCTCPINFO, &dctcp, sizeof(dctcp))) {
		json_object("dctcp");
		json_bool("enabled", dctcp.dctcp_enabled);
		json_uint("ce_state", dctcp.dctcp_ce_state);
		json_uint("alpha", dctcp.dctcp_alpha);
		json_uint("ab_ecn", dctcp.dctcp_ab_ecn);
		json_uint("ab_tot", dctcp.dctcp_ab_tot);
		json_object_end();
	}
	if (get(s, INET_DIAG_BBRINFO, &bbr, sizeof(bbr))) {
		json_object("bbr");
		json_uint("bw", (uint64_t)bbr.bbr_bw_hi << 32 | bbr.bbr_bw_lo);
		json_uint("min_rtt", bbr.bbr_min_rtt);
		json_number("pacing_gain", bbr.bbr_pacing_gain / 256.);
		json_number("cwnd_gain", bbr.bbr_cwnd_gain / 256.);
		json_object_end();
	}
}

void ss_info_json(const struct ss_socket *s)
{
	union info info;
	unsigned int i;

	if (algorithm(s))
		json_string("congestion_control", algorithm(s));
	algorithm_json(s);
	if (!get(s, INET_DIAG_INFO, &info, sizeof(info)))
		return;
	json_object("tcp_info");
	for (i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		json_uint(fields[i].key, field(&info, i));
	if (info.tcp.tcpi_options & TCPI_OPT_WSCALE) {
		json_uint("snd_wscale", info.tcp.tcpi_snd_wscale);
		json_uint("rcv_wscale", info.tcp.tcpi_rcv_wscale);
	}
	json_uint("ecn_mode", info.tail.ecn_mode);
	json_bool("app_limited", info.tcp.tcpi_delivery_rate_app_limited);
	json_object_end();
}

// SPDX-License-Identifier: GPL-2.0
/* A socket as a line in the columns of ss(8), and as JSON. */
#include <inttypes.h>
#include <linux/sock_diag.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "netlink.h"
#include "process.h"
#include "ss.h"
#include "xtcp.h"

static noreturn void die_version(void)
{
	die("the module that is loaded is of another version: its answer makes no sense");
}

static void parse_endpoint(struct endpoint *ep, int family, const __be32 *address, __be16 port)
{
	memset(ep, 0, sizeof(*ep));
	ep->port = ntohs(port);
	ep->version = family == AF_INET6 ? 6 : 4;
	if (ep->version == 6)
		memcpy(&ep->v6, address, sizeof(ep->v6));
	else
		memcpy(&ep->v4, address, sizeof(ep->v4));
}

void ss_parse(struct ss_socket *s, const struct nlmsghdr *nlh)
{
	const struct inet_diag_msg *msg = NLMSG_DATA(nlh);

	if (nlh->nlmsg_len < NLMSG_LENGTH(sizeof(*msg)))
		die_version();
	s->msg = msg;
	if (nla_parse(s->attrs, INET_DIAG_MAX, (struct nlattr *)(msg + 1),
		      nlh->nlmsg_len - NLMSG_LENGTH(sizeof(*msg)), NULL) ||
	    !s->attrs[INET_DIAG_PROTOCOL])
		die_version();
	s->protocol = netlink_uint(s->attrs[INET_DIAG_PROTOCOL]);
	parse_endpoint(&s->local, msg->idiag_family, msg->id.idiag_src, msg->id.idiag_sport);
	parse_endpoint(&s->peer, msg->idiag_family, msg->id.idiag_dst, msg->id.idiag_dport);
	s->local.ifindex = msg->id.idiag_if;
}

const char *ss_state_name(int state)
{
	static const char * const names[] = {
		[STATE_ESTABLISHED]	= "ESTAB",
		[STATE_SYN_SENT]		= "SYN-SENT",
		[STATE_SYN_RECV]		= "SYN-RECV",
		[STATE_FIN_WAIT1]		= "FIN-WAIT-1",
		[STATE_FIN_WAIT2]		= "FIN-WAIT-2",
		[STATE_TIME_WAIT]		= "TIME-WAIT",
		[STATE_CLOSE]		= "UNCONN",
		[STATE_CLOSE_WAIT]	= "CLOSE-WAIT",
		[STATE_LAST_ACK]		= "LAST-ACK",
		[STATE_LISTEN]		= "LISTEN",
		[STATE_CLOSING]		= "CLOSING",
		[XTCP_DIAG_BOUND]	= "UNCONN",
	};

	if (state < 0 || state >= (int)(sizeof(names) / sizeof(*names)) || !names[state])
		return "UNKNOWN";
	return names[state];
}

static const char *timer_name(const struct ss_socket *s)
{
	static const char * const names[] = { "off", "on", "keepalive", "timewait", "persist" };
	unsigned int timer = s->msg->idiag_timer;

	return timer < sizeof(names) / sizeof(*names) ? names[timer] : "unknown";
}

static bool has_cookie(const struct ss_socket *s)
{
	return s->msg->id.idiag_cookie[0] != INET_DIAG_NOCOOKIE ||
	       s->msg->id.idiag_cookie[1] != INET_DIAG_NOCOOKIE;
}

static uint64_t cookie(const struct ss_socket *s)
{
	return (uint64_t)s->msg->id.idiag_cookie[1] << 32 | s->msg->id.idiag_cookie[0];
}

/* False: it was not told, or is of another size. */
static bool skmem(const struct ss_socket *s, uint32_t *mem)
{
	const struct nlattr *attr = s->attrs[INET_DIAG_SKMEMINFO];

	if (!attr || nla_len(attr) < (int)(SK_MEMINFO_VARS * sizeof(*mem)))
		return false;
	memcpy(mem, nla_data(attr), SK_MEMINFO_VARS * sizeof(*mem));
	return true;
}

/*
 * Text.
 */

void ss_title(struct table *table, const struct ss_options *options)
{
	table->columns = options->carrier ? 7 : 6;
	if (options->carrier)
		table_cell(table, "Netid");
	table_cell(table, "State");
	table_cell(table, "Recv-Q");
	table_cell(table, "Send-Q");
	table_cell(table, "Local Address:Port");
	table_cell(table, "Peer Address:Port");
	table_cell(table, "Process");
}

static void print_processes(FILE *to, const struct ss_socket *s)
{
	const struct process *p;
	unsigned int count, i;

	p = process_find(s->msg->idiag_inode, &count);
	if (!s->msg->idiag_inode || !count)
		return;
	for (i = 0; i < count; i++)
		fprintf(to, "%s(\"%s\",pid=%d,fd=%d)", i ? "," : " users:(", p[i].name, p[i].pid,
			p[i].fd);
	fputc(')', to);
}

/* "1min12sec", "119min", "5.432ms", "23sec", "200ms": what is far away is told roughly. */
static void print_time(FILE *to, unsigned int ms)
{
	unsigned int minutes = ms / 60000, seconds = ms / 1000 % 60;

	if (minutes)
		fprintf(to, "%umin", minutes);
	if (minutes > 9)
		return;
	if (minutes || seconds > 9) {
		if (seconds)
			fprintf(to, "%usec", seconds);
		return;
	}
	if (seconds && ms % 1000)
		fprintf(to, "%u.%03ums", seconds, ms % 1000);
	else if (seconds)
		fprintf(to, "%usec", seconds);
	else
		fprintf(to, "%03ums", ms);
}

static void print_timer(FILE *to, const struct ss_socket *s)
{
	if (!s->msg->idiag_timer)
		return;
	fprintf(to, " timer:(%s,", timer_name(s));
	print_time(to, s->msg->idiag_expires);
	fprintf(to, ",%u)", s->msg->idiag_retrans);
}

static void print_sockopt(FILE *to, const struct ss_socket *s)
{
	const struct nlattr *attr = s->attrs[INET_DIAG_SOCKOPT];
	struct inet_diag_sockopt opt;

	if (!attr || nla_len(attr) < (int)sizeof(opt))
		return;
	memcpy(&opt, nla_data(attr), sizeof(opt));
	if (!opt.recverr && !opt.freebind && !opt.transparent && !opt.bind_address_no_port)
		return;
	fprintf(to, " inet-sockopt: (%s%s%s%s )", opt.recverr ? " recverr" : "",
		opt.freebind ? " freebind" : "", opt.transparent ? " transparent" : "",
		opt.bind_address_no_port ? " bind_addr_no_port" : "");
}

static void print_extended(FILE *to, const struct ss_socket *s)
{
	const struct inet_diag_msg *msg = s->msg;
	unsigned int shut = netlink_uint(s->attrs[INET_DIAG_SHUTDOWN]);

	if (msg->idiag_uid)
		fprintf(to, " uid:%u", msg->idiag_uid);
	fprintf(to, " ino:%u", msg->idiag_inode);
	if (has_cookie(s))
		fprintf(to, " sk:%" PRIx64, cookie(s));
	if (netlink_uint(s->attrs[INET_DIAG_MARK]))
		fprintf(to, " fwmark:0x%" PRIx64, netlink_uint(s->attrs[INET_DIAG_MARK]));
	if (s->attrs[INET_DIAG_CGROUP_ID])
		fprintf(to, " cgroup:%" PRIx64, netlink_uint(s->attrs[INET_DIAG_CGROUP_ID]));
	if (s->attrs[INET_DIAG_SKV6ONLY])
		fprintf(to, " v6only:%" PRIu64, netlink_uint(s->attrs[INET_DIAG_SKV6ONLY]));
	if (netlink_uint(s->attrs[INET_DIAG_TOS]))
		fprintf(to, " tos:0x%" PRIx64, netlink_uint(s->attrs[INET_DIAG_TOS]));
	if (netlink_uint(s->attrs[INET_DIAG_TCLASS]))
		fprintf(to, " tclass:0x%" PRIx64, netlink_uint(s->attrs[INET_DIAG_TCLASS]));
	print_sockopt(to, s);
	if (s->attrs[INET_DIAG_SHUTDOWN])
		fprintf(to, " %c-%c", shut & 1 ? '-' : '<', shut & 2 ? '-' : '>');
}

static void print_memory(FILE *to, const struct ss_socket *s)
{
	static const char * const names[] = {
		[SK_MEMINFO_RMEM_ALLOC]		= "r",
		[SK_MEMINFO_RCVBUF]		= "rb",
		[SK_MEMINFO_WMEM_ALLOC]		= "t",
		[SK_MEMINFO_SNDBUF]		= "tb",
		[SK_MEMINFO_FWD_ALLOC]		= "f",
		[SK_MEMINFO_WMEM_QUEUED]	= "w",
		[SK_MEMINFO_OPTMEM]		= "o",
		[SK_MEMINFO_BACKLOG]		= "bl",
		[SK_MEMINFO_DROPS]		= "d",
	};
	uint32_t mem[SK_MEMINFO_VARS];
	int i;

	if (!skmem(s, mem))
		return;
	for (i = 0; i < SK_MEMINFO_VARS; i++)
		fprintf(to, "%s%s%u", i ? "," : " skmem:(", names[i], mem[i]);
	fputc(')', to);
}

/* What follows the columns: with tcp_info a second line, indented. */
static char *details(const struct ss_socket *s, const struct ss_options *options)
{
	char *text = NULL, *start;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		die("out of memory");
	if (options->processes)
		print_processes(to, s);
	if (options->timers)
		print_timer(to, s);
	if (options->extended)
		print_extended(to, s);
	if (options->memory || options->info)
		fputs("\n\t", to);
	if (options->memory)
		print_memory(to, s);
	if (options->info)
		ss_info_text(to, s);
	if (fclose(to))
		die("out of memory");
	start = *text == ' ' ? text + 1 : text;
	memmove(text, start, strlen(start) + 1);
	return text;
}

/* "*" for any address of both versions, as a socket has them that is to listen. */
static bool is_dual(const struct ss_socket *s)
{
	return s->local.version == 6 && IN6_IS_ADDR_UNSPECIFIED(&s->local.v6) &&
	       !s->local.ifindex && s->attrs[INET_DIAG_SKV6ONLY] &&
	       !netlink_uint(s->attrs[INET_DIAG_SKV6ONLY]);
}

static void end_cell(struct table *table, const struct ss_socket *s, const struct endpoint *ep,
		     bool numeric)
{
	char text[ENDPOINT_TEXT];

	endpoint_text(ep, numeric, text);
	if (is_dual(s))
		table_cell(table, "*%s", strrchr(text, ':'));
	else
		table_cell(table, "%s", text);
}

void ss_row(struct table *table, const struct ss_socket *s, const struct ss_options *options)
{
	char *more = NULL;

	if (options->carrier)
		table_cell(table, "%s", carrier_name(s->protocol));
	table_cell(table, "%s", ss_state_name(s->msg->idiag_state));
	table_cell(table, "%u", s->msg->idiag_rqueue);
	table_cell(table, "%u", s->msg->idiag_wqueue);
	end_cell(table, s, &s->local, options->numeric);
	end_cell(table, s, &s->peer, options->numeric);
	if (options->processes || options->timers || options->extended || options->memory ||
	    options->info)
		more = details(s, options);
	table_cell(table, "%s", more ?: "");
	free(more);
}

/*
 * JSON.
 */

static void processes_json(const struct ss_socket *s)
{
	const struct process *p;
	unsigned int count, i;

	p = process_find(s->msg->idiag_inode, &count);
	json_array("processes");
	for (i = 0; s->msg->idiag_inode && i < count; i++) {
		json_object(NULL);
		json_string("name", p[i].name);
		json_uint("pid", p[i].pid);
		json_uint("fd", p[i].fd);
		json_object_end();
	}
	json_array_end();
}

static void timer_json(const struct ss_socket *s)
{
	json_object("timer");
	json_string("name", timer_name(s));
	if (s->msg->idiag_timer) {
		json_uint("expires_ms", s->msg->idiag_expires);
		json_uint("retries", s->msg->idiag_retrans);
	}
	json_object_end();
}

static void extended_json(const struct ss_socket *s)
{
	static const struct {
		const char	*key;
		int		attr;
	} numbers[] = {
		{ "shutdown",	INET_DIAG_SHUTDOWN },
		{ "mark",	INET_DIAG_MARK },
		{ "cgroup",	INET_DIAG_CGROUP_ID },
		{ "v6only",	INET_DIAG_SKV6ONLY },
		{ "tos",	INET_DIAG_TOS },
		{ "tclass",	INET_DIAG_TCLASS },
	};
	unsigned int i;

	if (has_cookie(s))
		json_uint("cookie", cookie(s));
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		if (s->attrs[numbers[i].attr])
			json_uint(numbers[i].key, netlink_uint(s->attrs[numbers[i].attr]));
	}
}

static void memory_json(const struct ss_socket *s)
{
	static const char * const names[] = {
		[SK_MEMINFO_RMEM_ALLOC]		= "rmem_alloc",
		[SK_MEMINFO_RCVBUF]		= "rcvbuf",
		[SK_MEMINFO_WMEM_ALLOC]		= "wmem_alloc",
		[SK_MEMINFO_SNDBUF]		= "sndbuf",
		[SK_MEMINFO_FWD_ALLOC]		= "fwd_alloc",
		[SK_MEMINFO_WMEM_QUEUED]	= "wmem_queued",
		[SK_MEMINFO_OPTMEM]		= "optmem",
		[SK_MEMINFO_BACKLOG]		= "backlog",
		[SK_MEMINFO_DROPS]		= "drops",
	};
	uint32_t mem[SK_MEMINFO_VARS];
	int i;

	if (!skmem(s, mem))
		return;
	json_object("skmem");
	for (i = 0; i < SK_MEMINFO_VARS; i++)
		json_uint(names[i], mem[i]);
	json_object_end();
}

static void endpoint_json(const struct endpoint *ep, const char *address, const char *port)
{
	char text[ENDPOINT_TEXT];

	endpoint_address(ep, text);
	json_string(address, text);
	json_uint(port, ep->port);
}

void ss_json(const struct ss_socket *s, const struct ss_options *options)
{
	char text[ENDPOINT_TEXT];

	json_object(NULL);
	json_string("state", ss_state_name(s->msg->idiag_state));
	json_string("carrier", carrier_name(s->protocol));
	json_uint("protocol", s->protocol);
	json_uint("recv_q", s->msg->idiag_rqueue);
	json_uint("send_q", s->msg->idiag_wqueue);
	endpoint_json(&s->local, "local_address", "local_port");
	endpoint_json(&s->peer, "peer_address", "peer_port");
	endpoint_interface(&s->local, text);
	if (*text)
		json_string("interface", text);
	json_uint("uid", s->msg->idiag_uid);
	json_uint("inode", s->msg->idiag_inode);
	if (options->processes)
		processes_json(s);
	if (options->timers)
		timer_json(s);
	if (options->extended)
		extended_json(s);
	if (options->memory)
		memory_json(s);
	if (options->info)
		ss_info_json(s);
	json_object_end();
}

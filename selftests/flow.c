// SPDX-License-Identifier: GPL-2.0
/*
 * Bulk flows from one network namespace to another, and how much of them arrives in a given time.
 *
 * One process has all the sockets, and waits whenever there is nothing to do: on a machine whose
 * clock stands still while something computes, looking all the time would never end.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/counters.h"
#include "lib/host.h"

#define FLOWS_MAX	8
#define CHUNK		(256 * 1024)
#define SAMPLES_MAX	1024
#define CONGESTION_MAX	64
#define CONGESTION_LEN	16

/* kselftest's: not a failure. */
#define EXIT_SKIP	4

/**
 * struct flow - one connection
 * @host: whose sockets, at both ends
 * @kind: its name
 * @begin_ms: when it begins, after the first
 * @listener: receiver's
 * @sender: socket, -1 before it begins
 * @receiver: socket, -1 before it is accepted
 * @received: bytes that the receiver has read
 * @samples: the same, at the end of each interval
 * @rtts_us: the sender's smoothed round trip then, microseconds; 0 before it begins
 */
struct flow {
	struct host	host;
	const char	*kind;
	unsigned int	begin_ms;
	int		listener;
	int		sender;
	int		receiver;
	uint64_t	received;
	uint64_t	samples[SAMPLES_MAX];
	uint32_t	rtts_us[SAMPLES_MAX];
};

static struct {
	const char	*from;
	const char	*to;
	const char	*address;
	char		*congestion[CONGESTION_MAX];
	unsigned int	congestion_count;
	unsigned int	pacing_rate;
	unsigned int	last_ms;
	unsigned int	interval_ms;
	int		buffer;
	uint16_t	port;
} args = { .last_ms = 10000, .interval_ms = 1000, .port = 5001 };

static struct flow flows[FLOWS_MAX];
static unsigned int flow_count;
static unsigned int sample_count;

static void explain(void)
{
	fputs("usage: flow -s NETNS -r NETNS -a ADDRESS [-4 | -6] [-p PORT] [-t MS] [-i MS]\n"
	      "            [-c CONGESTION_CONTROL,...] [-m BYTES_A_SECOND] [-b BUFFER]\n"
	      "            KIND[@BEGIN_MS]...\n"
	      "  KIND is ordinary, native or kernel; -i: how often it is noted what arrived,\n"
	      "  and senders go on with the next of -c; -m: SO_MAX_PACING_RATE\n",
	      stderr);
	exit(2);
}

static void fail(const struct flow *flow, const char *what, int error)
{
	fprintf(stderr, "flow: %s: %s: %s\n", flow ? flow->kind : "all", what, strerror(error));
	exit(1);
}

static void add_flow(char *text, int version)
{
	struct flow *flow = &flows[flow_count];
	char *at = strchr(text, '@');

	if (flow_count == FLOWS_MAX)
		explain();
	if (at)
		*at++ = '\0';
	*flow = (struct flow) {
		.host.version = version,
		.kind = text,
		.begin_ms = at ? strtoul(at, NULL, 0) : 0,
		.listener = -1,
		.sender = -1,
		.receiver = -1,
	};
	if (!host_choose(&flow->host, text))
		explain();
	flow_count++;
}

static void set_congestion_list(char *names)
{
	char *name;

	while ((name = strsep(&names, ","))) {
		if (args.congestion_count == CONGESTION_MAX)
			explain();
		args.congestion[args.congestion_count++] = name;
	}
}

static void parse(int argc, char **argv)
{
	int version = 4, c;

	while ((c = getopt(argc, argv, "46s:r:a:p:t:i:c:m:b:")) >= 0) {
		switch (c) {
		case '4':
		case '6':
			version = c - '0';
			break;
		case 's':
			args.from = optarg;
			break;
		case 'r':
			args.to = optarg;
			break;
		case 'a':
			args.address = optarg;
			break;
		case 'p':
			args.port = atoi(optarg);
			break;
		case 't':
			args.last_ms = strtoul(optarg, NULL, 0);
			break;
		case 'i':
			args.interval_ms = strtoul(optarg, NULL, 0);
			break;
		case 'c':
			set_congestion_list(optarg);
			break;
		case 'm':
			args.pacing_rate = strtoul(optarg, NULL, 0);
			break;
		case 'b':
			args.buffer = atoi(optarg);
			break;
		default:
			explain();
		}
	}
	if (!args.from || !args.to || !args.address || !args.interval_ms || optind == argc ||
	    args.last_ms / args.interval_ms >= SAMPLES_MAX)
		explain();
	while (optind < argc)
		add_flow(argv[optind++], version);
}

static void enter(const char *netns)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		fail(NULL, path, errno);
	close(fd);
}

static void set_congestion(const struct flow *flow, int fd, unsigned int number)
{
	const char *name;

	if (!args.congestion_count)
		return;
	name = args.congestion[number % args.congestion_count];
	if (!setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, strlen(name)))
		return;
	fprintf(stderr, "flow: %s: %s: %s\n", flow->kind, name, strerror(errno));
	exit(EXIT_SKIP);
}

static int open_socket(const struct flow *flow)
{
	int fd = host_socket(&flow->host, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		fail(flow, "socket", -fd);
	if (args.buffer &&
	    (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &args.buffer, sizeof(args.buffer)) ||
	     setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &args.buffer, sizeof(args.buffer))))
		fail(flow, "SO_SNDBUFFORCE, SO_RCVBUFFORCE", errno);
	if (args.pacing_rate && setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &args.pacing_rate,
					   sizeof(args.pacing_rate)))
		fail(flow, "SO_MAX_PACING_RATE", errno);
	set_congestion(flow, fd, 0);
	return fd;
}

static void open_listener(struct flow *flow, uint16_t port)
{
	int error;

	flow->listener = open_socket(flow);
	error = -host_bind(&flow->host, flow->listener, NULL, port);
	if (!error && listen(flow->listener, 1))
		error = errno;
	if (error)
		fail(flow, "bind, listen", error);
}

static void begin(struct flow *flow, uint16_t port)
{
	int error;

	flow->sender = open_socket(flow);
	error = -host_connect(&flow->host, flow->sender, args.address, port);
	if (error && error != EINPROGRESS)
		fail(flow, "connect", error);
}

static void take_connection(struct flow *flow)
{
	flow->receiver = accept4(flow->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (flow->receiver < 0 && errno != EAGAIN)
		fail(flow, "accept", errno);
}

static void send_some(struct flow *flow)
{
	static const char chunk[CHUNK];
	ssize_t n;

	do {
		n = send(flow->sender, chunk, sizeof(chunk), MSG_NOSIGNAL);
	} while (n > 0);
	if (errno != EAGAIN)
		fail(flow, "send", errno);
}

/* Only their number is of interest. */
static void receive_some(struct flow *flow)
{
	static char chunk[CHUNK];
	ssize_t n;

	while ((n = recv(flow->receiver, chunk, sizeof(chunk), MSG_TRUNC)) > 0)
		flow->received += n;
	if (n == 0)
		fail(flow, "recv", ECONNRESET);
	if (errno != EAGAIN)
		fail(flow, "recv", errno);
}

/* One step, of at most so long. */
static void step(unsigned int most_ms)
{
	struct pollfd pfds[2 * FLOWS_MAX];
	unsigned int i;

	for (i = 0; i < flow_count; i++) {
		struct flow *flow = &flows[i];

		pfds[2 * i] = (struct pollfd) { .fd = flow->sender, .events = POLLOUT };
		pfds[2 * i + 1] = (struct pollfd) {
			.fd = flow->receiver < 0 ? flow->listener : flow->receiver,
			.events = POLLIN,
		};
	}
	if (poll(pfds, 2 * flow_count, most_ms) < 0)
		fail(NULL, "poll", errno);
	for (i = 0; i < flow_count; i++) {
		if (pfds[2 * i].revents)
			send_some(&flows[i]);
		if (!pfds[2 * i + 1].revents)
			continue;
		if (flows[i].receiver < 0)
			take_connection(&flows[i]);
		else
			receive_some(&flows[i]);
	}
}

static void end_interval(void)
{
	struct tcp_info info;
	unsigned int i;

	for (i = 0; i < flow_count; i++) {
		memset(&info, 0, sizeof(info));
		if (flows[i].sender >= 0)
			host_info(flows[i].sender, &info);
		flows[i].samples[sample_count] = flows[i].received;
		flows[i].rtts_us[sample_count] = info.tcpi_rtt;
	}
	sample_count++;
	for (i = 0; i < flow_count; i++)
		if (flows[i].sender >= 0 && args.congestion_count > 1)
			set_congestion(&flows[i], flows[i].sender, sample_count);
}

/* The next thing to do by the clock, milliseconds after the beginning. */
static unsigned int next_ms(void)
{
	unsigned int next = (sample_count + 1) * args.interval_ms, i;

	for (i = 0; i < flow_count; i++)
		if (flows[i].sender < 0 && flows[i].begin_ms < next)
			next = flows[i].begin_ms;
	return next < args.last_ms ? next : args.last_ms;
}

static void carry(void)
{
	const uint64_t begun = clock_ms();
	unsigned int now = 0, next, i;

	do {
		for (i = 0; i < flow_count; i++)
			if (flows[i].sender < 0 && flows[i].begin_ms <= now)
				begin(&flows[i], args.port + i);
		next = next_ms();
		while ((now = clock_ms() - begun) < next)
			step(next - now);
		if (now >= (sample_count + 1) * args.interval_ms)
			end_interval();
	} while (now < args.last_ms);
}

/* What is not there stays as it is. */
static void get_option(int fd, int name, void *value, socklen_t len)
{
	getsockopt(fd, IPPROTO_TCP, name, value, &len);
}

/* Of what an algorithm tells of itself, the first word. */
static void print_flow(const struct flow *flow)
{
	char congestion[CONGESTION_LEN] = "";
	struct tcp_info info = {};
	uint32_t cc_info = 0;
	unsigned int i;

	if (flow->sender >= 0) {
		host_info(flow->sender, &info);
		get_option(flow->sender, TCP_CONGESTION, congestion, sizeof(congestion));
		get_option(flow->sender, TCP_CC_INFO, &cc_info, sizeof(cc_info));
	}
	printf("{\"kind\":\"%s\",\"begin_ms\":%u,\"bytes\":%llu,\"samples\":[", flow->kind,
	       flow->begin_ms, (unsigned long long)flow->received);
	for (i = 0; i < sample_count; i++)
		printf("%s%llu", i ? "," : "", (unsigned long long)flow->samples[i]);
	printf("],\"rtts_us\":[");
	for (i = 0; i < sample_count; i++)
		printf("%s%u", i ? "," : "", flow->rtts_us[i]);
	printf("],\"bytes_sent\":%llu,\"bytes_retrans\":%llu,\"segs_retrans\":%u,\"mss\":%u,",
	       (unsigned long long)info.tcpi_bytes_sent,
	       (unsigned long long)info.tcpi_bytes_retrans, info.tcpi_total_retrans,
	       info.tcpi_snd_mss);
	printf("\"rtt_us\":%u,\"cwnd\":%u,\"ssthresh\":%u,", info.tcpi_rtt, info.tcpi_snd_cwnd,
	       info.tcpi_snd_ssthresh);
	printf("\"reord_seen\":%u,", info.tcpi_reord_seen);
	printf("\"congestion\":\"%s\",\"cc_info\":%u}", congestion, cc_info);
}

/* Nothing of them is to be under way any longer when the next ones begin. */
static void abort_flow(const struct flow *flow)
{
	const struct linger now = { .l_onoff = 1 };

	if (flow->receiver >= 0) {
		setsockopt(flow->receiver, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		close(flow->receiver);
	}
	if (flow->sender >= 0) {
		setsockopt(flow->sender, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		close(flow->sender);
	}
	close(flow->listener);
}

int main(int argc, char **argv)
{
	struct counters before, after;
	unsigned int i;

	parse(argc, argv);
	enter(args.to);
	for (i = 0; i < flow_count; i++)
		open_listener(&flows[i], args.port + i);
	enter(args.from);
	counters_read(&before);
	carry();
	counters_read(&after);
	printf("{\"ms\":%u,\"flows\":[", args.last_ms);
	for (i = 0; i < flow_count; i++) {
		printf("%s", i ? "," : "");
		print_flow(&flows[i]);
	}
	printf("],\"counters\":");
	counters_print_growth(&before, &after);
	printf("}\n");
	for (i = 0; i < flow_count; i++)
		abort_flow(&flows[i]);
	return 0;
}

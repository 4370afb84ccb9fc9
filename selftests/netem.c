// SPDX-License-Identifier: GPL-2.0
/*
 * A netem that loses and reorders the same packets each time: tc before iproute2 6.7 cannot give it
 * a seed.
 */
#include <errno.h>
#include <getopt.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Whatever is queued behind a path fits; what is dropped was lost. */
#define LIMIT		1000000

/* <linux/pkt_sched.h> of older kernels has no name for it. */
#define NETEM_PRNG_SEED	(TCA_NETEM_SLOT_DIST + 1)

/**
 * struct message - a request that makes a qdisc
 * @nlh: its header; the length grows with the attributes
 * @tcm: where the qdisc goes
 * @room: attributes
 */
struct message {
	struct nlmsghdr	nlh;
	struct tcmsg	tcm;
	char		room[512];
};

static struct {
	const char	*device;
	int64_t		delay_us;
	double		loss;		/* percent */
	double		reorder;	/* percent */
	uint64_t	seed;
} args = { .seed = 1 };

static void explain(void)
{
	fputs("usage: netem DEVICE [-d DELAY_US] [-l LOSS_PERCENT] [-r REORDER_PERCENT] [-s SEED]\n"
	      "  a root qdisc in place of the one that is there, and of what it holds\n", stderr);
	exit(2);
}

static void parse(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "d:l:r:s:")) >= 0) {
		switch (c) {
		case 'd':
			args.delay_us = atoll(optarg);
			break;
		case 'l':
			args.loss = atof(optarg);
			break;
		case 'r':
			args.reorder = atof(optarg);
			break;
		case 's':
			args.seed = strtoull(optarg, NULL, 0);
			break;
		default:
			explain();
		}
	}
	if (optind + 1 != argc)
		explain();
	args.device = argv[optind];
}

static uint32_t probability(double percent)
{
	return percent / 100 * UINT32_MAX;
}

static struct rtattr *put(struct message *msg, int type, const void *data, size_t len)
{
	struct rtattr *attr = (void *)msg + NLMSG_ALIGN(msg->nlh.nlmsg_len);

	attr->rta_type = type;
	attr->rta_len = RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(attr), data, len);
	msg->nlh.nlmsg_len = NLMSG_ALIGN(msg->nlh.nlmsg_len) + RTA_ALIGN(attr->rta_len);
	return attr;
}

static void put_options(struct message *msg)
{
	const struct tc_netem_reorder reorder = { .probability = probability(args.reorder) };
	const struct tc_netem_qopt qopt = {
		.limit = LIMIT,
		.loss = probability(args.loss),
		.gap = args.reorder > 0,
	};
	const int64_t delay_ns = args.delay_us * 1000;
	struct rtattr *options;

	options = put(msg, TCA_OPTIONS, &qopt, sizeof(qopt));
	put(msg, TCA_NETEM_LATENCY64, &delay_ns, sizeof(delay_ns));
	if (args.reorder > 0)
		put(msg, TCA_NETEM_REORDER, &reorder, sizeof(reorder));
	put(msg, NETEM_PRNG_SEED, &args.seed, sizeof(args.seed));
	options->rta_len = (char *)msg + msg->nlh.nlmsg_len - (char *)options;
}

/* Returns 0 or an errno. */
static int request(int fd, struct message *msg)
{
	struct {
		struct nlmsghdr	nlh;
		struct nlmsgerr	err;
		char		room[1024];
	} answer;

	if (send(fd, msg, msg->nlh.nlmsg_len, 0) < 0 || recv(fd, &answer, sizeof(answer), 0) < 0)
		return errno;
	return answer.nlh.nlmsg_type == NLMSG_ERROR ? -answer.err.error : EPROTO;
}

static void begin(struct message *msg, int type, int flags)
{
	*msg = (struct message) {
		.nlh = {
			.nlmsg_len = NLMSG_LENGTH(sizeof(struct tcmsg)),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags,
		},
		.tcm = {
			.tcm_ifindex = if_nametoindex(args.device),
			.tcm_parent = TC_H_ROOT,
		},
	};
}

int main(int argc, char **argv)
{
	struct message msg;
	int fd, error;

	parse(argc, argv);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0) {
		perror("netem: socket");
		return 1;
	}
	/* Where there is none, that is an error, and no matter. */
	begin(&msg, RTM_DELQDISC, 0);
	request(fd, &msg);
	begin(&msg, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL);
	put(&msg, TCA_KIND, "netem", sizeof("netem"));
	put_options(&msg);
	error = request(fd, &msg);
	if (error)
		fprintf(stderr, "netem: %s: %s\n", args.device, strerror(error));
	close(fd);
	return !!error;
}

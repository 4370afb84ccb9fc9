// SPDX-License-Identifier: GPL-2.0
/* xtcp events: a line for each flood that begins or ends, as it happens. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "listener.h"
#include "netlink.h"
#include "xtcp.h"

static bool as_json;
static bool numeric;

static const char *event_name(int cmd)
{
	switch (cmd) {
	case XTCP_CMD_FLOOD:
		return "flood";
	case XTCP_CMD_FLOOD_OVER:
		return "flood-over";
	default:
		return NULL;
	}
}

static void event_json(const char *name, const char *when, const struct listener *l)
{
	json_object(NULL);
	json_string("time", when);
	json_string("event", name);
	json_uint("netns_cookie", l->numbers[XTCP_A_LISTENER_NETNS_COOKIE]);
	json_uint("netns_inode", l->numbers[XTCP_A_LISTENER_NETNS_INO]);
	listener_json_name(l);
	json_object("flood");
	flood_json(&l->flood);
	json_object_end();
	json_object_end();
}

static void event_line(int cmd, const char *when, const struct listener *l)
{
	const struct flood *flood = &l->flood;
	char text[ENDPOINT_TEXT];

	endpoint_text(&l->local, numeric, text);
	printf("%s %s %s %s: ", when, event_name(cmd), text, carrier_name(l->protocol));
	if (cmd == XTCP_CMD_FLOOD)
		printf("%u SYNs/s, %u completed/s, about %u sources, %u half-open\n",
		       flood->syn_rate, flood->open_rate, flood->sources, flood->half_open);
	else
		printf("%" PRIu64 " SYNs in %u s\n", flood->syns, flood->seconds);
}

/* Events of a later version of the family are none of ours. */
static void show(int cmd, struct nlattr **attrs)
{
	time_t now = time(NULL);
	struct listener l;
	char when[32];

	if (!event_name(cmd))
		return;
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	listener_parse(&l, attrs);
	if (as_json)
		event_json(event_name(cmd), when, &l);
	else
		event_line(cmd, when, &l);
	if (!flush_output())
		exit(STATUS_OK);
}

static void lost(void)
{
	fputs("xtcp: events were lost\n", stderr);
}

/* Who reads our output may go away while there is nothing to write. */
static void follow(struct netlink *nl)
{
	struct pollfd fds[] = {
		{ .fd = netlink_fd(nl), .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			die("poll: %s", strerror(errno));
		if (fds[1].revents & (POLLERR | POLLHUP))
			return;
		if (fds[0].revents)
			netlink_receive(nl, show, lost);
	}
}

/* False if help was all that was asked for. */
static bool parse_options(int argc, char **argv)
{
	static const struct option names[] = {
		{ "json",	no_argument,	NULL,	'j' },
		{ "numeric",	no_argument,	NULL,	'n' },
		{ "help",	no_argument,	NULL,	'h' },
		{ }
	};
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, "jnh", names, NULL)) != -1) {
		switch (opt) {
		case 'j':
			as_json = true;
			break;
		case 'n':
			numeric = true;
			break;
		case 'h':
			print_help(&command_events);
			return false;
		default:
			die_option(&command_events, argv[optind - 1]);
		}
	}
	if (optind < argc)
		die_usage(&command_events, "no such word: %s", argv[optind]);
	return true;
}

static int run(int argc, char **argv)
{
	struct netlink nl;

	if (!parse_options(argc, argv))
		return STATUS_OK;
	netlink_open(&nl);
	netlink_join(&nl);
	follow(&nl);
	netlink_close(&nl);
	return STATUS_OK;
}

const struct command command_events = {
	.name	= "events",
	.usage	= "events [-j] [-n]",
	.help	= "Shows the floods of SYNs in this network namespace as they begin and end,\n"
		  "until it is interrupted.\n"
		  "  -j, --json     as JSON, an object a line\n"
		  "  -n, --numeric  no names of ports\n",
	.run	= run,
};

// SPDX-License-Identifier: GPL-2.0
/* xtcp ss: XTCP's sockets, as ss(8) shows those of the kernel's TCP. */
#include <getopt.h>
#include <linux/xtcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "json.h"
#include "process.h"
#include "ss.h"
#include "table.h"
#include "xtcp.h"

#define EXT(attr)	(1 << ((attr) - 1))
#define OPTION_CARRIER	256	/* it has no letter */

/**
 * struct options - what is asked for
 * @show: how it is shown
 * @req: what the module can see to
 * @filter: what it cannot
 * @json: as JSON
 * @no_header: no line of titles
 * @kill: end what is shown
 */
struct options {
	struct ss_options	show;
	struct xtcp_diag_req	req;
	struct ss_filter	*filter;
	bool			json;
	bool			no_header;
	bool			kill;
};

/**
 * struct report - what is shown of the sockets, one after the other as they are told of
 * @options: what is asked for
 * @table: the lines of text
 * @killer: netlink socket by which to end them, if so
 * @begun: the first has been shown, or there is none
 */
struct report {
	const struct options	*options;
	struct table		table;
	int			killer;
	bool			begun;
};

static void begin(struct report *report)
{
	const struct options *options = report->options;

	if (report->begun)
		return;
	report->begun = true;
	if (options->json) {
		json_object(NULL);
		json_array("sockets");
		return;
	}
	report->table.columns = options->show.carrier ? 7 : 6;
	if (!options->no_header)
		ss_title(&report->table, &options->show);
}

static void end(struct report *report)
{
	begin(report);
	if (!report->options->json) {
		table_print(&report->table);
		return;
	}
	json_array_end();
	json_object_end();
}

/* False: it was not there any more. Of those nothing is shown. */
static bool end_socket(int fd, const struct ss_socket *s)
{
	struct xtcp_diag_req req = {
		.sdiag_protocol	= s->protocol,
		.idiag_format	= s->msg->idiag_family,
		.id		= s->msg->id,
	};

	return s->msg->idiag_state != XTCP_DIAG_BOUND && diag_destroy(fd, &req);
}

static void take(const struct nlmsghdr *nlh, void *arg)
{
	struct report *report = arg;
	const struct options *options = report->options;
	struct ss_socket s;

	ss_parse(&s, nlh);
	if (!ss_filter_matches(options->filter, &s) ||
	    (options->kill && !end_socket(report->killer, &s)))
		return;
	begin(report);
	if (options->json)
		ss_json(&s, &options->show);
	else
		ss_row(&report->table, &s, &options->show);
}

static void choose_version(struct options *options, int family)
{
	/* Both of them is either of them, as it is without. */
	options->req.idiag_format = options->req.idiag_format ? 0 : family;
}

static void choose_carrier(struct options *options, const char *name)
{
	if (!strcmp(name, "tcp"))
		options->req.sdiag_protocol = IPPROTO_TCP;
	else if (!strcmp(name, "native"))
		options->req.sdiag_protocol = module_parameter("protocol", IPPROTO_XTCP);
	else
		die_usage(&command_ss, "no such carrier: %s", name);
	options->show.carrier = false;
}

/* What else is to be told of each socket. */
static void choose_extensions(struct options *options)
{
	uint8_t ext = 0;

	if (options->show.info)
		ext |= EXT(INET_DIAG_INFO) | EXT(INET_DIAG_CONG) | EXT(INET_DIAG_VEGASINFO);
	if (options->show.memory)
		ext |= EXT(INET_DIAG_SKMEMINFO);
	if (options->show.extended)
		ext |= EXT(INET_DIAG_TOS) | EXT(INET_DIAG_TCLASS);
	options->req.idiag_ext = ext;
}

static const struct option names[] = {
	{ "all",	no_argument,		NULL,	'a' },
	{ "listening",	no_argument,		NULL,	'l' },
	{ "ipv4",	no_argument,		NULL,	'4' },
	{ "ipv6",	no_argument,		NULL,	'6' },
	{ "info",	no_argument,		NULL,	'i' },
	{ "memory",	no_argument,		NULL,	'm' },
	{ "options",	no_argument,		NULL,	'o' },
	{ "extended",	no_argument,		NULL,	'e' },
	{ "processes",	no_argument,		NULL,	'p' },
	{ "kill",	no_argument,		NULL,	'K' },
	{ "no-header",	no_argument,		NULL,	'H' },
	{ "numeric",	no_argument,		NULL,	'n' },
	{ "json",	no_argument,		NULL,	'j' },
	{ "carrier",	required_argument,	NULL,	OPTION_CARRIER },
	{ "help",	no_argument,		NULL,	'h' },
	{ }
};

static void parse_option(struct options *options, unsigned int *states, int opt, const char *word)
{
	switch (opt) {
	case 'a':
		*states = STATES_ALL;
		break;
	case 'l':
		*states = STATE_BIT(STATE_LISTEN);
		break;
	case '4':
		choose_version(options, AF_INET);
		break;
	case '6':
		choose_version(options, AF_INET6);
		break;
	case 'i':
		options->show.info = true;
		break;
	case 'm':
		options->show.memory = true;
		break;
	case 'o':
		options->show.timers = true;
		break;
	case 'e':
		/* As for ss(8): the timers as well. */
		options->show.extended = true;
		options->show.timers = true;
		break;
	case 'p':
		options->show.processes = true;
		break;
	case 'K':
		options->kill = true;
		break;
	case 'H':
		options->no_header = true;
		break;
	case 'n':
		options->show.numeric = true;
		break;
	case 'j':
		options->json = true;
		break;
	case OPTION_CARRIER:
		choose_carrier(options, optarg);
		break;
	default:
		die_option(&command_ss, word);
	}
}

/* False if help was all that was asked for. */
static bool parse_options(int argc, char **argv, struct options *options)
{
	unsigned int states = STATES_ALL & ~STATES_UNCONNECTED & ~STATES_BUCKET;
	int opt, taken;

	opterr = 0;
	/* What begins the filter ends the options: "! sport" is none of them. */
	while ((opt = getopt_long(argc, argv, "+al46imoepKHnjh", names, NULL)) != -1) {
		if (opt == 'h') {
			print_help(&command_ss);
			return false;
		}
		parse_option(options, &states, opt, argv[optind - 1]);
	}
	taken = ss_filter_states(argc - optind, argv + optind, &states);
	options->req.idiag_states = states;
	options->filter = ss_filter_parse(&command_ss, argc - optind - taken,
					  argv + optind + taken);
	choose_extensions(options);
	return true;
}

static int run(int argc, char **argv)
{
	struct options options = { .show.carrier = true };
	struct report report = { .options = &options };
	int fd;

	if (!parse_options(argc, argv, &options))
		return STATUS_OK;
	if (options.show.processes)
		process_scan();
	fd = diag_open();
	if (options.kill)
		report.killer = diag_open();
	/* 0 would be any: of no state at all there is nothing. */
	if (options.req.idiag_states)
		diag_dump(fd, &options.req, take, &report);
	end(&report);
	if (options.kill)
		close(report.killer);
	close(fd);
	ss_filter_free(options.filter);
	return STATUS_OK;
}

const struct command command_ss = {
	.name	= "ss",
	.usage	= "ss [-aleiomnpHjK46] [--carrier tcp|native] [state STATE] [exclude STATE] [FILTER]",
	.help	= "Shows the sockets of this network namespace, as ss(8) does those of the kernel.\n"
		  "  -a, --all        in every state; without it, those with a connection\n"
		  "  -l, --listening  those that listen, alone\n"
		  "  -4, --ipv4       with IPv4 addresses, alone\n"
		  "  -6, --ipv6       with IPv6 addresses, alone\n"
		  "  --carrier NAME   of that carrier alone: tcp or native\n"
		  "  -i, --info       what TCP_INFO tells\n"
		  "  -m, --memory     memory of the buffers\n"
		  "  -o, --options    timers\n"
		  "  -e, --extended   timers, users, inodes, cookies and so on\n"
		  "  -p, --processes  who has them open\n"
		  "  -K, --kill       end them, and show which\n"
		  "  -H, --no-header  no titles\n"
		  "  -n, --numeric    no names of ports\n"
		  "  -j, --json       as JSON\n"
		  "  FILTER           \"dport = :80 and not dst 10.0.0.0/8\"; see xtcp-ss(8)\n",
	.run	= run,
};

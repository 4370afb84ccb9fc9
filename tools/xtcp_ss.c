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

/* Copies of the messages that match. */
struct answers {
	const struct options	*options;
	struct nlmsghdr		**messages;
	unsigned int		count;
};

static void take(const struct nlmsghdr *nlh, void *arg)
{
	struct answers *answers = arg;
	struct nlmsghdr *copy;
	struct ss_socket s;

	ss_parse(&s, nlh);
	if (!ss_filter_matches(answers->options->filter, &s))
		return;
	copy = xrealloc(NULL, 1, nlh->nlmsg_len);
	memcpy(copy, nlh, nlh->nlmsg_len);
	if (!(answers->count & (answers->count - 1)))
		answers->messages = xrealloc(answers->messages, answers->count * 2 ?: 1,
					     sizeof(*answers->messages));
	answers->messages[answers->count++] = copy;
}

/* Those that were there to be ended stay; of the others nothing is shown. */
static void kill_all(int fd, struct answers *answers)
{
	unsigned int i, killed = 0;
	struct ss_socket s;

	for (i = 0; i < answers->count; i++) {
		struct xtcp_diag_req req = { };

		ss_parse(&s, answers->messages[i]);
		req.sdiag_protocol = s.protocol;
		req.idiag_format = s.msg->idiag_family;
		req.id = s.msg->id;
		/* What is no socket has no cookie: what took its place meanwhile is not meant. */
		if (STATES_BUCKET & STATE_BIT(s.msg->idiag_state))
			req.idiag_states = STATE_BIT(s.msg->idiag_state);
		if (s.msg->idiag_state != XTCP_DIAG_BOUND && diag_destroy(fd, &req))
			answers->messages[killed++] = answers->messages[i];
		else
			free(answers->messages[i]);
	}
	answers->count = killed;
}

static void print_json(const struct answers *answers)
{
	struct ss_socket s;
	unsigned int i;

	json_object(NULL);
	json_array("sockets");
	for (i = 0; i < answers->count; i++) {
		ss_parse(&s, answers->messages[i]);
		ss_json(&s, &answers->options->show);
	}
	json_array_end();
	json_object_end();
}

static void print_text(const struct answers *answers)
{
	const struct options *options = answers->options;
	struct table table = { .columns = options->show.carrier ? 7 : 6 };
	struct ss_socket s;
	unsigned int i;

	if (!options->no_header)
		ss_title(&table, &options->show);
	for (i = 0; i < answers->count; i++) {
		ss_parse(&s, answers->messages[i]);
		ss_row(&table, &s, &options->show);
	}
	table_print(&table);
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
	struct answers answers = { .options = &options };
	unsigned int i;
	int fd;

	if (!parse_options(argc, argv, &options))
		return STATUS_OK;
	fd = diag_open();
	/* 0 would be any: of no state at all there is nothing. */
	if (options.req.idiag_states)
		diag_dump(fd, &options.req, take, &answers);
	if (options.show.processes)
		process_scan();
	if (options.kill)
		kill_all(fd, &answers);
	close(fd);
	if (options.json)
		print_json(&answers);
	else
		print_text(&answers);
	for (i = 0; i < answers.count; i++)
		free(answers.messages[i]);
	free(answers.messages);
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
		  "  FILTER           \"dport = :80 and not dst 10.0.0.0/8\"; see xtcp(8)\n",
	.run	= run,
};

// SPDX-License-Identifier: GPL-2.0
/* xtcp synq: the listeners, and what each has half open. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "half_open.h"
#include "json.h"
#include "listener.h"
#include "netlink.h"
#include "table.h"
#include "xtcp.h"

struct options {
	bool		all;
	bool		json;
	bool		numeric;
	uint16_t	port;	/* 0: any */
};

/* What the module has told, in order once it is all there. */
struct answers {
	const struct options	*options;
	struct listener		*listeners;
	unsigned int		listener_count;
	struct half_open	*entries;
	unsigned int		entry_count;
};

/* Room for one more in an array of @count, which grows to powers of two. */
static void *array_grow(void *array, unsigned int count, size_t size)
{
	return count & (count - 1) ? array : xrealloc(array, count * 2 ?: 1, size);
}

static void take_listener(struct nlattr **attrs, void *arg)
{
	struct answers *answers = arg;
	struct listener *l;

	answers->listeners = array_grow(answers->listeners, answers->listener_count, sizeof(*l));
	l = &answers->listeners[answers->listener_count];
	listener_parse(l, attrs);
	if (!answers->options->port || answers->options->port == l->local.port)
		answers->listener_count++;
}

static void take_entry(struct nlattr **attrs, void *arg)
{
	struct answers *answers = arg;

	answers->entries = array_grow(answers->entries, answers->entry_count,
				      sizeof(*answers->entries));
	half_open_parse(&answers->entries[answers->entry_count++], attrs);
}

static int listener_compare(const void *a, const void *b)
{
	const struct listener *x = a, *y = b;

	return endpoint_compare(&x->local, &y->local) ?: x->protocol - y->protocol;
}

static void ask(struct answers *answers)
{
	const struct options *options = answers->options;
	struct netlink nl;

	netlink_open(&nl);
	netlink_dump(&nl, XTCP_CMD_LISTENER_GET, 0, XTCP_A_LISTENER_MAX, take_listener, answers);
	if (options->all)
		netlink_dump(&nl, XTCP_CMD_HALF_OPEN_GET, options->port, XTCP_A_HALF_OPEN_MAX,
			     take_entry, answers);
	netlink_close(&nl);
	if (answers->listener_count)
		qsort(answers->listeners, answers->listener_count, sizeof(*answers->listeners),
		      listener_compare);
	if (answers->entry_count)
		qsort(answers->entries, answers->entry_count, sizeof(*answers->entries),
		      half_open_compare);
}

static void listener_json(const struct listener *l)
{
	static const struct {
		const char	*key;
		int		attr;
	} numbers[] = {
		{ "uid",		XTCP_A_LISTENER_UID },
		{ "inode",		XTCP_A_LISTENER_INO },
		{ "backlog",		XTCP_A_LISTENER_BACKLOG },
		{ "accept_queue",	XTCP_A_LISTENER_ACCEPT_QUEUE },
		{ "half_open",		XTCP_A_LISTENER_HALF_OPEN },
		{ "syns",		XTCP_A_LISTENER_SYNS },
		{ "completed",		XTCP_A_LISTENER_COMPLETED },
		{ "cookies_sent",	XTCP_A_LISTENER_COOKIES_SENT },
		{ "cookies_accepted",	XTCP_A_LISTENER_COOKIES_ACCEPTED },
		{ "evicted",		XTCP_A_LISTENER_EVICTED },
		{ "retries",		XTCP_A_LISTENER_RETRIES },
		{ "expired",		XTCP_A_LISTENER_EXPIRED },
	};
	unsigned int i;

	json_object(NULL);
	listener_json_name(l);
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		json_uint(numbers[i].key, l->numbers[numbers[i].attr]);
	json_object("flood");
	flood_json(&l->flood);
	json_object_end();
	json_object_end();
}

static void print_json(const struct answers *answers)
{
	unsigned int i;

	json_object(NULL);
	json_array("listeners");
	for (i = 0; i < answers->listener_count; i++)
		listener_json(&answers->listeners[i]);
	json_array_end();
	if (answers->options->all) {
		json_array("half_open");
		for (i = 0; i < answers->entry_count; i++)
			half_open_json(&answers->entries[i]);
		json_array_end();
	}
	json_object_end();
}

static void listener_row(struct table *table, const struct listener *l, bool numeric)
{
	const uint64_t *n = l->numbers;
	char text[ENDPOINT_TEXT];

	endpoint_text(&l->local, numeric, text);
	table_cell(table, "%s", text);
	table_cell(table, "%s", carrier_name(l->protocol));
	table_cell(table, "%" PRIu64 "/%" PRIu64, n[XTCP_A_LISTENER_HALF_OPEN],
		   n[XTCP_A_LISTENER_BACKLOG]);
	table_cell(table, "%u", l->flood.syn_rate);
	table_cell(table, "%u", l->flood.open_rate);
	table_cell(table, "%u", l->flood.sources);
	table_cell(table, "%" PRIu64 "/%" PRIu64, n[XTCP_A_LISTENER_COOKIES_SENT],
		   n[XTCP_A_LISTENER_COOKIES_ACCEPTED]);
	table_cell(table, "%" PRIu64, n[XTCP_A_LISTENER_EVICTED]);
	table_cell(table, "%" PRIu64, n[XTCP_A_LISTENER_RETRIES]);
	if (l->flood.under)
		table_cell(table, "%us", l->flood.seconds);
	else
		table_cell(table, "-");
}

static void print_listeners(const struct answers *answers)
{
	static const char * const titles[] = {
		"LISTENER", "CARRIER", "HALF-OPEN", "SYNS/S", "OPEN/S", "SOURCES", "COOKIES",
		"EVICTED", "RETRIES", "FLOOD",
	};
	struct table table = { .columns = sizeof(titles) / sizeof(*titles) };
	unsigned int i;

	for (i = 0; i < table.columns; i++)
		table_cell(&table, "%s", titles[i]);
	for (i = 0; i < answers->listener_count; i++)
		listener_row(&table, &answers->listeners[i], answers->options->numeric);
	table_print(&table);
}

static void print_entries(const struct answers *answers)
{
	struct table table = { };
	unsigned int i;

	putchar('\n');
	half_open_title(&table);
	for (i = 0; i < answers->entry_count; i++)
		half_open_row(&table, &answers->entries[i], answers->options->numeric);
	table_print(&table);
}

static uint16_t parse_port(const char *text)
{
	unsigned long port;
	char *end;

	port = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || !port || port > UINT16_MAX)
		die_usage(&command_synq, "no port number: %s", text);
	return port;
}

static void parse_words(int argc, char **argv, struct options *options)
{
	int i;

	for (i = 0; i < argc; i++) {
		if (strcmp(argv[i], "port"))
			die_usage(&command_synq, "no such word: %s", argv[i]);
		if (++i == argc)
			die_usage(&command_synq, "port: a number is missing");
		options->port = parse_port(argv[i]);
	}
}

/* False if help was all that was asked for. */
static bool parse_options(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {
		{ "all",	no_argument,	NULL,	'a' },
		{ "json",	no_argument,	NULL,	'j' },
		{ "numeric",	no_argument,	NULL,	'n' },
		{ "help",	no_argument,	NULL,	'h' },
		{ }
	};
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, "ajnh", names, NULL)) != -1) {
		switch (opt) {
		case 'a':
			options->all = true;
			break;
		case 'j':
			options->json = true;
			break;
		case 'n':
			options->numeric = true;
			break;
		case 'h':
			print_help(&command_synq);
			return false;
		default:
			die_option(&command_synq, argv[optind - 1]);
		}
	}
	parse_words(argc - optind, argv + optind, options);
	return true;
}

static int run(int argc, char **argv)
{
	struct options options = { };
	struct answers answers = { .options = &options };

	if (!parse_options(argc, argv, &options))
		return STATUS_OK;
	ask(&answers);
	if (options.json) {
		print_json(&answers);
	} else {
		print_listeners(&answers);
		if (options.all)
			print_entries(&answers);
	}
	free(answers.listeners);
	free(answers.entries);
	return STATUS_OK;
}

const struct command command_synq = {
	.name	= "synq",
	.usage	= "synq [-a] [-j] [-n] [port NUMBER]",
	.help	= "Shows the listeners of this network namespace, and what each has half open.\n"
		  "  -a, --all      the half-open connections as well, one a line\n"
		  "  -j, --json     as JSON\n"
		  "  -n, --numeric  no names of ports\n"
		  "  port NUMBER    of this local port alone\n",
	.run	= run,
};

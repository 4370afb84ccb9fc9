// SPDX-License-Identifier: GPL-2.0
/* xtcp stat: the counters, how fast they grow, and what they mean. */
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/xtcp_mib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "json.h"
#include "table.h"
#include "xtcp.h"

#define STAT_FILE	"/proc/net/xtcp_stat"
#define BLANKS		"\n "

struct options {
	bool		all;
	bool		json;
	bool		delta;
	bool		repeat;
	double		seconds;	/* to wait */
	char		**patterns;	/* ends with NULL; none: all counters */
};

struct counter {
	char		*name;
	const char	*what;		/* NULL if the module is newer than this program */
	bool		wanted;
	uint64_t	value;
	uint64_t	before;
};

static struct counter *counters;
static unsigned int counter_count;

static const char *meaning(const char *name)
{
	static const struct {
		const char	*name;
		const char	*what;
	} known[] = {
#define X(name, what)	{ #name, what },
		XTCP_MIB_LIST(X)
#undef X
	};
	unsigned int i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (!strcmp(known[i].name, name))
			return known[i].what;
	}
	return NULL;
}

static void add(const char *name)
{
	struct counter *c;

	counters = xrealloc(counters, counter_count + 1, sizeof(*counters));
	c = &counters[counter_count++];
	*c = (struct counter) { .name = strdup(name), .what = meaning(name) };
	if (!c->name)
		die("out of memory");
}

/* The words of a line after the first, which is the family's name. */
static char *first_word(char *line, char **rest)
{
	return strtok_r(line, BLANKS, rest) ? strtok_r(NULL, BLANKS, rest) : NULL;
}

static void take_names(char *line)
{
	char *word, *rest;

	for (word = first_word(line, &rest); word; word = strtok_r(NULL, BLANKS, &rest))
		add(word);
}

static void take_values(char *line)
{
	char *word, *rest;
	unsigned int i = 0;

	for (word = first_word(line, &rest); word && i < counter_count;
	     word = strtok_r(NULL, BLANKS, &rest)) {
		counters[i].before = counters[i].value;
		counters[i++].value = strtoull(word, NULL, 10);
	}
	if (i != counter_count || word)
		die("%s makes no sense", STAT_FILE);
}

/* Names are there once, the first time. */
static void read_counters(void)
{
	FILE *file = fopen(STAT_FILE, "re");
	size_t size = 0;
	char *line = NULL;

	if (!file && errno == ENOENT)
		die("the kernel does not know XTCP: the module is not loaded");
	if (!file || getline(&line, &size, file) < 0)
		die("%s: %s", STAT_FILE, strerror(errno));
	if (!counter_count)
		take_names(line);
	if (getline(&line, &size, file) < 0)
		die("%s makes no sense", STAT_FILE);
	take_values(line);
	free(line);
	fclose(file);
}

static bool choose(const char *pattern)
{
	bool found = false;
	unsigned int i;

	for (i = 0; i < counter_count; i++) {
		if (fnmatch(pattern, counters[i].name, FNM_CASEFOLD))
			continue;
		counters[i].wanted = true;
		found = true;
	}
	return found;
}

/* Each that matches nothing is named, before anything is shown. */
static void choose_all(char **patterns)
{
	bool missing = false;

	if (!*patterns)
		choose("*");
	for (; *patterns; patterns++) {
		if (choose(*patterns))
			continue;
		fprintf(stderr, "xtcp: no such counter: %s\n", *patterns);
		missing = true;
	}
	if (missing)
		exit(STATUS_FAILED);
}

static uint64_t shown(const struct options *options, const struct counter *c)
{
	return options->delta ? c->value - c->before : c->value;
}

static bool is_shown(const struct options *options, const struct counter *c)
{
	return c->wanted && (options->all || shown(options, c));
}

/* @seconds: over which the rates are; 0: there are none. */
static void print_json(const struct options *options, double seconds)
{
	const struct counter *c;

	json_object(NULL);
	if (seconds)
		json_number("seconds", seconds);
	json_array("counters");
	for (c = counters; c < counters + counter_count; c++) {
		if (!is_shown(options, c))
			continue;
		json_object(NULL);
		json_string("name", c->name);
		json_uint(options->delta ? "delta" : "value", shown(options, c));
		if (seconds)
			json_number("rate", (c->value - c->before) / seconds);
		if (c->what)
			json_string("meaning", c->what);
		json_object_end();
	}
	json_array_end();
	json_object_end();
}

static void print_text(const struct options *options, double seconds)
{
	struct table table = { .columns = seconds ? 4 : 3 };
	const struct counter *c;

	table_cell(&table, "COUNTER");
	table_cell(&table, options->delta ? "DELTA" : "VALUE");
	if (seconds)
		table_cell(&table, "RATE/S");
	table_cell(&table, "MEANING");
	for (c = counters; c < counters + counter_count; c++) {
		if (!is_shown(options, c))
			continue;
		table_cell(&table, "%s", c->name);
		table_cell(&table, "%" PRIu64, shown(options, c));
		if (seconds)
			table_cell(&table, "%.1f", (c->value - c->before) / seconds);
		table_cell(&table, "%s", c->what ?: "-");
	}
	table_print(&table);
}

static void print(const struct options *options, double seconds)
{
	if (options->json)
		print_json(options, seconds);
	else
		print_text(options, seconds);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Until @when, by now(). */
static void wait_until(double when)
{
	struct timespec ts = { .tv_sec = when };

	ts.tv_nsec = (when - ts.tv_sec) * 1e9;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

/* What comes once more is separated from what came before. */
static void follow(const struct options *options)
{
	double last = now(), next = last, this;

	do {
		next += options->seconds;
		wait_until(next);
		read_counters();
		this = now();
		print(options, this - last);
		last = this;
		if (options->repeat && !options->json)
			putchar('\n');
	} while (flush_output() && options->repeat);
}

static double parse_seconds(const char *text)
{
	double seconds;
	char *end;

	seconds = strtod(text, &end);
	if (end == text || *end || !(seconds >= 0.01 && seconds <= 1e6))
		die_usage(&command_stat, "no number of seconds: %s", text);
	return seconds;
}

/* False if help was all that was asked for. */
static bool parse_options(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {
		{ "all",	no_argument,		NULL,	'a' },
		{ "delta",	no_argument,		NULL,	'd' },
		{ "interval",	required_argument,	NULL,	'i' },
		{ "json",	no_argument,		NULL,	'j' },
		{ "help",	no_argument,		NULL,	'h' },
		{ }
	};
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":adi:jh", names, NULL)) != -1) {
		switch (opt) {
		case 'a':
			options->all = true;
			break;
		case 'd':
			options->delta = true;
			break;
		case 'i':
			options->repeat = true;
			options->seconds = parse_seconds(optarg);
			break;
		case 'j':
			options->json = true;
			break;
		case 'h':
			print_help(&command_stat);
			return false;
		case ':':
			die_usage(&command_stat, "%s: a number is missing", argv[optind - 1]);
		default:
			die_option(&command_stat, argv[optind - 1]);
		}
	}
	options->patterns = argv + optind;
	return true;
}

static int run(int argc, char **argv)
{
	struct options options = { .seconds = 1 };

	if (!parse_options(argc, argv, &options))
		return STATUS_OK;
	require_module();
	read_counters();
	choose_all(options.patterns);
	if (options.delta || options.repeat)
		follow(&options);
	else
		print(&options, 0);
	return STATUS_OK;
}

const struct command command_stat = {
	.name	= "stat",
	.usage	= "stat [-a] [-d] [-i SECONDS] [-j] [PATTERN...]",
	.help	= "Shows the counters of this network namespace that are not zero, and what they\n"
		  "count; those alone whose names match a PATTERN, as the shell has them, if there\n"
		  "is one.\n"
		  "  -a, --all       those that are zero as well\n"
		  "  -d, --delta     what they grow by in the next second (or -i), and the rate\n"
		  "  -i, --interval SECONDS\n"
		  "                  again and again, with the rate, until it is interrupted\n"
		  "  -j, --json      as JSON, an object a line\n",
	.run	= run,
};

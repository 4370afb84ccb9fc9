// SPDX-License-Identifier: GPL-2.0
/* xtcp monitor: what happens to connections, a line each, as it happens. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "endpoint.h"
#include "json.h"
#include "tracefs.h"
#include "xtcp.h"

#define FIELDS_MAX	24
#define LOOK_MS		1000	/* how often to look whether the module is still there */

/**
 * struct kind - a kind of event
 * @name: as the user has it
 * @events: tracepoints that show it; the second may be NULL
 * @filter: which of them; NULL: all
 * @on_demand: shown only if it is named
 * @wanted: it is to be shown
 */
struct kind {
	const char	*name;
	const char	*events[2];
	const char	*filter;
	bool		on_demand;
	bool		wanted;
};

static struct kind kinds[] = {
	{ .name = "state",	.events = { "xtcp_state" } },
	{ .name = "reset",	.events = { "xtcp_send", "xtcp_receive" }, .filter = "flags & 4" },
	{ .name = "retransmit",	.events = { "xtcp_retransmit" } },
	{ .name = "drop",	.events = { "xtcp_drop" } },
	{ .name = "cookie",	.events = { "xtcp_cookie" } },
	{ .name = "flood",	.events = { "xtcp_flood" } },
	{ .name = "cwnd",	.events = { "xtcp_cwnd" }, .on_demand = true },
};

#define KINDS	(sizeof(kinds) / sizeof(*kinds))

struct field {
	const char	*key;
	const char	*value;
};

/**
 * struct event - a line of the trace
 * @kind: what it shows
 * @name: of its tracepoint
 * @when: as RFC 3339 has it
 * @netns: inode of the namespace
 * @local: address and port here
 * @remote: and there
 * @carrier: "tcp" or "native"
 * @fields: what else it says
 * @count: of these
 */
struct event {
	const struct kind	*kind;
	const char		*name;
	char			when[48];
	const char		*netns;
	struct endpoint		local;
	struct endpoint		remote;
	const char		*carrier;
	struct field		fields[FIELDS_MAX];
	unsigned int		count;
};

static bool as_json;
static bool numeric;
static bool nobody_reads;
static int64_t wall_ns;		/* what the trace's clock is behind the time of day */

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* @stamp: seconds and microseconds, by the monotonic clock. */
static void time_text(const char *stamp, char *text, size_t size)
{
	uint64_t seconds = 0, us = 0;
	char date[32];
	int64_t ns;
	time_t when;

	if (sscanf(stamp, "%" SCNu64 ".%" SCNu64, &seconds, &us) != 2)
		die("the trace makes no sense: %s", stamp);
	ns = wall_ns + seconds * 1000000000LL + us * 1000;
	when = ns / 1000000000;
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", gmtime(&when));
	snprintf(text, size, "%s.%06dZ", date, (int)(ns % 1000000000 / 1000));
}

/* @text: "[ADDRESS]:PORT", IPv4 as v4-mapped. */
static void parse_endpoint(const char *text, struct endpoint *ep)
{
	char address[INET6_ADDRSTRLEN] = "";

	memset(ep, 0, sizeof(*ep));
	if (sscanf(text, "[%45[^]]]:%" SCNu16, address, &ep->port) != 2 ||
	    inet_pton(AF_INET6, address, &ep->v6) != 1)
		die("the trace makes no sense: %s", text);
	ep->version = 6;
	if (IN6_IS_ADDR_V4MAPPED(&ep->v6)) {
		ep->version = 4;
		memcpy(&ep->v4, &ep->v6.s6_addr[12], sizeof(ep->v4));
	}
}

static const struct kind *kind_of(const char *name)
{
	unsigned int i, j;

	for (i = 0; i < KINDS; i++) {
		for (j = 0; j < 2 && kinds[i].events[j]; j++) {
			if (!strcmp(kinds[i].events[j], name))
				return &kinds[i];
		}
	}
	return NULL;
}

/* A segment's window and the bytes of its options are for those that draw. */
static void take_field(struct event *e, const char *key, const char *value)
{
	if (!strcmp(key, "netns"))
		e->netns = value;
	else if (!strcmp(key, "local"))
		parse_endpoint(value, &e->local);
	else if (!strcmp(key, "remote"))
		parse_endpoint(value, &e->remote);
	else if (!strcmp(key, "carrier"))
		e->carrier = value;
	else if (strcmp(key, "options") && strcmp(key, "window") && e->count < FIELDS_MAX)
		e->fields[e->count++] = (struct field) { key, value };
}

/*
 * "TASK-PID [CPU] FLAGS STAMP: NAME: KEY=VALUE..."; a task may be called anything, so that the name
 * is looked for from the end. False if it is no such line.
 */
static bool parse(char *line, struct event *e)
{
	char *name = NULL, *stamp, *word, *rest, *at;

	for (at = line; (at = strstr(at, ": xtcp_")); at++)
		name = at;
	if (!name)
		return false;
	*name = 0;
	stamp = strrchr(line, ' ');
	*e = (struct event) { .name = strtok_r(name + 2, ": ", &rest), .carrier = "-" };
	e->kind = kind_of(e->name);
	if (!stamp || !e->kind)
		return false;
	time_text(stamp + 1, e->when, sizeof(e->when));
	while ((word = strtok_r(NULL, " ", &rest))) {
		at = strchr(word, '=');
		if (!at)
			continue;
		*at = 0;
		take_field(e, word, at + 1);
	}
	return e->netns;
}

static const char *value_of(const struct event *e, const char *key)
{
	unsigned int i;

	for (i = 0; i < e->count; i++) {
		if (!strcmp(e->fields[i].key, key))
			return e->fields[i].value;
	}
	return "-";
}

/* Of a reset. */
static const char *direction(const struct event *e)
{
	return strcmp(e->name, "xtcp_send") ? "received" : "sent";
}

static void print_text(const struct event *e)
{
	char local[ENDPOINT_TEXT], remote[ENDPOINT_TEXT];
	unsigned int i;

	endpoint_text(&e->local, numeric, local);
	endpoint_text(&e->remote, numeric, remote);
	printf("%s %s %s %s %s:", e->when, e->kind->name, local, remote, e->carrier);
	if (!strcmp(e->kind->name, "state")) {
		printf(" %s -> %s\n", value_of(e, "oldstate"), value_of(e, "newstate"));
		return;
	}
	if (!strcmp(e->kind->name, "reset"))
		printf(" %s", direction(e));
	for (i = 0; i < e->count; i++)
		printf(" %s=%s", e->fields[i].key, e->fields[i].value);
	putchar('\n');
}

/* Whatever is all digits is a number in every event. */
static void json_field(const struct field *field)
{
	if (*field->value && !field->value[strspn(field->value, "0123456789")])
		json_uint(field->key, strtoull(field->value, NULL, 10));
	else
		json_string(field->key, field->value);
}

static void json_endpoint(const char *address, const char *port, const struct endpoint *ep)
{
	char text[ENDPOINT_TEXT];

	endpoint_address(ep, text);
	json_string(address, text);
	json_uint(port, ep->port);
}

static void print_json(const struct event *e)
{
	unsigned int i;

	json_object(NULL);
	json_string("time", e->when);
	json_string("event", e->kind->name);
	json_uint("netns_inode", strtoull(e->netns, NULL, 10));
	json_endpoint("local_address", "local_port", &e->local);
	json_endpoint("remote_address", "remote_port", &e->remote);
	json_string("carrier", e->carrier);
	if (!strcmp(e->kind->name, "reset"))
		json_string("direction", direction(e));
	for (i = 0; i < e->count; i++)
		json_field(&e->fields[i]);
	json_object_end();
}

/* "CPU:0 [LOST 17 EVENTS]": the buffer was full. */
static bool tell_lost(const char *line)
{
	const char *lost = strstr(line, "[LOST ");
	uint64_t count;

	if (strncmp(line, "CPU:", 4) || !lost)
		return false;
	fflush(stdout);
	if (sscanf(lost, "[LOST %" SCNu64, &count) == 1)
		fprintf(stderr, "xtcp: %" PRIu64 " events were lost\n", count);
	else
		fputs("xtcp: events were lost\n", stderr);
	return true;
}

static void show(char *line)
{
	static struct event e;

	if (nobody_reads || tell_lost(line) || !parse(line, &e))
		return;
	if (as_json)
		print_json(&e);
	else
		print_text(&e);
	nobody_reads = !flush_output();
}

/*
 * Signals that would end the program are read where it waits. Those that are ignored, as under
 * nohup(1), never come.
 */
static int hold_signals(void)
{
	sigset_t ending;
	int fd;

	sigemptyset(&ending);
	sigaddset(&ending, SIGHUP);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGQUIT);
	sigaddset(&ending, SIGTERM);
	fd = signalfd(-1, &ending, SFD_CLOEXEC);
	if (fd < 0)
		die("signalfd: %s", strerror(errno));
	/* This one says no more than the error of whoever writes. */
	sigaddset(&ending, SIGPIPE);
	sigprocmask(SIG_BLOCK, &ending, NULL);
	return fd;
}

/* Ends as who does not hold it back does. */
static void end_by_signal(int fd)
{
	struct signalfd_siginfo info;
	sigset_t set;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		die("signalfd: %s", strerror(errno));
	tracefs_close();
	sigemptyset(&set);
	sigaddset(&set, info.ssi_signo);
	raise(info.ssi_signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* Who reads our output may go away while there is nothing to write. */
static void follow(int signals)
{
	struct pollfd fds[] = {
		{ .fd = tracefs_follow(), .events = POLLIN },
		{ .fd = STDOUT_FILENO },
		{ .fd = signals, .events = POLLIN },
	};

	while (!nobody_reads) {
		if (poll(fds, 3, LOOK_MS) < 0) {
			if (errno != EINTR)
				die("poll: %s", strerror(errno));
			continue;
		}
		if (fds[1].revents & (POLLERR | POLLHUP))
			return;
		if (fds[2].revents)
			end_by_signal(signals);
		tracefs_read(show);
	}
}

static void enable(const struct kind *kind)
{
	char filter[64], event[64];
	struct stat here;
	unsigned int i;

	if (stat("/proc/thread-self/ns/net", &here))
		die("/proc/thread-self/ns/net: %s", strerror(errno));
	snprintf(filter, sizeof(filter), "netns == %" PRIu64 "%s%s", (uint64_t)here.st_ino,
		 kind->filter ? " && " : "", kind->filter ?: "");
	for (i = 0; i < 2 && kind->events[i]; i++) {
		snprintf(event, sizeof(event), "xtcp/%s", kind->events[i]);
		tracefs_enable(event, filter);
	}
}

static void choose(char **words)
{
	bool all = !*words;
	unsigned int i;

	for (i = 0; i < KINDS; i++)
		kinds[i].wanted = all && !kinds[i].on_demand;
	for (; *words; words++) {
		for (i = 0; i < KINDS && strcmp(*words, kinds[i].name); i++)
			;
		if (i == KINDS)
			die_usage(&command_monitor, "no such kind of event: %s", *words);
		kinds[i].wanted = true;
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
			print_help(&command_monitor);
			return false;
		default:
			die_option(&command_monitor, argv[optind - 1]);
		}
	}
	choose(argv + optind);
	return true;
}

static int run(int argc, char **argv)
{
	unsigned int i;
	int signals;

	if (!parse_options(argc, argv))
		return STATUS_OK;
	signals = hold_signals();
	wall_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
	tracefs_open();
	for (i = 0; i < KINDS; i++) {
		if (kinds[i].wanted)
			enable(&kinds[i]);
	}
	follow(signals);
	tracefs_close();
	return STATUS_OK;
}

const struct command command_monitor = {
	.name	= "monitor",
	.usage	= "monitor [-j] [-n] [KIND...]",
	.help	= "Shows what happens to the connections of this network namespace, until it is\n"
		  "interrupted. KIND is state, reset, retransmit, drop, cookie, flood (all of them\n"
		  "if none is named), or cwnd.\n"
		  "  -j, --json     as JSON, an object a line\n"
		  "  -n, --numeric  no names of ports\n",
	.run	= run,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * xtcp ladder: connections as RFC 9293 draws them. This chooses the lines of the kernel's trace
 * that are about one of them; the scripts in ladder/ draw it.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recording.h"

#define OPTION_SVG	256	/* it has no letter */
#define BUFFER_KIB	4096	/* some ten thousand segments */

/**
 * struct options - what is asked for
 * @json: as JSON
 * @svg: where to draw a picture, or NULL
 * @recording: of what
 */
struct options {
	bool			json;
	const char		*svg;
	struct recording	recording;
};

/* Of an end that is the kernel's, the states are all that is told. */
static const char * const events[] = {
	"sock/inet_sock_set_state", "xtcp/xtcp_state", "xtcp/xtcp_send", "xtcp/xtcp_receive", NULL,
};

static const char * const scripts[] = {
	"trace", "peer", "rows", "options", "text", "svg", "json", "main",
};

#define SCRIPTS	(sizeof(scripts) / sizeof(*scripts))

/*
 * Drawing
 */

/* The lines that are about one conversation. */
static int lines_of(const struct traced *t, int conversation)
{
	int fd = memfd_create("xtcp-ladder", 0);
	FILE *file = fd < 0 ? NULL : fdopen(dup(fd), "w");
	unsigned int i;

	if (!file)
		die("memfd_create: %s", strerror(errno));
	for (i = 0; i < t->count; i++) {
		if (t->of[i] == conversation || t->of[i] == OF_ALL)
			fputs(t->lines[i], file);
	}
	if (fclose(file) || lseek(fd, 0, SEEK_SET))
		die("a file in memory: %s", strerror(errno));
	return fd;
}

static _Noreturn void be_awk(const struct options *options, int lines, unsigned int nth)
{
	char paths[SCRIPTS][4096], name[64], svg[32], *argv[SCRIPTS * 2 + 6], **arg = argv;
	unsigned int i;

	signal(SIGPIPE, SIG_DFL);
	*arg++ = "awk";
	for (i = 0; i < SCRIPTS; i++) {
		snprintf(name, sizeof(name), "ladder/%s.awk", scripts[i]);
		if (!find_library(name, paths[i], sizeof(paths[i])))
			die("%s: %s", paths[i], strerror(errno));
		*arg++ = "-f";
		*arg++ = paths[i];
	}
	*arg++ = "-v";
	*arg++ = options->json ? "form=json" : "form=text";
	if (options->svg) {
		snprintf(svg, sizeof(svg), "svg=/proc/self/fd/%d", picture_open(options->svg, nth));
		*arg++ = "-v";
		*arg++ = svg;
	}
	*arg = NULL;
	if (dup2(lines, STDIN_FILENO) < 0)
		die("dup2: %s", strerror(errno));
	execvp(*argv, argv);
	die("awk: %s", strerror(errno));
}

/* False: nobody reads any more. */
static bool draw(const struct options *options, const struct traced *t, int conversation,
		 unsigned int nth)
{
	int lines = lines_of(t, conversation), status;
	pid_t pid;

	if (!flush_output())
		return false;
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (!pid)
		be_awk(options, lines, nth);
	close(lines);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE)
		return false;
	if (status)
		exit(STATUS_FAILED);
	return true;
}

/* How many there were. */
static unsigned int draw_all(const struct options *options, const struct traced *t)
{
	const struct conversation *c;
	unsigned int i, drawn = 0;

	if (options->json)
		fputs("{\"connections\":[", stdout);
	for (i = 0; i < t->conversation_count; i++) {
		c = &t->conversations[i];
		if (!recording_has(&options->recording, c))
			continue;
		if (drawn++)
			puts(options->json ? "," : "");
		if (!draw(options, t, i, drawn))
			return drawn;
	}
	if (options->json)
		puts("]}");
	return drawn;
}

/*
 * Arguments
 */

/* False if help was all that was asked for. */
static bool parse_options(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {
		{ "svg",	required_argument,	NULL,	OPTION_SVG },
		{ "json",	no_argument,		NULL,	'j' },
		{ "read",	required_argument,	NULL,	'r' },
		{ "help",	no_argument,		NULL,	'h' },
		{ }
	};
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, "+jr:h", names, NULL)) != -1) {
		switch (opt) {
		case OPTION_SVG:
			options->svg = optarg;
			break;
		case 'j':
			options->json = true;
			break;
		case 'r':
			options->recording.read = optarg;
			break;
		case 'h':
			print_help(&command_ladder);
			return false;
		default:
			die_option(&command_ladder, argv[optind - 1]);
		}
	}
	recording_parse(&options->recording, &command_ladder, argc, argv);
	if (options->svg)
		picture_check(options->svg);
	return true;
}

static int run(int argc, char **argv)
{
	struct options options = {
		.recording = { .events = events, .buffer_kib = BUFFER_KIB },
	};
	struct traced traced;
	int status;

	if (!parse_options(argc, argv, &options))
		return STATUS_OK;
	status = recording_make(&options.recording, &traced);
	if (!draw_all(&options, &traced)) {
		fputs("xtcp: there was no such connection\n", stderr);
		status = options.recording.command ? status : STATUS_FAILED;
	}
	traced_free(&traced);
	ss_filter_free(options.recording.filter);
	return status;
}

const struct command command_ladder = {
	.name	= "ladder",
	.usage	= "ladder [--svg FILE] [-j] [-r FILE] [FILTER] [-- COMMAND [ARGUMENT...]]",
	.help	= "Draws connections: their segments in both directions, and both ends' states.\n"
		  "  --svg FILE       as a picture, too; the next ones in FILE-2 and so on\n"
		  "  -j, --json       as JSON\n"
		  "  -r, --read FILE  from a trace that was written down; \"-\" is standard input\n"
		  "  FILTER           as \"xtcp ss\" has it: \"dport = :80\"; see xtcp-ss(8)\n"
		  "  COMMAND          while it runs, and its connections alone; without it,\n"
		  "                   until it is interrupted\n",
	.run	= run,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * xtcp ladder: connections as RFC 9293 draws them. This chooses the lines of the kernel's trace
 * that are about one of them; the scripts in ladder/ draw it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "json.h"
#include "recording.h"

#define BUFFER_KIB	4096	/* some ten thousand segments */

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

static _Noreturn void be_awk(const struct recording *r, int lines, unsigned int nth)
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
	*arg++ = r->json ? "form=json" : "form=text";
	if (r->svg) {
		snprintf(svg, sizeof(svg), "svg=/proc/self/fd/%d", picture_open(r->svg, nth));
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
static bool draw(const struct recording *r, const struct traced *t, int conversation,
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
		be_awk(r, lines, nth);
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
static unsigned int draw_all(const struct recording *r, const struct traced *t)
{
	const struct conversation *c;
	unsigned int i, drawn = 0;

	if (r->json)
		fputs("{\"connections\":[", stdout);
	for (i = 0; i < t->conversation_count; i++) {
		c = &t->conversations[i];
		if (!recording_has(r, c))
			continue;
		if (drawn++)
			puts(r->json ? "," : "");
		if (!draw(r, t, i, drawn))
			return drawn;
	}
	if (r->json)
		puts("]}");
	return drawn;
}

/* What is held is so in awk, too. */
static unsigned int show(const struct recording *r, const struct traced *t)
{
	unsigned int drawn;

	if (r->json)
		json_hold();
	drawn = draw_all(r, t);
	if (r->json)
		json_release();
	return drawn;
}

static int run(int argc, char **argv)
{
	struct recording recording = { .events = events, .buffer_kib = BUFFER_KIB };

	if (!recording_parse(&recording, &command_ladder, argc, argv))
		return STATUS_OK;
	if (recording.svg)
		picture_check(recording.svg);
	return recording_show(&recording, show);
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

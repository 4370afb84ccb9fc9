// SPDX-License-Identifier: GPL-2.0
/*
 * xtcp ladder: connections as RFC 9293 draws them. This chooses the lines of the kernel's trace
 * that are about one of them; the scripts in ladder/ draw it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conversation.h"
#include "run.h"
#include "tracefs.h"
#include "xtcp.h"

#define OPTION_SVG	256	/* it has no letter */
#define BUFFER_KIB	"4096"	/* a processor's: some ten thousand segments */
#define QUIET_MS	500
#define PATIENCE	6	/* times that */

/**
 * struct options - what is asked for
 * @json: as JSON
 * @svg: where to draw a picture, or NULL
 * @read: a trace that was written down, "-" for standard input, or NULL
 * @filter: of which connections
 * @command: whose, or NULL
 */
struct options {
	bool			json;
	const char		*svg;
	const char		*read;
	struct ss_filter	*filter;
	char			**command;
};

static const char * const scripts[] = {
	"trace", "peer", "rows", "options", "text", "svg", "json", "main",
};

#define SCRIPTS	(sizeof(scripts) / sizeof(*scripts))

/*
 * Tracing
 */

/* Signals wait until they are asked for: whatever ends us, the trace is to be ended, too. */
static void hold_signals(sigset_t *held, sigset_t *before)
{
	sigemptyset(held);
	sigaddset(held, SIGINT);
	sigaddset(held, SIGTERM);
	sigaddset(held, SIGHUP);
	sigaddset(held, SIGCHLD);
	sigprocmask(SIG_BLOCK, held, before);
	signal(SIGCHLD, SIG_DFL);
}

/* Until there is a signal. If nobody reads any more what we would say, that is the end. */
static void wait_for_end(const sigset_t *held)
{
	struct pollfd fds[] = {
		{ .fd = signalfd(-1, held, SFD_CLOEXEC), .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};
	struct signalfd_siginfo info;

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		continue;
	if (fds[1].revents)
		exit(STATUS_OK);
	if (read(fds[0].fd, &info, sizeof(info)) != sizeof(info))
		die("signalfd: %s", strerror(errno));
	close(fds[0].fd);
}

static pid_t start_command(char **command, const sigset_t *mask)
{
	posix_spawnattr_t attr;
	pid_t pid;
	int err;

	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, mask);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	err = posix_spawnp(&pid, *command, NULL, &attr, command, environ);
	posix_spawnattr_destroy(&attr);
	if (err) {
		fprintf(stderr, "xtcp: %s: %s\n", *command, strerror(err));
		exit(err == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE);
	}
	return pid;
}

/*
 * What the command ends with, as a shell has it. Signals for us are for the command as well; a
 * terminal's it has got itself.
 */
static int wait_for_command(pid_t pid, const sigset_t *held)
{
	int signal, status;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (!sigwait(held, &signal) && (signal == SIGTERM || signal == SIGHUP))
			kill(pid, signal);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* With @forks it is told who starts which process. */
static void begin(bool forks)
{
	tracefs_open();
	tracefs_write("buffer_size_kb", BUFFER_KIB);
	if (forks)
		tracefs_enable("sched/sched_process_fork", NULL);
	/* Of an end that is the kernel's, the states are all that is told. */
	tracefs_enable("sock/inet_sock_set_state", NULL);
	tracefs_enable("xtcp/xtcp_state", NULL);
	tracefs_enable("xtcp/xtcp_send", NULL);
	tracefs_enable("xtcp/xtcp_receive", NULL);
}

static unsigned long count_lines(void)
{
	FILE *file = tracefs_text();
	unsigned long count = 0;
	int c;

	while ((c = getc(file)) != EOF)
		count += c == '\n';
	fclose(file);
	return count;
}

/* Waits until nothing has happened for a moment, or for as long as a person is patient. */
static void settle(void)
{
	const struct timespec quiet = { .tv_nsec = QUIET_MS * 1000000L };
	unsigned long before, count = count_lines();
	int i;

	for (i = 0; i < PATIENCE; i++) {
		before = count;
		nanosleep(&quiet, NULL);
		count = count_lines();
		if (count == before)
			return;
	}
}

/* What the command ends with, or success. */
static int trace(const struct options *options, struct traced *t)
{
	int status = STATUS_OK;
	sigset_t held, before;
	pid_t pid = 0;
	FILE *file;

	hold_signals(&held, &before);
	begin(options->command);
	if (options->command) {
		pid = start_command(options->command, &before);
		status = wait_for_command(pid, &held);
		settle();
	} else {
		wait_for_end(&held);
	}
	file = tracefs_text();
	traced_read(t, file, options->filter, pid);
	fclose(file);
	tracefs_close();
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}

static void read_trace(const struct options *options, struct traced *t)
{
	FILE *file = strcmp(options->read, "-") ? fopen(options->read, "re") : stdin;

	if (!file)
		die("%s: %s", options->read, strerror(errno));
	traced_read(t, file, options->filter, 0);
	fclose(file);
}

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

/* The second one's is FILE-2.svg, if the first one's is FILE.svg. */
static int open_picture(const char *name, unsigned int nth)
{
	const char *dot = strrchr(name, '.');
	char *path;
	int fd, len;

	if (!dot || strchr(dot, '/'))
		dot = name + strlen(name);
	len = dot - name;
	if ((nth > 1 ? asprintf(&path, "%.*s-%u%s", len, name, nth, dot) :
		       asprintf(&path, "%s", name)) < 0)
		die("out of memory");
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	free(path);
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
		snprintf(svg, sizeof(svg), "svg=/proc/self/fd/%d", open_picture(options->svg, nth));
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
		if (!c->xtcp || !c->matches || (options->command && !c->begun))
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
	int opt, words;

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
			options->read = optarg;
			break;
		case 'h':
			print_help(&command_ladder);
			return false;
		default:
			die_option(&command_ladder, argv[optind - 1]);
		}
	}
	if (!strcmp(argv[optind - 1], "--"))
		optind--;
	for (words = optind; words < argc && strcmp(argv[words], "--"); words++)
		continue;
	options->filter = ss_filter_parse(&command_ladder, words - optind, argv + optind);
	if (words == argc)
		return true;
	options->command = argv + words + 1;
	if (!*options->command)
		die_usage(&command_ladder, "a command is missing");
	if (options->read)
		die_usage(&command_ladder, "a command has a trace of its own");
	return true;
}

static int run(int argc, char **argv)
{
	struct options options = { };
	int status = STATUS_OK;
	struct traced traced;

	if (!parse_options(argc, argv, &options))
		return STATUS_OK;
	if (options.read)
		read_trace(&options, &traced);
	else
		status = trace(&options, &traced);
	if (traced.lost)
		fputs("xtcp: events were lost\n", stderr);
	if (!draw_all(&options, &traced)) {
		fputs("xtcp: there was no such connection\n", stderr);
		status = options.command ? status : STATUS_FAILED;
	}
	traced_free(&traced);
	ss_filter_free(options.filter);
	return status;
}

const struct command command_ladder = {
	.name	= "ladder",
	.usage	= "ladder [--svg FILE] [-j] [-r FILE] [FILTER] [-- COMMAND [ARGUMENT...]]",
	.help	= "Draws connections: their segments in both directions, and both ends' states.\n"
		  "  --svg FILE       as a picture, too; the next ones in FILE-2 and so on\n"
		  "  -j, --json       as JSON\n"
		  "  -r, --read FILE  from a trace that was written down; \"-\" is standard input\n"
		  "  FILTER           as \"xtcp ss\" has it: \"dport = :80\"; see xtcp(8)\n"
		  "  COMMAND          while it runs, and its connections alone; without it,\n"
		  "                   until it is interrupted\n",
	.run	= run,
};

// SPDX-License-Identifier: GPL-2.0
/* Traces of connections while a command runs, or until it is enough. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "recording.h"
#include "run.h"
#include "tracefs.h"

#define OPTION_SVG	256	/* it has no letter */
#define QUIET_MS	500
#define PATIENCE	6	/* times that */

/* What getopt() left: [FILTER] [-- COMMAND [ARGUMENT...]]. */
static void parse_rest(struct recording *r, const struct command *command, int argc, char **argv)
{
	int words;

	if (!strcmp(argv[optind - 1], "--"))
		optind--;
	for (words = optind; words < argc && strcmp(argv[words], "--"); words++)
		continue;
	r->filter = ss_filter_parse(command, words - optind, argv + optind);
	if (words == argc)
		return;
	r->command = argv + words + 1;
	if (!*r->command)
		die_usage(command, "a command is missing");
	if (r->read)
		die_usage(command, "a command has a trace of its own");
}

bool recording_parse(struct recording *r, const struct command *command, int argc, char **argv)
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
			r->svg = optarg;
			break;
		case 'j':
			r->json = true;
			break;
		case 'r':
			r->read = optarg;
			break;
		case 'h':
			print_help(command);
			return false;
		default:
			die_option(command, argv[optind - 1]);
		}
	}
	parse_rest(r, command, argc, argv);
	return true;
}

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

/* Who interrupts twice is to see what there is all the same. */
static void let_signals(const sigset_t *held, const sigset_t *before)
{
	const struct timespec now = { };

	while (sigtimedwait(held, NULL, &now) > 0)
		continue;
	sigprocmask(SIG_SETMASK, before, NULL);
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

/* With a command it is told who starts which process. */
static void begin(const struct recording *r)
{
	const char * const *event;

	tracefs_open();
	tracefs_write("buffer_size_kb", "%u", r->buffer_kib);
	if (r->command)
		tracefs_enable("sched/sched_process_fork", NULL);
	for (event = r->events; *event; event++)
		tracefs_enable(*event, NULL);
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

static int trace(const struct recording *r, struct traced *t)
{
	int status = STATUS_OK;
	sigset_t held, before;
	pid_t pid = 0;
	FILE *file;

	hold_signals(&held, &before);
	begin(r);
	if (r->command) {
		pid = start_command(r->command, &before);
		status = wait_for_command(pid, &held);
		settle();
	} else {
		wait_for_end(&held);
	}
	file = tracefs_text();
	traced_read(t, file, r->events, r->filter, pid);
	fclose(file);
	tracefs_close();
	let_signals(&held, &before);
	return status;
}

static int make(const struct recording *r, struct traced *t)
{
	int status = STATUS_OK;
	FILE *file;

	if (r->read) {
		file = strcmp(r->read, "-") ? fopen(r->read, "re") : stdin;
		if (!file)
			die("%s: %s", r->read, strerror(errno));
		traced_read(t, file, r->events, r->filter, 0);
		fclose(file);
	} else {
		status = trace(r, t);
	}
	if (t->lost)
		fputs("xtcp: events were lost\n", stderr);
	return status;
}

int recording_show(struct recording *r,
		   unsigned int (*show)(const struct recording *r, const struct traced *t))
{
	struct traced traced;
	int status = make(r, &traced);

	if (!show(r, &traced)) {
		fputs("xtcp: there was no such connection\n", stderr);
		status = r->command ? status : STATUS_FAILED;
	}
	traced_free(&traced);
	ss_filter_free(r->filter);
	return status;
}

bool recording_has(const struct recording *r, const struct conversation *c)
{
	return c->xtcp && c->matches && (!r->command || c->begun);
}

/*
 * Pictures
 */

void picture_check(const char *name)
{
	const char *slash = strrchr(name, '/');
	char *dir;
	int fd;

	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		return;
	}
	if (errno != ENOENT)
		die("%s: %s", name, strerror(errno));
	if (asprintf(&dir, "%.*s", slash ? (int)(slash - name) + 1 : 1, slash ? name : ".") < 0)
		die("out of memory");
	if (access(dir, W_OK))
		die("%s: %s", name, strerror(errno));
	free(dir);
}

int picture_open(const char *name, unsigned int nth)
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

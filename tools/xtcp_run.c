// SPDX-License-Identifier: GPL-2.0
/* xtcp run: a program, unchanged, on XTCP's sockets. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/xtcp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"
#include "xtcp.h"

static bool preload;

static _Noreturn PRINTF(1, 2) void not_run(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(format, args);
	va_end(args);
	exit(STATUS_NOT_RUN);
}

/* False: not there, and the program is to be run all the same. */
static bool module_there(struct run *run, bool native, const char *program)
{
	int fd;

	run->family = module_parameter("family", AF_XTCP);
	run->protocol = native ? module_parameter("protocol", IPPROTO_XTCP) : IPPROTO_TCP;
	/* The kernel loads it, if it knows where. */
	fd = run_socket(run, AF_INET, SOCK_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		return true;
	}
	if (fd != -EAFNOSUPPORT && fd != -EINVAL && fd != -EPROTONOSUPPORT)
		not_run("no XTCP socket can be had: %s", strerror(-fd));
	if (run->strict)
		not_run("the module is not loaded: try \"modprobe xtcp\"");
	fprintf(stderr, "xtcp: the module is not loaded: %s uses the kernel's TCP\n", program);
	return false;
}

static void pass_on(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { .iov_base = "", .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	if (sendmsg(socket, &msg, MSG_NOSIGNAL) < 0)
		not_run("the supervisor does not answer: %s", strerror(errno));
}

/* A descriptor, or the end: whoever would have sent one has given up. */
static int receive(int socket)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(socket, &msg, MSG_CMSG_CLOEXEC) <= 0)
		exit(STATUS_OK);
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS)
		exit(STATUS_FAILED);
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(int));
	return fd;
}

/* Holds nothing of what the program was given but standard error, and hears no terminal. */
static _Noreturn void be_supervisor(const struct run *run, int socket)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	setsid();
	sigaction(SIGHUP, &ignore, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    chdir("/") || dup2(socket, 3) < 0 || close_range(4, ~0U, 0))
		die("supervisor: %s", strerror(errno));
	run_supervise(run, receive(3));
}

/*
 * The program keeps this process, its number, its parent and its terminal; so signals and its exit
 * need nobody in between. The supervisor is no child of it either, that it would have to wait for.
 */
static int start_supervisor(const struct run *run)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		not_run("socketpair: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		not_run("fork: %s", strerror(errno));
	if (!pid) {
		close(pair[0]);
		if (fork())
			_exit(0);
		be_supervisor(run, pair[1]);
	}
	close(pair[1]);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return pair[0];
}

static void supervise(const struct run *run)
{
	int supervisor = start_supervisor(run);
	int listener = run_filter_install(run);

	switch (listener) {
	case -EACCES:
	case -EPERM:
		not_run("no right to install a seccomp filter: try --preload");
	case -EBUSY:
		not_run("a supervisor watches this process already: try --preload");
	case -EINVAL:
	case -ENOSYS:
	case -EOPNOTSUPP:
		not_run("the kernel has no seccomp user notification (Linux 6.0): try --preload");
	default:
		if (listener < 0)
			not_run("seccomp: %s", strerror(-listener));
	}
	pass_on(supervisor, listener);
	close(supervisor);
	close(listener);
}

static void set_environment(const struct run *run)
{
	const char *others = getenv("LD_PRELOAD");
	char path[4096], text[128], *list;

	if (!find_library(RUN_LIBRARY, path, sizeof(path)))
		not_run("%s: %s", path, strerror(errno));
	snprintf(text, sizeof(text), RUN_ENVIRONMENT_FORMAT, run->family, run->protocol, run->which,
		 run->low, run->high, run->strict, run->verbose);
	if (asprintf(&list, "%s%s%s", path, others ? ":" : "", others ? others : "") < 0 ||
	    setenv("LD_PRELOAD", list, true) || setenv(RUN_ENVIRONMENT, text, true))
		not_run("out of memory");
	free(list);
}

static void parse_only(struct run *run, const char *word)
{
	if (!strcmp(word, "connect"))
		run->which = RUN_CONNECT;
	else if (!strcmp(word, "listen"))
		run->which = RUN_LISTEN;
	else
		die_usage(&command_run, "--only connect or listen, not %s", word);
}

static unsigned int parse_port(const char *text, char **end)
{
	unsigned long port;

	if (*text < '0' || *text > '9')
		return 0;
	port = strtoul(text, end, 10);
	return port <= 65535 ? port : 0;
}

static void parse_ports(struct run *run, const char *word)
{
	char *end = NULL;

	run->low = parse_port(word, &end);
	run->high = run->low;
	if (run->low && *end == '-')
		run->high = parse_port(end + 1, &end);
	if (!run->low || !run->high || *end || run->low > run->high)
		die_usage(&command_run, "bad range of ports: %s", word);
}

/* False if help was all that was asked for. */
static bool parse_options(struct run *run, bool *native, int argc, char **argv)
{
	enum { NATIVE = 256, ONLY, PORTS, PRELOAD, STRICT };
	static const struct option names[] = {
		{ "native",	no_argument,		NULL,	NATIVE },
		{ "only",	required_argument,	NULL,	ONLY },
		{ "ports",	required_argument,	NULL,	PORTS },
		{ "preload",	no_argument,		NULL,	PRELOAD },
		{ "strict",	no_argument,		NULL,	STRICT },
		{ "verbose",	no_argument,		NULL,	'v' },
		{ "help",	no_argument,		NULL,	'h' },
		{ }
	};
	int opt;

	opterr = 0;
	/* The program's options are its own. */
	while ((opt = getopt_long(argc, argv, "+vh", names, NULL)) != -1) {
		switch (opt) {
		case NATIVE:
			*native = true;
			break;
		case ONLY:
			parse_only(run, optarg);
			break;
		case PORTS:
			parse_ports(run, optarg);
			break;
		case PRELOAD:
			preload = true;
			break;
		case STRICT:
			run->strict = true;
			break;
		case 'v':
			run->verbose = true;
			break;
		case 'h':
			print_help(&command_run);
			return false;
		default:
			die_option(&command_run, argv[optind - 1]);
		}
	}
	if (optind == argc)
		die_usage(&command_run, "a program is missing");
	return true;
}

static int run(int argc, char **argv)
{
	struct run run = { .which = RUN_ALL, .low = 0, .high = 65535 };
	bool native = false;
	int err;

	if (!parse_options(&run, &native, argc, argv))
		return STATUS_OK;
	argv += optind;
	if (module_there(&run, native, *argv)) {
		if (preload)
			set_environment(&run);
		else
			supervise(&run);
	}
	execvp(*argv, argv);
	err = errno;
	fprintf(stderr, "xtcp: %s: %s\n", *argv, strerror(err));
	return err == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}

const struct command command_run = {
	.name	= "run",
	.usage	= "run [--native] [--only connect|listen] [--ports A-B] [--preload] [--strict]\n"
		  "                [-v] [--] PROGRAM [ARGUMENT...]",
	.help	= "Runs PROGRAM with XTCP in place of the kernel's TCP.\n"
		  "  --native       by XTCP's own IP protocol, not as ordinary TCP\n"
		  "  --only WHICH   sockets that connect, or that listen\n"
		  "  --ports A-B    sockets that connect to these ports, or listen at them\n"
		  "  --preload      by a library in PROGRAM, not by a supervisor beside it\n"
		  "  --strict       what cannot be XTCP's fails\n"
		  "  -v, --verbose  say which sockets are XTCP's\n",
	.run	= run,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * stopwatch COMMAND...: how long it takes, on standard error, in ticks that are good for nothing
 * but to be compared: the processor's own where there are any, since the clock of user-mode Linux
 * with time-travel does not move between two timers. Ends with the command's status.
 */
#include <stdio.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t ticks(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return __builtin_ia32_rdtsc();
#else
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
#endif
}

int main(int argc, char **argv)
{
	uint64_t began = ticks();
	int status;
	pid_t pid;

	if (argc < 2)
		return 2;
	pid = fork();
	if (!pid) {
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid)
		return 1;
	fprintf(stderr, "%llu\n", (unsigned long long)(ticks() - began));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

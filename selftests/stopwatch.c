// SPDX-License-Identifier: GPL-2.0
/*
 * stopwatch COMMAND...: how long it takes, on standard error, in ticks that are good for nothing
 * but to be compared. Ends with the command's status.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"

int main(int argc, char **argv)
{
	uint64_t began = clock_ticks();
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
	fprintf(stderr, "%llu\n", (unsigned long long)(clock_ticks() - began));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

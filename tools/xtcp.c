// SPDX-License-Identifier: GPL-2.0
/* xtcp: shows what the module does, and runs programs on it; see man/xtcp.8. */
#include <errno.h>
#include <getopt.h>
#include <linux/xtcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xtcp.h"

static const struct command * const commands[] = {
	&command_synq,
	&command_ss,
	&command_events,
	&command_monitor,
	&command_stat,
	&command_ladder,
	&command_plot,
	&command_run,
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

static void print_usage(FILE *to)
{
	unsigned int i;

	for (i = 0; i < COMMANDS; i++)
		fprintf(to, "%s xtcp %s\n", i ? "      " : "usage:", commands[i]->usage);
}

void complain(const char *format, va_list args)
{
	fflush(stdout);
	fputs("xtcp: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(format, args);
	va_end(args);
	exit(STATUS_FAILED);
}

void die_usage(const struct command *command, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(format, args);
	va_end(args);
	if (command)
		fprintf(stderr, "usage: xtcp %s\n", command->usage);
	else
		print_usage(stderr);
	exit(STATUS_USAGE);
}

void die_option(const struct command *command, const char *word)
{
	/* A long option's, where it has no letter, is no character. */
	if (optopt > 0 && optopt < 256)
		die_usage(command, "bad option: -%c", optopt);
	die_usage(command, "bad option: %s", word);
}

void print_help(const struct command *command)
{
	printf("usage: xtcp %s\n%s", command->usage, command->help);
}

void *xrealloc(void *memory, unsigned long count, unsigned long size)
{
	memory = reallocarray(memory, count, size);
	if (!memory)
		die("out of memory");
	return memory;
}

/* Without sysfs, whoever asks the module finds out. */
void require_module(void)
{
	char version[64] = "";
	FILE *file;

	if (access("/sys/module", F_OK))
		return;
	if (access("/sys/module/xtcp", F_OK))
		die("the kernel does not know XTCP: the module is not loaded");
	file = fopen("/sys/module/xtcp/version", "re");
	if (file && fgets(version, sizeof(version), file))
		version[strcspn(version, "\n")] = 0;
	if (file)
		fclose(file);
	if (strcmp(version, XTCP_VERSION))
		die("the module that is loaded is of another version: %s, this program of %s",
		    *version ? version : "one without a number", XTCP_VERSION);
}

void *xgrow(void *array, unsigned int count, unsigned long size)
{
	if (count & (count - 1))
		return array;
	return xrealloc(array, count * 2 ?: 1, size);
}

int module_parameter(const char *name, int otherwise)
{
	char path[64];
	FILE *file;
	int value;

	snprintf(path, sizeof(path), "/sys/module/xtcp/parameters/%s", name);
	file = fopen(path, "re");
	if (!file)
		return otherwise;
	if (fscanf(file, "%d", &value) != 1)
		value = otherwise;
	fclose(file);
	return value;
}

bool find_library(const char *name, char *path, unsigned long size)
{
	char self[2048];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[len > 0 ? len : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	snprintf(path, size, "%s/%s", self, name);
	if (access(path, R_OK))
		snprintf(path, size, "%s/%s", LIBRARY_DIR, name);
	return !access(path, R_OK);
}

bool flush_output(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return true;
	if (errno != EPIPE)
		die("standard output: %s", strerror(errno));
	return false;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	unsigned int i;
	int status;

	if (!word)
		die_usage(NULL, "a command is missing");
	if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help")) {
		print_usage(stdout);
		puts("\"xtcp COMMAND --help\" says more; so does its manual page, xtcp-COMMAND(8).");
		flush_output();
		return STATUS_OK;
	}
	for (i = 0; i < COMMANDS; i++) {
		if (!strcmp(word, commands[i]->name))
			break;
	}
	if (i == COMMANDS)
		die_usage(NULL, "no such command: %s", word);
	status = commands[i]->run(argc - 1, argv + 1);
	flush_output();
	return status;
}

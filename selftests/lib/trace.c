// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace.h"

#define INSTANCES	"/sys/kernel/tracing/instances"
#define LINE_SIZE	1024
#define VALUES		8	/* the last few calls' */

static char instance[64];

static int write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", instance, name);
	file = fopen(path, "we");
	if (!file)
		return -errno;
	fputs(text, file);
	return fclose(file) ? -errno : 0;
}

int trace_open(void)
{
	struct stat here;
	char filter[32];
	int err;

	if (stat("/proc/thread-self/ns/net", &here))
		return -errno;
	snprintf(instance, sizeof(instance), INSTANCES "/test-%d", getpid());
	if (mkdir(instance, 0700))
		return -errno;
	snprintf(filter, sizeof(filter), "netns == %" PRIu64, (uint64_t)here.st_ino);
	err = write_file("events/xtcp/filter", filter);
	return err ?: write_file("events/xtcp/enable", "1");
}

void trace_close(void)
{
	write_file("events/enable", "0");
	rmdir(instance);
}

/* Whether event number @n of that name is there: then it is in @line, what follows its name. */
static bool find(const char *event, unsigned int n, char *line, unsigned int *count)
{
	char path[128], name[64];
	FILE *file;
	char *at;

	*count = 0;
	snprintf(path, sizeof(path), "%s/trace", instance);
	snprintf(name, sizeof(name), ": %s: ", event);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (fgets(line, LINE_SIZE, file)) {
		at = strstr(line, name);
		if (!at || (*count)++ != n)
			continue;
		memmove(line, at + strlen(name), strlen(at + strlen(name)) + 1);
		break;
	}
	fclose(file);
	return *count == n + 1;
}

unsigned int trace_count(const char *event)
{
	char line[LINE_SIZE];
	unsigned int count;

	find(event, UINT32_MAX, line, &count);
	return count;
}

const char *trace_field(const char *event, unsigned int n, const char *key)
{
	static char values[VALUES][64];
	static unsigned int calls;
	char *value = values[calls++ % VALUES];
	char line[LINE_SIZE], *word, *rest;
	size_t len = strlen(key);
	unsigned int count;

	*value = 0;
	if (!find(event, n, line, &count))
		return value;
	for (word = strtok_r(line, "\n ", &rest); word; word = strtok_r(NULL, "\n ", &rest)) {
		if (!strncmp(word, key, len) && word[len] == '=')
			snprintf(value, sizeof(*values), "%s", word + len + 1);
	}
	return value;
}

unsigned long long trace_number(const char *event, unsigned int n, const char *key)
{
	return strtoull(trace_field(event, n, key), NULL, 10);
}

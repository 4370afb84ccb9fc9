// SPDX-License-Identifier: GPL-2.0
/*
 * Counters of a namespace: two lines a table, the names, and below them the values.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"

#define LINE 8192

static void take_table(struct counters *counters, char *names, char *values, const char *table)
{
	char *name, *value, *names_rest, *values_rest;

	name = strtok_r(names, "\n ", &names_rest);
	value = strtok_r(values, "\n ", &values_rest);
	for (; name && value && counters->count < COUNTERS_MAX;
	     name = strtok_r(NULL, "\n ", &names_rest),
	     value = strtok_r(NULL, "\n ", &values_rest)) {
		unsigned int i = counters->count;
		size_t len = strlen(name);

		/* In the kernel's files each table has its name at the beginning of both lines. */
		if (name[len - 1] == ':') {
			name[len - 1] = '\0';
			table = name;
			continue;
		}
		snprintf(counters->names[i], sizeof(counters->names[i]), "%s.%s", table, name);
		counters->values[i] = atoll(value);
		counters->count++;
	}
}

static void read_file(struct counters *counters, const char *path, const char *table)
{
	static char names[LINE], values[LINE];
	FILE *file = fopen(path, "re");

	if (!file)
		return;
	while (fgets(names, sizeof(names), file) && fgets(values, sizeof(values), file))
		take_table(counters, names, values, table);
	fclose(file);
}

void counters_read(struct counters *counters)
{
	counters->count = 0;
	read_file(counters, "/proc/net/snmp", "");
	read_file(counters, "/proc/net/netstat", "");
	read_file(counters, "/proc/net/xtcp_stat", "Xtcp");
}

void counters_print_growth(const struct counters *before, const struct counters *after)
{
	const char *comma = "";
	unsigned int i;

	putchar('{');
	for (i = 0; i < after->count && i < before->count; i++) {
		if (after->values[i] == before->values[i])
			continue;
		printf("%s\"%s\":%lld", comma, after->names[i],
		       after->values[i] - before->values[i]);
		comma = ",";
	}
	putchar('}');
}

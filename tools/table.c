// SPDX-License-Identifier: GPL-2.0
/* Lines of words in columns. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "xtcp.h"

#define SIZE_MIN	4096

/* The words lie one behind the other: there may be a million of them. */
static char *make_room(struct table *table, size_t len)
{
	while (table->size - table->len < len) {
		table->size = table->size * 2 ?: SIZE_MIN;
		table->text = xrealloc(table->text, table->size, 1);
	}
	return table->text + table->len;
}

static unsigned int *width_of(struct table *table, unsigned int cell)
{
	if (!table->widths) {
		table->widths = xrealloc(NULL, table->columns, sizeof(*table->widths));
		memset(table->widths, 0, table->columns * sizeof(*table->widths));
	}
	return &table->widths[cell % table->columns];
}

void table_cell(struct table *table, const char *format, ...)
{
	unsigned int *width = width_of(table, table->count++);
	size_t room = table->size - table->len;
	va_list args, again;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(table->text ? table->text + table->len : NULL, room, format, args);
	if (len < 0)
		die("out of memory");
	if ((size_t)len >= room)
		vsnprintf(make_room(table, len + 1), len + 1, format, again);
	va_end(again);
	va_end(args);
	table->len += len + 1;
	if ((unsigned int)len > *width)
		*width = len;
}

void table_print(struct table *table)
{
	const char *cell = table->text;
	unsigned int i, column;

	for (i = 0; i < table->count; i++, cell += strlen(cell) + 1) {
		column = i % table->columns;
		if (column + 1 < table->columns)
			printf("%-*s  ", (int)table->widths[column], cell);
		else
			puts(cell);
	}
	free(table->text);
	free(table->widths);
}

// SPDX-License-Identifier: GPL-2.0
/* Lines of words in columns. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "xtcp.h"

void table_cell(struct table *table, const char *format, ...)
{
	va_list args;

	if (table->count == table->size) {
		table->size = table->size * 2 ?: 64;
		table->cells = xrealloc(table->cells, table->size, sizeof(*table->cells));
	}
	va_start(args, format);
	if (vasprintf(&table->cells[table->count++], format, args) < 0)
		die("out of memory");
	va_end(args);
}

static int column_width(const struct table *table, unsigned int column)
{
	size_t width = 0;
	unsigned int i;

	for (i = column; i < table->count; i += table->columns) {
		if (strlen(table->cells[i]) > width)
			width = strlen(table->cells[i]);
	}
	return width;
}

void table_print(struct table *table)
{
	int widths[table->columns];
	unsigned int i, column;

	for (column = 0; column < table->columns; column++)
		widths[column] = column_width(table, column);
	for (i = 0; i < table->count; i++) {
		column = i % table->columns;
		if (column + 1 < table->columns)
			printf("%-*s  ", widths[column], table->cells[i]);
		else
			printf("%s\n", table->cells[i]);
		free(table->cells[i]);
	}
	free(table->cells);
}

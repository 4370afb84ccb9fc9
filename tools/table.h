/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines of words, printed in columns as wide as they need to be.
 */
#ifndef _XTCP_TABLE_H
#define _XTCP_TABLE_H

#include "xtcp.h"

/**
 * struct table - all zero but for @columns at the start
 * @columns: their number
 * @cells: of them row by row
 * @count: number of cells
 * @size: room for cells
 */
struct table {
	unsigned int	columns;
	char		**cells;
	unsigned int	count;
	unsigned int	size;
};

PRINTF(2, 3) void table_cell(struct table *table, const char *format, ...);
/* Prints and frees it. */
void table_print(struct table *table);

#endif /* _XTCP_TABLE_H */

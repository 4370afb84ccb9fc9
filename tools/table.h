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
 * @count: number of cells
 * @widths: of the columns, characters
 * @text: the cells, row by row
 * @len: of that, bytes
 * @size: room for it
 */
struct table {
	unsigned int	columns;
	unsigned int	count;
	unsigned int	*widths;
	char		*text;
	unsigned long	len;
	unsigned long	size;
};

PRINTF(2, 3) void table_cell(struct table *table, const char *format, ...);
/* Prints and frees it. */
void table_print(struct table *table);

#endif /* _XTCP_TABLE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Half-open connections, as they are shown to those who ask.
 */
#ifndef _XTCP_SYNQ_SHOW_H
#define _XTCP_SYNQ_SHOW_H

#include <linux/types.h>

struct net;
struct xtcp_cursor;
struct xtcp_half_open;
struct xtcp_proc_line;
struct xtcp_tuple;

void xtcp_synq_visit(struct net *net, struct xtcp_cursor *cursor,
		     int (*fn)(const struct xtcp_half_open *ho, void *arg), void *arg);
unsigned int xtcp_synq_walk(struct net *net, struct xtcp_cursor *cursor,
			    struct xtcp_proc_line *lines, unsigned int max);
bool xtcp_synq_show(struct net *net, const struct xtcp_tuple *tuple, struct xtcp_proc_line *line);

#endif /* _XTCP_SYNQ_SHOW_H */

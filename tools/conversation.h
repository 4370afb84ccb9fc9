/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a trace tells, taken apart into connections.
 */
#ifndef _XTCP_TOOL_CONVERSATION_H
#define _XTCP_TOOL_CONVERSATION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "endpoint.h"
#include "ss.h"

/**
 * struct conversation - a connection that the trace tells of
 * @ends: its two, the one that was told of first as the first
 * @xtcp: one of them at least is XTCP's
 * @matches: one of them at least goes through the filter
 * @begun: a process that is asked for began it, or listened for it
 */
struct conversation {
	struct endpoint	ends[2];
	bool		xtcp;
	bool		matches;
	bool		begun;
};

/**
 * struct traced - a trace that has been read
 * @lines: as they were
 * @of: of each, the number of its conversation, or one of those below
 * @count: of lines
 * @conversations: in the order of their beginnings
 * @conversation_count: of these
 * @lost: the kernel had no room for all that happened
 */
struct traced {
	char			**lines;
	int			*of;
	unsigned int		count;
	struct conversation	*conversations;
	unsigned int		conversation_count;
	bool			lost;
};

#define OF_NONE	(-1)
#define OF_ALL	(-2)	/* it may matter to any: who listens, say */

/*
 * @events: those of XTCP's that are of interest, as "xtcp/xtcp_state", up to a NULL; others may be
 * among them. @process: the one whose connections are asked for, with its children's; 0: anybody's.
 */
void traced_read(struct traced *t, FILE *file, const char * const *events,
		 const struct ss_filter *filter, pid_t process);
void traced_free(struct traced *t);

/*
 * Of a line: the value of "NAME=...", empty or 0 if there is none; an end, "[2001:db8::1]:80", IPv4
 * v4-mapped: false if it is not there.
 */
void line_field(const char *line, const char *name, char *value, size_t size);
uint64_t line_number(const char *line, const char *name);
bool line_end(const char *line, const char *name, struct endpoint *ep);
/* Whether it tells of that event, "xtcp/xtcp_state". */
bool line_is(const char *line, const char *event);

#endif /* _XTCP_TOOL_CONVERSATION_H */

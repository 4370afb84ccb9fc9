/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What happens to connections for a while, traced, and taken apart into them; and where those who
 * draw it put their pictures.
 */
#ifndef _XTCP_TOOL_RECORDING_H
#define _XTCP_TOOL_RECORDING_H

#include "conversation.h"
#include "ss.h"
#include "xtcp.h"

/**
 * struct recording - what is asked for
 * @events: those that are about connections, as "xtcp/xtcp_state", up to a NULL
 * @buffer_kib: room for the trace, for each processor
 * @read: a trace that was written down, "-" for standard input, or NULL
 * @filter: of which connections
 * @command: whose, or NULL
 */
struct recording {
	const char * const	*events;
	unsigned int		buffer_kib;
	const char		*read;
	struct ss_filter	*filter;
	char			**command;
};

/* What getopt() left: [FILTER] [-- COMMAND [ARGUMENT...]]. */
void recording_parse(struct recording *r, const struct command *command, int argc, char **argv);

/*
 * While the command runs, and a moment longer; without one until it is interrupted; or what is
 * written. Returns what the command ends with, or success.
 */
int recording_make(const struct recording *r, struct traced *t);

/* Whether it is one that is asked for. */
bool recording_has(const struct recording *r, const struct conversation *c);

/* The end, if no picture can be written there, as far as can be told beforehand. */
void picture_check(const char *name);
/* For the second picture it is FILE-2.svg, if the name is FILE.svg. */
int picture_open(const char *name, unsigned int nth);

#endif /* _XTCP_TOOL_RECORDING_H */

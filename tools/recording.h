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
 * @json: it is to be shown as JSON
 * @svg: where to draw a picture, or NULL
 * @read: a trace that was written down, "-" for standard input, or NULL
 * @filter: of which connections
 * @command: whose, or NULL
 */
struct recording {
	const char * const	*events;
	unsigned int		buffer_kib;
	bool			json;
	const char		*svg;
	const char		*read;
	struct ss_filter	*filter;
	char			**command;
};

/*
 * [--svg FILE] [-j] [-r FILE] [FILTER] [-- COMMAND [ARGUMENT...]]. False if help was all that was
 * asked for.
 */
bool recording_parse(struct recording *r, const struct command *command, int argc, char **argv);

/*
 * Records while the command runs, and a moment longer; without one until it is interrupted; or
 * what is written. @show shows it, and returns how many connections there were. Frees all. Returns
 * the exit status, of the command if there is one.
 */
int recording_show(struct recording *r,
		   unsigned int (*show)(const struct recording *r, const struct traced *t));

/* Whether it is one that is asked for. */
bool recording_has(const struct recording *r, const struct conversation *c);

/* The end, if no picture can be written there, as far as can be told beforehand. */
void picture_check(const char *name);
/* For the second picture it is FILE-2.svg, if the name is FILE.svg. */
int picture_open(const char *name, unsigned int nth);

#endif /* _XTCP_TOOL_RECORDING_H */

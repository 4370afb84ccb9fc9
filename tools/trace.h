/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel traces, in an instance of its own, so that nobody's trace is disturbed.
 */
#ifndef _XTCP_TOOL_TRACE_H
#define _XTCP_TOOL_TRACE_H

#include <stdbool.h>
#include <stdio.h>

/* Begins; with @forks it tells who starts which process. The program's exit ends it as well. */
void trace_begin(bool forks);
void trace_end(void);
/* Waits until nothing has happened for a moment, or for as long as a person is patient. */
void trace_settle(void);
/* What was traced up to now, as text. */
FILE *trace_text(void);

#endif /* _XTCP_TOOL_TRACE_H */

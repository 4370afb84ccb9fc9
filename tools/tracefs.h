/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A trace instance of this program's own: it disturbs nobody's trace, and goes when the program
 * does. What goes wrong ends the program with one line that says so.
 */
#ifndef _XTCP_TRACEFS_H
#define _XTCP_TRACEFS_H

#include <sys/types.h>

#include "xtcp.h"

/* Once. */
void tracefs_open(void);
/* At the end of the program it is called by itself. */
void tracefs_close(void);
/* Into the instance's file of that name. */
PRINTF(2, 3) void tracefs_write(const char *file, const char *format, ...);
/* Of the module's tracepoints: those for which @filter holds are recorded from now on. */
void tracefs_enable(const char *event, const char *filter);

/* What is recorded, in lines, as trace_pipe has it; tracefs_read() waits for nothing. */
int tracefs_fd(void);
/* Calls @each with each line that there is, without its end. */
void tracefs_read(void (*each)(char *line));

#endif /* _XTCP_TRACEFS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A trace instance of this program's own: it disturbs nobody's trace, and goes when the program
 * does. What goes wrong ends the program with one line that says so.
 */
#ifndef _XTCP_TRACEFS_H
#define _XTCP_TRACEFS_H

#include <stdio.h>

#include "xtcp.h"

/* Once. */
void tracefs_open(void);
/* At the end of the program it is called by itself. */
void tracefs_close(void);
/* Into the instance's file of that name. */
PRINTF(2, 3) void tracefs_write(const char *file, const char *format, ...);
/* "xtcp/xtcp_state", say: where @filter holds, if it is not NULL, it is recorded from now on. */
void tracefs_enable(const char *event, const char *filter);

/* What was recorded up to now stays, and can be read again. */
FILE *tracefs_text(void);

/* Once, before tracefs_read(): a descriptor to poll(). */
int tracefs_follow(void);
/* Calls @each with each line that there is by now, without its end. */
void tracefs_read(void (*each)(char *line));

#endif /* _XTCP_TRACEFS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xtcp, the tool: what its subcommands share.
 */
#ifndef _XTCP_TOOL_H
#define _XTCP_TOOL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdnoreturn.h>

/* Arguments number @a, a format, and from @b on what it speaks of. */
#define PRINTF(a, b) __attribute__((format(printf, a, b)))

/* What the program ends with. */
enum {
	STATUS_OK,
	STATUS_FAILED,		/* it cannot be done */
	STATUS_USAGE,		/* it was called wrongly */
};

/**
 * struct command - a subcommand
 * @name: its word
 * @usage: what follows "usage: "
 * @help: what --help says besides
 * @run: does it; @argv[0] is its name
 */
struct command {
	const char	*name;
	const char	*usage;
	const char	*help;
	int		(*run)(int argc, char **argv);
};

extern const struct command command_synq;
extern const struct command command_ss;
extern const struct command command_events;
extern const struct command command_monitor;
extern const struct command command_stat;
extern const struct command command_ladder;
extern const struct command command_plot;
extern const struct command command_run;

/* One line on standard error. */
void complain(const char *format, va_list args);
/* The same, and the end; die_usage() names the usage as well. */
noreturn PRINTF(1, 2) void die(const char *format, ...);
noreturn PRINTF(2, 3) void die_usage(const struct command *command, const char *format, ...);
/* For what getopt_long() does not know; @word is the last that it took. */
noreturn void die_option(const struct command *command, const char *word);
void print_help(const struct command *command);

/* Memory, or the end. */
void *xrealloc(void *memory, unsigned long count, unsigned long size);
/* Room for one more than @count; arrays grow at powers of two. */
void *xgrow(void *array, unsigned int count, unsigned long size);

/* The end, unless the module is loaded and of the same version. */
void require_module(void);

/* What the module was told at its loading; @otherwise, if it is not loaded. */
int module_parameter(const char *name, int otherwise);

/* Where a file of ours is: beside the program, or where it was installed. False: nowhere; errno. */
bool find_library(const char *name, char *path, unsigned long size);

/* Writes out what was printed. False if nobody reads any more; any other error is the end. */
bool flush_output(void);

#endif /* _XTCP_TOOL_H */

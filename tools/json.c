// SPDX-License-Identifier: GPL-2.0
/* JSON on standard output (RFC 8259), one value a line. */
#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>

#include "json.h"

static unsigned int depth;
static bool comma;	/* something was printed at this depth */
static sigset_t before;	/* signals that were held before the outermost value */

void json_hold(void)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGHUP);
	sigprocmask(SIG_BLOCK, &held, &before);
}

/* Errors of the output are found by whoever flushes it at the end. */
void json_release(void)
{
	fflush(stdout);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void print_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			printf("\\u%04x", *text);
		else
			putchar(*text);
	}
	putchar('"');
}

static void begin(const char *key)
{
	if (comma)
		putchar(',');
	comma = true;
	if (!key)
		return;
	print_string(key);
	putchar(':');
}

static void open_with(const char *key, char bracket)
{
	if (!depth)
		json_hold();
	begin(key);
	putchar(bracket);
	depth++;
	comma = false;
}

static void close_with(char bracket)
{
	putchar(bracket);
	comma = --depth;
	if (depth)
		return;
	putchar('\n');
	json_release();
}

void json_object(const char *key)
{
	open_with(key, '{');
}

void json_object_end(void)
{
	close_with('}');
}

void json_array(const char *key)
{
	open_with(key, '[');
}

void json_array_end(void)
{
	close_with(']');
}

void json_string(const char *key, const char *value)
{
	begin(key);
	print_string(value);
}

void json_uint(const char *key, uint64_t value)
{
	begin(key);
	printf("%" PRIu64, value);
}

void json_int(const char *key, int64_t value)
{
	begin(key);
	printf("%" PRId64, value);
}

void json_number(const char *key, double value)
{
	begin(key);
	printf("%.3f", value);
}

void json_bool(const char *key, bool value)
{
	begin(key);
	fputs(value ? "true" : "false", stdout);
}

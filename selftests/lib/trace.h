/* SPDX-License-Identifier: GPL-2.0 */
/*
 * XTCP's tracepoints, recorded in an instance of tracefs of the test's own.
 */
#ifndef _SELFTEST_TRACE_H
#define _SELFTEST_TRACE_H

/* Those in the network namespace of the caller, from now on: 0 or a negative errno. */
int trace_open(void);
void trace_close(void);

/* How many of that name there are so far. */
unsigned int trace_count(const char *event);
/*
 * The value of KEY=VALUE in event number @n of that name, from 0; "" if it is not there. It lasts
 * for a few calls.
 */
const char *trace_field(const char *event, unsigned int n, const char *key);
unsigned long long trace_number(const char *event, unsigned int n, const char *key);

#endif /* _SELFTEST_TRACE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel's TCP and XTCP have counted in a namespace.
 */
#ifndef _SELFTEST_COUNTERS_H
#define _SELFTEST_COUNTERS_H

#define COUNTERS_MAX	400

/**
 * struct counters - all of them, at one time
 * @names: each with its table's name before it, "TcpExt.TCPTimeouts"
 * @values: theirs
 * @count: their number
 */
struct counters {
	char		names[COUNTERS_MAX][48];
	long long	values[COUNTERS_MAX];
	unsigned int	count;
};

/* Of the calling thread's network namespace. */
void counters_read(struct counters *counters);
/* Those that have grown between two readings, and by how much, as a JSON object. */
void counters_print_growth(const struct counters *before, const struct counters *after);

#endif /* _SELFTEST_COUNTERS_H */

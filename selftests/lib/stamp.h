/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the error queue says of the way of what was sent (SO_TIMESTAMPING).
 */
#ifndef _SELFTEST_STAMP_H
#define _SELFTEST_STAMP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

/* From Linux 6.2 on; older headers lack it. */
#define STAMP_OPT_ID_TCP	(1 << 16)

/* Every station; told of by its number alone, which counts from setsockopt() on. */
#define STAMP_STATIONS \
	(SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_ACK)
#define STAMP_NUMBERS \
	(SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY | SOF_TIMESTAMPING_OPT_ID | \
	 STAMP_OPT_ID_TCP)

/**
 * struct stamp_told - that a byte has passed a station
 * @station: SCM_TSTAMP_SCHED and so on
 * @number: of the byte
 * @ns: when, by the clock of the day
 * @len: bytes of data that came with it
 * @data: of them, the last ones
 */
struct stamp_told {
	uint32_t	station;
	uint32_t	number;
	long long	ns;
	size_t		len;
	uint8_t		data[256];
};

/*
 * Takes what is next, of a socket whose addresses are of that version of IP. 0 or a negative errno:
 * -EAGAIN if there is nothing, -EBADMSG if it is not in the form that it should have.
 */
int stamp_take(int fd, int version, struct stamp_told *told);
/*
 * Does without waiting: "queued 99, sent 99, acked 99", or "" if there is nothing; the same buffer
 * each time.
 */
const char *stamp_list(int fd, int version);
/* sendmsg() with SO_TIMESTAMPING as a control message; bytes, or a negative errno. */
ssize_t stamp_send(int fd, const void *buf, size_t len, uint32_t stations, int flags);

#endif /* _SELFTEST_STAMP_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * io_uring(7), by its system calls alone: as much of it as tests of sockets need.
 */
#ifndef _SELFTEST_RING_H
#define _SELFTEST_RING_H

#include <linux/io_uring.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct ring - a ring of this process
 * @fd: its descriptor
 * @entries: what there is room for
 * @prepared: entries that the kernel has not been told of
 */
struct ring {
	int			fd;
	unsigned int		entries;
	unsigned int		prepared;
	unsigned int		*sq_tail;
	unsigned int		*sq_array;
	unsigned int		sq_mask;
	unsigned int		*cq_head;
	unsigned int		*cq_tail;
	unsigned int		cq_mask;
	struct io_uring_sqe	*sqes;
	struct io_uring_cqe	*cqes;
};

/**
 * struct ring_result - what became of a request
 * @number: the request's
 * @res: as the call would have returned, or a negative errno
 * @more: there will be further results of it
 * @nonempty: of a receive: there is more to be read
 * @buffer: that the kernel chose
 */
struct ring_result {
	uint64_t	number;
	int		res;
	bool		more;
	bool		nonempty;
	unsigned int	buffer;
};

/* 0 or a negative errno. */
int ring_open(struct ring *ring, unsigned int entries);
void ring_close(struct ring *ring);

/* An entry, zeroed but for these; @number comes back with the result. */
struct io_uring_sqe *ring_prepare(struct ring *ring, int operation, int fd, uint64_t number);
/* Tells the kernel of what was prepared, and waits for so many results; 0 or a negative errno. */
int ring_submit(struct ring *ring, unsigned int wait);
/* The next result, if there is one. */
bool ring_take(struct ring *ring, struct ring_result *result);

#endif /* _SELFTEST_RING_H */

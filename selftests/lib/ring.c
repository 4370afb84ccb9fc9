// SPDX-License-Identifier: GPL-2.0
/* io_uring by its system calls. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ring.h"

static void *map(const struct ring *ring, size_t size, uint64_t offset)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
		    (off_t)offset);
}

static int map_all(struct ring *ring, const struct io_uring_params *params)
{
	size_t size = params->cq_off.cqes + params->cq_entries * sizeof(*ring->cqes);
	size_t array = params->sq_off.array + params->sq_entries * sizeof(*ring->sq_array);
	char *rings = map(ring, size > array ? size : array, IORING_OFF_SQ_RING);

	if (rings == MAP_FAILED)
		return -errno;
	ring->sqes = map(ring, params->sq_entries * sizeof(*ring->sqes), IORING_OFF_SQES);
	if (ring->sqes == MAP_FAILED)
		return -errno;
	ring->sq_tail = (unsigned int *)(rings + params->sq_off.tail);
	ring->sq_array = (unsigned int *)(rings + params->sq_off.array);
	ring->sq_mask = *(unsigned int *)(rings + params->sq_off.ring_mask);
	ring->cq_head = (unsigned int *)(rings + params->cq_off.head);
	ring->cq_tail = (unsigned int *)(rings + params->cq_off.tail);
	ring->cq_mask = *(unsigned int *)(rings + params->cq_off.ring_mask);
	ring->cqes = (struct io_uring_cqe *)(rings + params->cq_off.cqes);
	return 0;
}

int ring_open(struct ring *ring, unsigned int entries)
{
	struct io_uring_params params = {};
	int err;

	memset(ring, 0, sizeof(*ring));
	ring->fd = syscall(SYS_io_uring_setup, entries, &params);
	if (ring->fd < 0)
		return -errno;
	ring->entries = params.sq_entries;
	err = map_all(ring, &params);
	if (err)
		close(ring->fd);
	return err;
}

/* The maps go with the process. */
void ring_close(struct ring *ring)
{
	close(ring->fd);
	ring->fd = -1;
}

struct io_uring_sqe *ring_prepare(struct ring *ring, int operation, int fd, uint64_t number)
{
	unsigned int slot = (*ring->sq_tail + ring->prepared) & ring->sq_mask;
	struct io_uring_sqe *entry = &ring->sqes[slot];

	memset(entry, 0, sizeof(*entry));
	entry->opcode = operation;
	entry->fd = fd;
	entry->user_data = number;
	ring->sq_array[slot] = slot;
	ring->prepared++;
	return entry;
}

int ring_submit(struct ring *ring, unsigned int wait)
{
	unsigned int count = ring->prepared;
	long ret;

	__atomic_store_n(ring->sq_tail, *ring->sq_tail + count, __ATOMIC_RELEASE);
	ring->prepared = 0;
	ret = syscall(SYS_io_uring_enter, ring->fd, count, wait,
		      wait ? IORING_ENTER_GETEVENTS : 0, NULL, 0);
	if (ret < 0)
		return -errno;
	return (unsigned int)ret == count ? 0 : -EAGAIN;
}

bool ring_take(struct ring *ring, struct ring_result *result)
{
	const struct io_uring_cqe *entry;
	unsigned int head = *ring->cq_head;

	if (head == __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE))
		return false;
	entry = &ring->cqes[head & ring->cq_mask];
	*result = (struct ring_result) {
		.number		= entry->user_data,
		.res		= entry->res,
		.more		= entry->flags & IORING_CQE_F_MORE,
		.nonempty	= entry->flags & IORING_CQE_F_SOCK_NONEMPTY,
		.buffer		= entry->flags >> IORING_CQE_BUFFER_SHIFT,
	};
	__atomic_store_n(ring->cq_head, head + 1, __ATOMIC_RELEASE);
	return true;
}

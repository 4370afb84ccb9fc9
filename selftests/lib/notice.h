/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MSG_ZEROCOPY from the sender's side: what the error queue says of his calls, and whether anybody
 * still has his pages.
 */
#ifndef _SELFTEST_NOTICE_H
#define _SELFTEST_NOTICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct notice - a range of calls, whose memory is the sender's again
 * @first: number of the first of them
 * @last: and of the last
 * @copied: some of it had been copied after all
 */
struct notice {
	uint32_t	first;
	uint32_t	last;
	bool		copied;
};

/*
 * Takes what is next, of a socket whose addresses are of that version of IP. 0 or a negative errno:
 * -EAGAIN if there is nothing, -EBADMSG if it is not in the form that it should have.
 */
int notice_read(int fd, int version, struct notice *notice);
/* Does without waiting: "0-2 copied, 3-3", or "" if there is nothing; the same buffer each time. */
const char *notice_list(int fd, int version);

/* A file of a pattern, in memory that can be watched: a descriptor, or a negative errno. */
int memory_file(uint64_t seed, size_t len);
/* Its pages; NULL if there is no memory. Unmapped, before memory_is_free() can be true. */
uint8_t *memory_map(int file, size_t len);
/*
 * Whether nobody but the file has its pages. Once that is so nobody can write to them any more.
 */
bool memory_is_free(int file);

#endif /* _SELFTEST_NOTICE_H */

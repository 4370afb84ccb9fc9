/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Segments with anything in them, and the ways in which a packet can be wrong.
 */
#ifndef _SELFTEST_NOISE_H
#define _SELFTEST_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "peer.h"

#define NOISE_SEGMENT	65536		/* bytes that a segment takes at most */
#define NOISE_PACKET	(NOISE_SEGMENT + 400)

/**
 * struct noise - a segment with anything in it; numbers are absolute
 * @opt_len: bytes of options, as the data offset has it
 * @doff: data offset to write instead, where @lie
 */
struct noise {
	uint32_t	seq;
	uint32_t	ack;
	uint16_t	window;
	uint16_t	urgent;
	uint8_t		flags;
	uint8_t		opt[40];
	size_t		opt_len;
	size_t		len;
	bool		lie;
	uint8_t		doff;
	bool		bad_sum;
};

/* A number below @below, and whether one of @n chances is taken; @state as pattern_random()'s. */
uint32_t noise_draw(uint64_t *state, uint32_t below);
bool noise_one_in(uint64_t *state, uint32_t n);

/* The byte with a sequence number is the same for whoever asks. */
void noise_fill(uint8_t *p, uint32_t seq, size_t len);
bool noise_matches(const uint8_t *p, uint32_t seq, size_t len);

void noise_put16(uint8_t *p, uint16_t value);
void noise_put32(uint8_t *p, uint32_t value);

/* The segment's length; its data follows from its sequence number. */
size_t noise_encode(const struct peer *peer, const struct noise *n, uint8_t *tcp);

/*
 * Sends a segment in a packet that is as it should be, mostly: otherwise with IP options or
 * extension headers, in fragments, cut off, or with a bit flipped. The last only where @whole says
 * that its checksum is right so far: two wrongs could make a right.
 */
void noise_send(struct peer *peer, const uint8_t *tcp, size_t len, bool whole, uint64_t *random);

/* A packet as it is, if the device takes it. */
void noise_write(struct peer *peer, const uint8_t *packet, size_t len);

#endif /* _SELFTEST_NOISE_H */

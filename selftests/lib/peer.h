/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scripted peer: the whole other side of a connection, and no TCP at all.
 *
 * It owns a TUN device, so that every packet which the host routes there is its to read, and
 * answers only what the test tells it to. Numbers are relative: the peer's sequence numbers
 * to peer.iss, the host's to its SYN (peer.irs). A SYN is 0, the first byte 1.
 *
 * The host handles a segment within the write() that delivers it: when peer_send() returns,
 * its answer, unless a timer is to give it, is there to be read.
 */
#ifndef _SELFTEST_PEER_H
#define _SELFTEST_PEER_H

#include "host.h"
#include "segment.h"

/* Close below the wrap, so that every test crosses it. */
#define PEER_ISS	0xfffffffeu
#define PEER_PORT	7000
#define PEER_DEV	"peer0"
/* What an ICMP error quotes, with zeroes, in front of an extension: the least (RFC 4884 4). */
#define PEER_QUOTED	128

/**
 * struct peer - a scripted peer
 * @tun: the device
 * @path: of the segments it sends
 * @port: its own
 * @host_port: the host's; 0 until the host's first segment shows it
 * @iss: its initial sequence number
 * @irs: the host's
 * @irs_known: the host's SYN has been seen
 * @host_ack: last acknowledgment number of the host
 * @window: what it puts into the window field
 * @syn: options of its SYNs
 * @tsval: timestamp it sends with every segment that has no options of its own, 0: none
 * @extension: what its ICMP errors have behind what they quote (RFC 4884)
 * @extension_len: bytes, 0: nothing
 * @got: last segment received, numbers relative
 * @data: its payload
 * @text: last complaint
 */
struct peer {
	int			tun;
	struct segment_path	path;
	uint16_t		port;
	uint16_t		host_port;
	uint32_t		iss;
	uint32_t		irs;
	bool			irs_known;
	uint32_t		host_ack;
	uint16_t		window;
	struct segment_options	syn;
	uint32_t		tsval;
	uint8_t			extension[64];
	size_t			extension_len;
	struct segment		got;
	uint8_t			data[65536];
	char			text[256];
};

/* Makes the device and gives both ends their addresses; 0 or a negative errno. */
int peer_open(struct peer *peer, const struct host *host);
/* To be called when the host's sockets are closed: resets what goes on without them. */
void peer_close(struct peer *peer);
/* The next SYN of the host begins a connection of its own. */
void peer_forget(struct peer *peer);

/* peer_send(peer, .flags = SYN | ACK, .seq = 0, .ack = 1) */
#define peer_send(peer, ...) \
	peer_send_segment(peer, &(struct segment){ __VA_ARGS__ })
void peer_send_segment(struct peer *peer, const struct segment *seg);

/* An ICMP or ICMPv6 error; quotes a segment of the host with sequence number @seq. */
void peer_send_icmp(struct peer *peer, uint8_t type, uint8_t code, uint32_t info, uint32_t seq);

/*
 * Takes the next segment into peer.got. True unless none came in time; a broken one is taken
 * and described in peer.text.
 */
bool peer_receive(struct peer *peer, unsigned int timeout_ms);

/*
 * Each returns "" if all is as it should be, else what is wrong, for ASSERT_STREQ("", ...).
 * peer_expect: the next segment has exactly these flags (but for PSH), numbers and length.
 */
#define peer_expect(peer, ...) \
	peer_expect_segment(peer, &(struct segment){ __VA_ARGS__ })
const char *peer_expect_segment(struct peer *peer, const struct segment *want);
const char *peer_expect_nothing(struct peer *peer);

/*
 * Receives, and acknowledges where @ack is true, until the host's sequence number @until has
 * been seen, whatever segments it chose; their bytes from number @from on go to @buf.
 */
const char *peer_collect(struct peer *peer, uint32_t from, uint32_t until, uint8_t *buf, bool ack);

/* Throws away what is there to be read. */
void peer_drain(struct peer *peer);

#endif /* _SELFTEST_PEER_H */

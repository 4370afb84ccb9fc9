// SPDX-License-Identifier: GPL-2.0
/*
 * Segments with anything in them.
 */
#include <string.h>
#include <unistd.h>

#include "noise.h"
#include "pattern.h"

uint32_t noise_draw(uint64_t *state, uint32_t below)
{
	return pattern_random(state) % below;
}

bool noise_one_in(uint64_t *state, uint32_t n)
{
	return !noise_draw(state, n);
}

/* The byte with a sequence number: the same for whoever asks. */
static uint8_t byte_at(uint32_t seq)
{
	return (seq * 2654435761u) >> 19 ^ seq >> 24;
}

void noise_fill(uint8_t *p, uint32_t seq, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = byte_at(seq + i);
}

bool noise_matches(const uint8_t *p, uint32_t seq, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] != byte_at(seq + i))
			return false;
	}
	return true;
}

void noise_put16(uint8_t *p, uint16_t value)
{
	p[0] = value >> 8;
	p[1] = value;
}

void noise_put32(uint8_t *p, uint32_t value)
{
	noise_put16(p, value >> 16);
	noise_put16(p + 2, value);
}

size_t noise_encode(const struct peer *peer, const struct noise *n, uint8_t *tcp)
{
	size_t header = 20 + n->opt_len;
	uint16_t sum;

	memset(tcp, 0, 20);
	noise_put16(tcp, peer->port);
	noise_put16(tcp + 2, peer->host_port);
	noise_put32(tcp + 4, n->seq);
	noise_put32(tcp + 8, n->ack);
	tcp[12] = (n->lie ? n->doff : header / 4) << 4;
	tcp[13] = n->flags;
	noise_put16(tcp + 14, n->window);
	noise_put16(tcp + 18, n->urgent);
	memcpy(tcp + 20, n->opt, n->opt_len);
	noise_fill(tcp + header, n->seq + !!(n->flags & SYN), n->len);
	sum = segment_checksum(&peer->path, tcp, header + n->len);
	noise_put16(tcp + 16, n->bad_sum ? sum ^ 1 << (n->len % 16) : sum);
	return header + n->len;
}

void noise_write(struct peer *peer, const uint8_t *packet, size_t len)
{
	/* What IP finds too broken to be a packet, the device refuses. */
	if (write(peer->tun, packet, len) < 0)
		return;
}

/* IPv4 options, some of them lies. */
static size_t wrap_v4_options(const struct segment_path *path, const uint8_t *tcp, size_t len,
			      uint64_t *random, uint8_t *packet)
{
	static const uint8_t kinds[] = { 0, 1, 7, 68, 130, 131, 137, 148, 255 };
	uint8_t body[NOISE_SEGMENT + 200];
	size_t opt = 4 + 4 * noise_draw(random, 10);
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < opt; i++)
		body[i] = noise_one_in(random, 3) ? kinds[noise_draw(random, sizeof(kinds))] :
			  noise_one_in(random, 2) ? 1 : noise_draw(random, 41);
	memcpy(body + opt, tcp, len);
	len = segment_encode_ip(path, body, opt + len, packet, NOISE_PACKET);
	packet[0] = 0x45 + opt / 4;
	noise_put16(packet + 10, 0);
	for (i = 0; i < 20 + opt; i += 2)
		sum += packet[i] << 8 | packet[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	noise_put16(packet + 10, ~sum);
	return len;
}

/* IPv6 extension headers: hop-by-hop, routing, fragment (the only one), destination, AH. */
static size_t wrap_v6_headers(const struct segment_path *path, const uint8_t *tcp, size_t len,
			      uint64_t *random, uint8_t *packet)
{
	static const uint8_t kinds[] = { 0, 43, 44, 51, 60, 60, 60 };
	struct segment_path outer = *path;
	uint8_t body[NOISE_SEGMENT + 200];
	unsigned int count = 1 + noise_draw(random, 3);
	uint8_t next = path->protocol;
	size_t at = 8 * count;
	unsigned int i;

	memcpy(body + at, tcp, len);
	while (at) {
		at -= 8;
		body[at] = next;
		for (i = 1; i < 8; i++)
			body[at + i] = noise_one_in(random, 3) ? noise_draw(random, 256) : 0;
		next = kinds[noise_draw(random, sizeof(kinds))];
		body[at + 1] = noise_one_in(random, 8) ? noise_draw(random, 3) : 0;
		/* padding that is right */
		if ((next == 0 || next == 60) && !noise_one_in(random, 4))
			memcpy(body + at + 2, (uint8_t[]){ 1, 4, 0, 0, 0, 0 }, 6);
		if (next == 44 && !noise_one_in(random, 4))
			noise_put16(body + at + 2, 0);
	}
	outer.protocol = next;
	return segment_encode_ip(&outer, body, 8 * count + len, packet, NOISE_PACKET);
}

static size_t one_fragment(const struct segment_path *path, const uint8_t *data, size_t from,
			   size_t len, bool more, uint16_t id, uint8_t *packet)
{
	struct segment_path outer = *path;
	uint8_t body[NOISE_SEGMENT + 8];
	uint32_t sum = 0;
	size_t i;

	if (path->version == 6) {
		body[0] = path->protocol;
		body[1] = 0;
		noise_put16(body + 2, from | more);
		noise_put32(body + 4, id);
		memcpy(body + 8, data + from, len);
		outer.protocol = 44;
		return segment_encode_ip(&outer, body, 8 + len, packet, NOISE_PACKET);
	}
	len = segment_encode_ip(path, data + from, len, packet, NOISE_PACKET);
	noise_put16(packet + 4, id);
	noise_put16(packet + 6, from / 8 | more << 13);
	noise_put16(packet + 10, 0);
	for (i = 0; i < 20; i += 2)
		sum += packet[i] << 8 | packet[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	noise_put16(packet + 10, ~sum);
	return len;
}

/* In two fragments, in either order, perhaps overlapping, perhaps one of them missing. */
static void send_fragments(struct peer *peer, const uint8_t *tcp, size_t len, uint64_t *random)
{
	size_t cut = 8 * (1 + noise_draw(random, (len - 1) / 8));
	size_t from = cut - (noise_one_in(random, 6) ? 8 : 0);
	uint16_t id = pattern_random(random);
	bool swapped = noise_one_in(random, 2);
	uint8_t packet[NOISE_PACKET];
	unsigned int i;
	size_t n;

	for (i = 0; i < 2; i++) {
		if (noise_one_in(random, 8))
			continue;
		if (!i != swapped)
			n = one_fragment(&peer->path, tcp, 0, cut, true, id, packet);
		else
			n = one_fragment(&peer->path, tcp, from, len - from, false, id, packet);
		noise_write(peer, packet, n);
	}
}

void noise_send(struct peer *peer, const uint8_t *tcp, size_t len, bool whole, uint64_t *random)
{
	size_t way = noise_draw(random, 16);
	uint8_t packet[NOISE_PACKET];
	size_t n;

	if (way == 1 && len > 8) {
		send_fragments(peer, tcp, len, random);
		return;
	}
	if (way)
		n = segment_encode_ip(&peer->path, tcp, len, packet, sizeof(packet));
	else if (peer->path.version == 4)
		n = wrap_v4_options(&peer->path, tcp, len, random, packet);
	else
		n = wrap_v6_headers(&peer->path, tcp, len, random, packet);
	if (whole && noise_one_in(random, 40))
		packet[noise_draw(random, n)] ^= 1 << noise_draw(random, 8);
	if (noise_one_in(random, 40))
		n = 1 + noise_draw(random, n);
	noise_write(peer, packet, n);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Segments to bytes and back, without the help of any TCP.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "segment.h"

#define IPV4_HEADER	20
#define IPV6_HEADER	40
#define TCP_HEADER	20

static void put16(uint8_t *p, uint16_t value)
{
	p[0] = value >> 8;
	p[1] = value;
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value);
}

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint32_t sum_bytes(uint32_t sum, const uint8_t *p, size_t len)
{
	for (; len > 1; p += 2, len -= 2)
		sum += get16(p);
	if (len)
		sum += p[0] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* RFC 9293 3.1: over the pseudo-header of the IP version, then the segment. */
uint16_t segment_checksum(const struct segment_path *path, const void *data, size_t len)
{
	unsigned int skip;
	uint32_t sum = 0;

	if (path) {
		skip = path->version == 4 ? 12 : 0;
		sum = path->protocol + len;
		sum = sum_bytes(sum, path->src.s6_addr + skip, 16 - skip);
		sum = sum_bytes(sum, path->dst.s6_addr + skip, 16 - skip);
	}
	return ~sum_bytes(sum, data, len);
}

static size_t put_options(uint8_t *p, const struct segment_options *opt)
{
	uint8_t *start = p;
	unsigned int i;

	if (opt->seen & OPT_MSS) {
		memcpy(p, (uint8_t[]){ 2, 4, opt->mss >> 8, opt->mss }, 4);
		p += 4;
	}
	if (opt->seen & OPT_SACK_PERM) {
		memcpy(p, (uint8_t[]){ 1, 1, 4, 2 }, 4);
		p += 4;
	}
	if (opt->seen & OPT_TS) {
		memcpy(p, (uint8_t[]){ 1, 1, 8, 10 }, 4);
		put32(p + 4, opt->tsval);
		put32(p + 8, opt->tsecr);
		p += 12;
	}
	if (opt->seen & OPT_WSCALE) {
		memcpy(p, (uint8_t[]){ 1, 3, 3, opt->wscale }, 4);
		p += 4;
	}
	if (opt->seen & OPT_FASTOPEN) {
		if (opt->fastopen_len % 4 != 2) {
			memcpy(p, (uint8_t[]){ 1, 1 }, 2);
			p += 2;
		}
		memcpy(p, (uint8_t[]){ 34, 2 + opt->fastopen_len }, 2);
		memcpy(p + 2, opt->fastopen, opt->fastopen_len);
		p += 2 + opt->fastopen_len;
	}
	if (opt->seen & OPT_SACK) {
		memcpy(p, (uint8_t[]){ 1, 1, 5, 2 + 8 * opt->sacks }, 4);
		p += 4;
		for (i = 0; i < opt->sacks; i++, p += 8) {
			put32(p, opt->sack[i].start);
			put32(p + 4, opt->sack[i].end);
		}
	}
	return p - start;
}

/* Any number of whole blocks. */
static void get_sack(struct segment_options *opt, const uint8_t *p)
{
	unsigned int i;

	if (p[1] % 8 != 2) {
		opt->seen |= OPT_OTHER;
		return;
	}
	opt->seen |= OPT_SACK;
	opt->sacks = p[1] / 8;
	for (i = 0; i < opt->sacks; i++) {
		opt->sack[i].start = get32(p + 2 + 8 * i);
		opt->sack[i].end = get32(p + 6 + 8 * i);
	}
}

/* RFC 7413 4.1.1. */
static void get_fastopen(struct segment_options *opt, const uint8_t *p)
{
	if (p[1] % 2 || p[1] == 4 || p[1] > 18) {
		opt->seen |= OPT_OTHER;
		return;
	}
	opt->seen |= OPT_FASTOPEN;
	opt->fastopen_len = p[1] - 2;
	memcpy(opt->fastopen, p + 2, opt->fastopen_len);
}

static void put_option_values(struct segment_options *opt, const uint8_t *p)
{
	switch (p[0] << 8 | p[1]) {
	case 2 << 8 | 4:
		opt->seen |= OPT_MSS;
		opt->mss = get16(p + 2);
		break;
	case 3 << 8 | 3:
		opt->seen |= OPT_WSCALE;
		opt->wscale = p[2];
		break;
	case 4 << 8 | 2:
		opt->seen |= OPT_SACK_PERM;
		break;
	case 8 << 8 | 10:
		opt->seen |= OPT_TS;
		opt->tsval = get32(p + 2);
		opt->tsecr = get32(p + 6);
		break;
	default:
		if (p[0] == 5)
			get_sack(opt, p);
		else if (p[0] == 34)
			get_fastopen(opt, p);
		else
			opt->seen |= OPT_OTHER;
	}
}

static const char *get_options(struct segment_options *opt, const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;

	memset(opt, 0, sizeof(*opt));
	while (p < end && *p != 0) {
		if (*p == 1) {
			p++;
			continue;
		}
		if (end - p < 2 || p[1] < 2 || p[1] > end - p)
			return "option with a wrong length";
		put_option_values(opt, p);
		p += p[1];
	}
	return NULL;
}

size_t segment_encode_ip(const struct segment_path *path, const void *payload, size_t len,
			 uint8_t *packet, size_t size)
{
	const size_t header = path->version == 4 ? IPV4_HEADER : IPV6_HEADER;

	if (header + len > size)
		return 0;
	memset(packet, 0, header);
	memmove(packet + header, payload, len);
	if (path->version == 6) {
		put32(packet, 6u << 28 | path->tos << 20 | path->label);
		put16(packet + 4, len);
		packet[6] = path->protocol;
		packet[7] = 64;
		memcpy(packet + 8, &path->src, 16);
		memcpy(packet + 24, &path->dst, 16);
		return header + len;
	}
	packet[0] = 0x45;
	packet[1] = path->tos;
	put16(packet + 2, header + len);
	packet[8] = 64;
	packet[9] = path->protocol;
	memcpy(packet + 12, path->src.s6_addr + 12, 4);
	memcpy(packet + 16, path->dst.s6_addr + 12, 4);
	put16(packet + 10, ~sum_bytes(0, packet, header));
	return header + len;
}

size_t segment_encode(const struct segment *seg, const struct segment_path *path,
		      uint8_t *packet, size_t size)
{
	struct segment_path marked = *path;
	uint8_t tcp[65536];
	size_t header = TCP_HEADER;

	if (TCP_HEADER + 40 + seg->len > sizeof(tcp))
		return 0;
	memset(tcp, 0, TCP_HEADER + 40);
	if (seg->raw_opt) {
		memcpy(tcp + header, seg->raw_opt, seg->raw_opt_len);
		header += seg->raw_opt_len;
	} else {
		header += put_options(tcp + header, &seg->opt);
	}
	put16(tcp, seg->sport);
	put16(tcp + 2, seg->dport);
	put32(tcp + 4, seg->seq);
	put32(tcp + 8, seg->ack);
	tcp[12] = (seg->doff ?: header / 4) << 4 | seg->reserved;
	tcp[13] = seg->flags;
	put16(tcp + 14, seg->window);
	put16(tcp + 18, seg->urgent);
	if (seg->len)
		memcpy(tcp + header, seg->data, seg->len);
	put16(tcp + 16, segment_checksum(path, tcp, header + seg->len));
	if (seg->bad_checksum)
		tcp[16] ^= 0x40;
	marked.tos |= seg->ecn;
	return segment_encode_ip(&marked, tcp, header + seg->len, packet, size);
}

static const char *get_path(struct segment_path *path, const uint8_t *packet, size_t len,
			    size_t *header)
{
	memset(path, 0, sizeof(*path));
	path->version = len ? packet[0] >> 4 : 0;
	if (path->version == 6 && len >= IPV6_HEADER) {
		path->protocol = packet[6];
		path->tos = packet[0] << 4 | packet[1] >> 4;
		path->label = get32(packet) & 0xfffff;
		memcpy(&path->src, packet + 8, 16);
		memcpy(&path->dst, packet + 24, 16);
		*header = IPV6_HEADER;
		return get16(packet + 4) + IPV6_HEADER == (int)len ? NULL : "IPv6 length wrong";
	}
	if (path->version != 4 || len < IPV4_HEADER)
		return "no IP packet";
	*header = (packet[0] & 15) * 4;
	if (get16(packet + 2) != len || *header < IPV4_HEADER || *header > len)
		return "IPv4 length wrong";
	if (sum_bytes(0, packet, *header) != 0xffff)
		return "IPv4 header checksum wrong";
	path->protocol = packet[9];
	path->tos = packet[1];
	memset(path->src.s6_addr + 10, 0xff, 2);
	memset(path->dst.s6_addr + 10, 0xff, 2);
	memcpy(path->src.s6_addr + 12, packet + 12, 4);
	memcpy(path->dst.s6_addr + 12, packet + 16, 4);
	return NULL;
}

const char *segment_decode(struct segment *seg, struct segment_path *path,
			   const uint8_t *packet, size_t len)
{
	const char *wrong;
	const uint8_t *p;
	size_t header;

	memset(seg, 0, sizeof(*seg));
	wrong = get_path(path, packet, len, &header);
	if (wrong)
		return wrong;
	p = packet + header;
	len -= header;
	if (len < TCP_HEADER)
		return "header cut off";
	seg->sport = get16(p);
	seg->dport = get16(p + 2);
	seg->seq = get32(p + 4);
	seg->ack = get32(p + 8);
	seg->doff = p[12] >> 4;
	seg->flags = p[13];
	seg->reserved = p[12] & 15;
	seg->ecn = path->tos & 3;
	seg->dscp = path->tos >> 2;
	seg->label = path->label;
	seg->window = get16(p + 14);
	seg->urgent = get16(p + 18);
	if (seg->doff * 4 < TCP_HEADER || seg->doff * 4u > len)
		return "data offset wrong";
	seg->data = p + seg->doff * 4;
	seg->len = len - seg->doff * 4;
	if (segment_checksum(path, p, len))
		return "checksum wrong";
	return get_options(&seg->opt, p + TCP_HEADER, seg->doff * 4 - TCP_HEADER);
}

static int print_flags(char *text, size_t size, uint8_t flags)
{
	static const char * const names[] = {
		"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR",
	};
	int n = 0;
	int i;

	for (i = 0; i < 8; i++)
		if (flags & 1 << i)
			n += snprintf(text + n, size - n, "%s%s", n ? "+" : "", names[i]);
	if (!flags)
		n = snprintf(text, size, "no flags");
	return n;
}

void segment_print(char *text, size_t size, const struct segment *seg)
{
	int n = print_flags(text, size, seg->flags);

	n += snprintf(text + n, size - n, " seq=%u", seg->seq);
	if (seg->flags & ACK)
		n += snprintf(text + n, size - n, " ack=%u", seg->ack);
	if (seg->flags & URG || seg->urgent)
		n += snprintf(text + n, size - n, " urg=%u", seg->urgent);
	snprintf(text + n, size - n, " len=%zu win=%u", seg->len, seg->window);
}

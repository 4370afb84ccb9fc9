// SPDX-License-Identifier: GPL-2.0
/*
 * The scripted peer.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "net.h"
#include "peer.h"

static void set_address(struct in6_addr *addr, const char *v4, const char *v6, int version)
{
	char mapped[64];

	snprintf(mapped, sizeof(mapped), "::ffff:%s", v4);
	inet_pton(AF_INET6, version == 4 ? mapped : v6, addr);
}

/* A device that has just come up loses its first packets: wait for one that is not lost. */
static int wait_for_device(struct peer *peer, const struct host *host)
{
	const uint64_t end = clock_ms() + clock_patience_ms();
	struct pollfd pfd = { .fd = peer->tun, .events = POLLIN };
	struct sockaddr_storage addr;
	uint8_t packet[2048];
	socklen_t len;
	int ret = 0;
	int fd;

	len = host_address(host, &addr, "peer", 9);
	fd = socket(addr.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	do {
		sendto(fd, "", 1, 0, (struct sockaddr *)&addr, len);
		if (poll(&pfd, 1, 2) <= 0 && clock_ms() > end)
			ret = -ETIMEDOUT;
	} while (!ret && read(peer->tun, packet, sizeof(packet)) <= 0);
	close(fd);
	return ret;
}

/*
 * The harness ends a test whose assertion failed without its teardown: then no connection may
 * outlive it, for an orphan would hold its namespace, and the module, until its timers gave up.
 */
static void abort_connections(int signal)
{
	const struct linger at_once = { .l_onoff = 1 };
	int fd;

	(void)signal;
	for (fd = STDERR_FILENO + 1; fd < 1024; fd++)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

int peer_open(struct peer *peer, const struct host *host)
{
	int ret;

	signal(SIGABRT, abort_connections);
	memset(peer, 0, sizeof(*peer));
	peer->port = PEER_PORT;
	peer->iss = PEER_ISS;
	peer->window = 65535;
	peer->syn = (struct segment_options){ .seen = OPT_MSS, .mss = 1460 };
	peer->path.version = host->version;
	peer->path.protocol = host_ip_protocol(host);
	set_address(&peer->path.src, PEER_V4, PEER_V6, host->version);
	set_address(&peer->path.dst, HOST_V4, HOST_V6, host->version);

	peer->tun = net_tun_open(PEER_DEV);
	if (peer->tun < 0)
		return peer->tun;
	ret = net_address_add(PEER_DEV, host->version == 4 ? HOST_V4 : HOST_V6,
			      host->version == 4 ? 24 : 64);
	return ret ?: wait_for_device(peer, host);
}

void peer_close(struct peer *peer)
{
	/* Here too, no orphan is to be left. */
	peer_drain(peer);
	peer_send(peer, .flags = RST, .seq = peer->host_ack);
	close(peer->tun);
}

void peer_forget(struct peer *peer)
{
	peer->irs_known = false;
}

static void write_packet(struct peer *peer, const uint8_t *packet, size_t len)
{
	if (write(peer->tun, packet, len) != (ssize_t)len)
		perror("# peer: write");
}

void peer_send_segment(struct peer *peer, const struct segment *seg)
{
	struct segment abs = *seg;
	uint8_t packet[66000];
	unsigned int i;
	size_t len;

	abs.sport = seg->sport ?: peer->port;
	abs.dport = seg->dport ?: peer->host_port;
	abs.seq += peer->iss;
	if (seg->flags & ACK)
		abs.ack += peer->irs;
	abs.window = peer->window;
	if (seg->flags & SYN && !seg->opt.seen)
		abs.opt = peer->syn;
	for (i = 0; i < seg->opt.sacks; i++) {
		abs.opt.sack[i].start += peer->irs;
		abs.opt.sack[i].end += peer->irs;
	}
	if (peer->tsval && !seg->opt.seen && !seg->raw_opt) {
		abs.opt.seen |= OPT_TS;
		abs.opt.tsval = peer->tsval;
		abs.opt.tsecr = peer->got.opt.tsval;
	}
	len = segment_encode(&abs, &peer->path, packet, sizeof(packet));
	write_packet(peer, packet, len);
}

/*
 * RFC 792, RFC 4443: type, code, checksum, info, then the packet that is complained about; RFC 4884
 * 4: and the extension, if there is one.
 */
void peer_send_icmp(struct peer *peer, uint8_t type, uint8_t code, uint32_t info, uint32_t seq)
{
	struct segment quote = {
		.sport = peer->host_port, .dport = peer->port, .flags = ACK, .window = 65535,
		.seq = peer->irs + seq, .ack = peer->iss + 1,
	};
	struct segment_path back = peer->path;
	struct segment_path path = peer->path;
	uint8_t message[8 + PEER_QUOTED + sizeof(peer->extension)] = {}, packet[512];
	size_t len;
	uint16_t sum;

	back.src = peer->path.dst;
	back.dst = peer->path.src;
	info = htonl(info);
	message[0] = type;
	message[1] = code;
	memcpy(message + 4, &info, 4);
	len = 8 + segment_encode(&quote, &back, message + 8, PEER_QUOTED);
	if (peer->extension_len) {
		/* In words of 32 bits, or of 64. */
		message[path.version == 4 ? 5 : 4] = PEER_QUOTED / (path.version == 4 ? 4 : 8);
		memcpy(message + 8 + PEER_QUOTED, peer->extension, peer->extension_len);
		len = 8 + PEER_QUOTED + peer->extension_len;
	}
	path.protocol = path.version == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	sum = segment_checksum(path.version == 4 ? NULL : &path, message, len);
	message[2] = sum >> 8;
	message[3] = sum;
	len = segment_encode_ip(&path, message, len, packet, sizeof(packet));
	write_packet(peer, packet, len);
}

/* Of the packets that the host sends, those of the connection: not its neighbour discovery. */
static bool is_ours(const struct peer *peer, const struct segment *seg,
		    const struct segment_path *path)
{
	return path->protocol == peer->path.protocol && path->version == peer->path.version &&
	       !memcmp(&path->dst, &peer->path.src, sizeof(path->dst)) &&
	       !memcmp(&path->src, &peer->path.dst, sizeof(path->src)) &&
	       seg->dport == peer->port &&
	       (!peer->host_port || seg->sport == peer->host_port);
}

static void make_relative(struct peer *peer, struct segment *seg)
{
	unsigned int i;

	peer->host_port = seg->sport;
	if (seg->flags & SYN && !peer->irs_known) {
		peer->irs = seg->seq;
		peer->irs_known = true;
	}
	seg->seq -= peer->irs;
	if (seg->flags & ACK) {
		seg->ack -= peer->iss;
		peer->host_ack = seg->ack;
	}
	for (i = 0; i < seg->opt.sacks && i < 4; i++) {
		seg->opt.sack[i].start -= peer->iss;
		seg->opt.sack[i].end -= peer->iss;
	}
}

static bool take_packet(struct peer *peer)
{
	uint8_t packet[66000];
	struct segment_path path;
	struct segment seg;
	const char *wrong;
	ssize_t n;

	n = read(peer->tun, packet, sizeof(packet));
	if (n <= 0)
		return false;
	wrong = segment_decode(&seg, &path, packet, n);
	if (!is_ours(peer, &seg, &path))
		return false;
	make_relative(peer, &seg);
	memcpy(peer->data, seg.data ?: packet, seg.len);
	seg.data = peer->data;
	peer->got = seg;
	snprintf(peer->text, sizeof(peer->text), "%s", wrong ?: "");
	return true;
}

bool peer_receive(struct peer *peer, unsigned int timeout_ms)
{
	struct pollfd pfd = { .fd = peer->tun, .events = POLLIN };
	const uint64_t end = clock_ms() + timeout_ms;
	uint64_t now;

	while (!take_packet(peer)) {
		if (poll(&pfd, 1, 0) > 0)
			continue;
		now = clock_ms();
		if (now >= end)
			return false;
		poll(&pfd, 1, end - now);
	}
	return true;
}

static bool same(const struct segment *want, const struct segment *got)
{
	const uint8_t mask = ~(PSH & ~want->flags);

	return want->flags == (got->flags & mask) && want->seq == got->seq &&
	       (!(want->flags & ACK) || want->ack == got->ack) && want->len == got->len &&
	       want->urgent == got->urgent &&
	       (!want->window || want->window == got->window) &&
	       (!want->data || !memcmp(want->data, got->data, want->len));
}

const char *peer_expect_segment(struct peer *peer, const struct segment *want)
{
	char seen[100] = "nothing", wanted[100];

	segment_print(wanted, sizeof(wanted), want);
	if (peer_receive(peer, clock_patience_ms())) {
		if (peer->text[0])
			return peer->text;
		if (same(want, &peer->got))
			return "";
		segment_print(seen, sizeof(seen), &peer->got);
	}
	snprintf(peer->text, sizeof(peer->text), "wanted <%s>, got <%s>", wanted, seen);
	return peer->text;
}

const char *peer_expect_nothing(struct peer *peer)
{
	char seen[100];

	if (!peer_receive(peer, clock_quiet_ms()))
		return "";
	segment_print(seen, sizeof(seen), &peer->got);
	snprintf(peer->text, sizeof(peer->text), "wanted nothing, got <%s>", seen);
	return peer->text;
}

const char *peer_collect(struct peer *peer, uint32_t from, uint32_t until, uint8_t *buf, bool ack)
{
	const uint64_t end = clock_ms() + clock_patience_ms();
	uint32_t next = from;
	uint32_t skip;

	while ((int32_t)(next - until) < 0) {
		if (clock_ms() > end || !peer_receive(peer, clock_patience_ms())) {
			snprintf(peer->text, sizeof(peer->text), "wanted all up to %u, got %u",
				 until, next);
			return peer->text;
		}
		if (peer->text[0])
			return peer->text;
		skip = next - peer->got.seq;
		if ((int32_t)skip < 0 || skip >= peer->got.len)
			continue;
		if (buf)
			memcpy(buf + (next - from), peer->data + skip, peer->got.len - skip);
		next += peer->got.len - skip;
		if (ack)
			peer_send(peer, .flags = ACK, .seq = peer->got.ack, .ack = next);
	}
	return "";
}

void peer_drain(struct peer *peer)
{
	while (peer_receive(peer, 0))
		;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * What the network says of a connection by ICMP, and how its end is told (RFC 1122 4.2.3.9,
 * RFC 5461, RFC 5927).
 */
#include <time.h>
#include <linux/errqueue.h>

#include "kselftest_harness.h"
#include "lib/data_fixture.h"

#ifndef IP_RECVERR_RFC4884
#define IP_RECVERR_RFC4884	26
#endif
#ifndef IPV6_RECVERR_RFC4884
#define IPV6_RECVERR_RFC4884	31
#endif

/* "Port unreachable": a hard error. */
static void port_unreachable(FIXTURE_DATA(peer) *self, uint32_t seq)
{
	if (self->host.version == 4)
		peer_send_icmp(&self->peer, 3, 3, 0, seq);
	else
		peer_send_icmp(&self->peer, 1, 4, 0, seq);
}

/* "Host unreachable", "address unreachable": a soft error. */
static void host_unreachable(FIXTURE_DATA(peer) *self, uint32_t seq)
{
	if (self->host.version == 4)
		peer_send_icmp(&self->peer, 3, 1, 0, seq);
	else
		peer_send_icmp(&self->peer, 1, 3, 0, seq);
}

static void wait_for_error(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, int err)
{
	struct pollfd pfd = { .fd = self->fd, .events = POLLIN };

	ASSERT_EQ(1, poll(&pfd, 1, clock_patience_ms()));
	ASSERT_EQ(err, host_socket_error(self->fd));
	ASSERT_STATE(STATE_CLOSED);
}

/* RFC 9293 3.10.7.3: a RST that acknowledges the SYN. */
TEST_F(peer, refused)
{
	struct peer *p = &self->peer;

	begin_active(_metadata, self);
	peer_send(p, .flags = RST | ACK, .ack = 1);
	wait_for_error(_metadata, self, ECONNREFUSED);
	ASSERT_FINE(peer_expect_nothing(p));
}

/* RFC 9293 3.9.2.2 (MUST-56): an attempt is ended by a hard error. */
TEST_F(peer, hard_in_syn_sent)
{
	begin_active(_metadata, self);
	port_unreachable(self, 0);
	wait_for_error(_metadata, self, ECONNREFUSED);
}

/* RFC 5927 4.1: of what was never sent, it is a forgery. */
TEST_F(peer, hard_with_wrong_sequence)
{
	struct peer *p = &self->peer;

	begin_active(_metadata, self);
	/* It takes the next number for one that was sent. */
	if (!host_is_reference(&self->host))
		port_unreachable(self, 1);
	port_unreachable(self, -1);
	port_unreachable(self, 0x80000000);
	ASSERT_EQ(0, host_socket_error(self->fd));
	ASSERT_STATE(STATE_SYN_SENT);
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	ASSERT_STATE(STATE_ESTABLISHED);
}

/* RFC 9293 3.9.2.2 (MUST-56): a soft error must not end even an attempt. */
TEST_F(peer, soft_in_syn_sent)
{
	struct peer *p = &self->peer;

	/* It does, as RFC 5461 4 says of many. */
	ONLY_XTCP();
	begin_active(_metadata, self);
	host_unreachable(self, 0);
	ASSERT_STATE(STATE_SYN_SENT);
	peer_send(p, .flags = SYN | ACK, .ack = 1);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 1, .ack = 1));
	ASSERT_STATE(STATE_ESTABLISHED);
	ASSERT_EQ(0, host_socket_error(self->fd));
}

/* RFC 1122 4.2.3.9: but when the time is up, it says why. */
TEST_F(peer, soft_in_syn_sent_at_last)
{
	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	net_sysctl_write("net/xtcp/syn_retries", "2");
	begin_active(_metadata, self);
	host_unreachable(self, 0);
	wait_for_error(_metadata, self, EHOSTUNREACH);
}

/* RFC 5927 6: a connection that was established outlives hard errors, too. */
TEST_F(peer, hard_in_established)
{
	struct peer *p = &self->peer;

	open_stream(_metadata, self, 1);
	host_writes(_metadata, self, 1, 100, 0);
	expect_data(_metadata, self, 1, 100);
	port_unreachable(self, 1);
	if (self->host.version == 4)
		peer_send_icmp(p, 3, 2, 0, 1);
	ASSERT_STATE(STATE_ESTABLISHED);
	host_writes(_metadata, self, 101, 100, 0);
	expect_data(_metadata, self, 101, 100);
}

TEST_F(peer, soft_in_established)
{
	struct peer *p = &self->peer;

	open_stream(_metadata, self, 1);
	host_writes(_metadata, self, 1, 100, 0);
	expect_data(_metadata, self, 1, 100);
	host_unreachable(self, 1);
	ASSERT_STATE(STATE_ESTABLISHED);
	peer_acks(self, 101);
	peer_writes(self, 1, 101, 10);
	ASSERT_FINE(peer_expect(p, .flags = ACK, .seq = 101, .ack = 11));
	host_reads(_metadata, self, 1, 10);
}

/* RFC 1122 4.2.3.9: "make the information available to the application", when it gives up. */
TEST_F(peer, soft_in_established_at_last)
{
	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	net_sysctl_write("net/xtcp/retries2", "2");
	open_stream(_metadata, self, 1);
	host_writes(_metadata, self, 1, 100, 0);
	expect_data(_metadata, self, 1, 100);
	host_unreachable(self, 1);
	wait_for_error(_metadata, self, EHOSTUNREACH);
}

/* What was in the way is not any more. */
TEST_F(peer, soft_forgotten)
{
	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	net_sysctl_write("net/xtcp/retries2", "2");
	open_stream(_metadata, self, 1);
	host_writes(_metadata, self, 1, 100, 0);
	expect_data(_metadata, self, 1, 100);
	host_unreachable(self, 1);
	peer_acks(self, 101);
	host_writes(_metadata, self, 101, 100, 0);
	wait_for_error(_metadata, self, ETIMEDOUT);
}

TEST_F(peer, soft_with_wrong_sequence)
{
	ONLY_XTCP();
	ONE_OF_EACH();
	set_timers(&self->host);
	net_sysctl_write("net/xtcp/retries2", "2");
	open_stream(_metadata, self, 1);
	host_writes(_metadata, self, 1, 100, 0);
	expect_data(_metadata, self, 1, 100);
	host_unreachable(self, 0);
	host_unreachable(self, 101);
	host_unreachable(self, 0x80000000);
	wait_for_error(_metadata, self, ETIMEDOUT);
}

/* Of the half-open: a hard error ends it, if it is about the SYN-ACK itself. */
TEST_F(peer, hard_in_syn_received)
{
	struct peer *p = &self->peer;

	/* It drops the entry for none of them. */
	ONLY_XTCP();
	begin_passive(_metadata, self);
	port_unreachable(self, 1);
	port_unreachable(self, -1);
	host_unreachable(self, 0);
	ASSERT_STATE(STATE_SYN_RECEIVED);
	port_unreachable(self, 0);
	ASSERT_STATE(STATE_NONE);
	peer_send(p, .flags = RST, .seq = 1);
	ASSERT_FINE(peer_expect_nothing(p));
}

/*
 * The error queue
 */

/**
 * struct error - what MSG_ERRQUEUE says
 * @len: bytes of the quoted segment that were read, or a negative errno
 * @flags: msg_flags
 * @name: whom the segment was for
 * @ee: what went wrong
 * @offender: who says so
 * @data: of the quoted segment
 */
struct error {
	int				len;
	int				flags;
	struct sockaddr_storage		name;
	struct sock_extended_err	ee;
	struct sockaddr_storage		offender;
	uint8_t				data[256];
};

static struct error read_error(FIXTURE_DATA(peer) *self, size_t room)
{
	const bool v4 = self->host.version == 4;
	char control[CMSG_SPACE(sizeof(struct sock_extended_err) + sizeof(struct sockaddr_in6))];
	struct error error = {};
	struct iovec iov = { .iov_base = error.data, .iov_len = room };
	struct msghdr msg = {
		.msg_name = &error.name, .msg_namelen = sizeof(error.name),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	size_t size = v4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	struct cmsghdr *cm;

	error.len = recvmsg(self->fd, &msg, MSG_ERRQUEUE);
	if (error.len < 0) {
		error.len = -errno;
		return error;
	}
	error.flags = msg.msg_flags;
	cm = CMSG_FIRSTHDR(&msg);
	if (msg.msg_namelen != size || !cm || cm->cmsg_len != CMSG_LEN(sizeof(error.ee) + size) ||
	    cm->cmsg_level != (v4 ? SOL_IP : SOL_IPV6) ||
	    cm->cmsg_type != (v4 ? IP_RECVERR : IPV6_RECVERR) || CMSG_NXTHDR(&msg, cm)) {
		error.len = -EBADMSG;
		return error;
	}
	memcpy(&error.ee, CMSG_DATA(cm), sizeof(error.ee));
	memcpy(&error.offender, CMSG_DATA(cm) + sizeof(error.ee), size);
	return error;
}

static int set_recverr(FIXTURE_DATA(peer) *self, int value)
{
	return self->host.version == 4 ? host_set(self->fd, IPPROTO_IP, IP_RECVERR, value) :
					 host_set(self->fd, IPPROTO_IPV6, IPV6_RECVERR, value);
}

static int set_extensions(FIXTURE_DATA(peer) *self, int value)
{
	return self->host.version == 4 ?
	       host_set(self->fd, IPPROTO_IP, IP_RECVERR_RFC4884, value) :
	       host_set(self->fd, IPPROTO_IPV6, IPV6_RECVERR_RFC4884, value);
}

static int get_extensions(FIXTURE_DATA(peer) *self)
{
	return self->host.version == 4 ?
	       host_get(self->fd, IPPROTO_IP, IP_RECVERR_RFC4884) :
	       host_get(self->fd, IPPROTO_IPV6, IPV6_RECVERR_RFC4884);
}

static int get_recverr(FIXTURE_DATA(peer) *self)
{
	return self->host.version == 4 ? host_get(self->fd, IPPROTO_IP, IP_RECVERR) :
					 host_get(self->fd, IPPROTO_IPV6, IPV6_RECVERR);
}

static void begin_asking(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self)
{
	begin_active(_metadata, self);
	EXPECT_EQ(0, get_recverr(self));
	ASSERT_EQ(0, set_recverr(self, 5));
	EXPECT_EQ(1, get_recverr(self));
	EXPECT_EQ(-EAGAIN, read_error(self, 0).len);
}

static void expect_error(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self, int err,
			 int type, int code)
{
	const bool v4 = self->host.version == 4;
	const struct error error = read_error(self, sizeof(error.data));
	struct sockaddr_storage peer;

	/* As the peer quotes it. */
	ASSERT_EQ(20, error.len);
	EXPECT_EQ(MSG_ERRQUEUE, error.flags);
	EXPECT_EQ(self->peer.host_port, error.data[0] << 8 | error.data[1]);
	EXPECT_EQ(self->peer.port, error.data[2] << 8 | error.data[3]);
	EXPECT_EQ(err, (int)error.ee.ee_errno);
	EXPECT_EQ(v4 ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6, error.ee.ee_origin);
	EXPECT_EQ(type, error.ee.ee_type);
	EXPECT_EQ(code, error.ee.ee_code);
	EXPECT_EQ(0, error.ee.ee_pad);
	EXPECT_EQ(0, error.ee.ee_info);
	EXPECT_EQ(0, error.ee.ee_data);
	memset(&peer, 0, sizeof(peer));
	host_address(&self->host, &peer, "peer", self->peer.port);
	EXPECT_EQ(0, memcmp(&peer, &error.name, sizeof(peer)));
	host_address(&self->host, &peer, "peer", 0);
	/* Linux leaves what a struct sockaddr_in has no use for as it was. */
	EXPECT_EQ(0, memcmp(&peer, &error.offender, v4 ? 8 : sizeof(peer)));
	EXPECT_EQ(-EAGAIN, read_error(self, 0).len);
}

/* ip(7): "it passes all incoming errors immediately to the user." */
TEST_F(peer, soft_asked_for_in_syn_sent)
{
	const bool v4 = self->host.version == 4;

	begin_asking(_metadata, self);
	host_unreachable(self, 0);
	wait_for_error(_metadata, self, EHOSTUNREACH);
	expect_error(_metadata, self, EHOSTUNREACH, v4 ? 3 : 1, v4 ? 1 : 3);
}

TEST_F(peer, hard_asked_for_in_syn_sent)
{
	const bool v4 = self->host.version == 4;

	begin_asking(_metadata, self);
	port_unreachable(self, 0);
	wait_for_error(_metadata, self, ECONNREFUSED);
	expect_error(_metadata, self, ECONNREFUSED, v4 ? 3 : 1, v4 ? 3 : 4);
}

/* Who reads it from the queue need not hear of it again. */
TEST_F(peer, told_once)
{
	struct pollfd pfd;

	begin_asking(_metadata, self);
	pfd = (struct pollfd){ .fd = self->fd, .events = 0 };
	port_unreachable(self, 0);
	ASSERT_EQ(1, poll(&pfd, 1, clock_patience_ms()));
	EXPECT_TRUE(pfd.revents & POLLERR);
	EXPECT_EQ(20, read_error(self, 20).len);
	EXPECT_EQ(0, host_socket_error(self->fd));
	ASSERT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_EQ(POLLHUP, pfd.revents);
}

TEST_F(peer, quote_cut_short)
{
	struct error error;

	begin_asking(_metadata, self);
	port_unreachable(self, 0);
	wait_for_error(_metadata, self, ECONNREFUSED);
	error = read_error(self, 5);
	EXPECT_EQ(5, error.len);
	EXPECT_EQ(MSG_ERRQUEUE | MSG_TRUNC, error.flags);
	EXPECT_EQ(0, error.data[5]);
	EXPECT_EQ(-EAGAIN, read_error(self, 0).len);
}

/* The connection outlives it, and it is told by its number alone. */
TEST_F(peer, asked_for_in_established)
{
	char buf[10];

	open_stream(_metadata, self, 1);
	ASSERT_EQ(0, set_recverr(self, 1));
	host_writes(_metadata, self, 1, 100, 0);
	expect_data(_metadata, self, 1, 100);
	host_unreachable(self, 1);
	EXPECT_EQ(EHOSTUNREACH, host_socket_error(self->fd));
	EXPECT_EQ(0, host_socket_error(self->fd));
	port_unreachable(self, 1);
	EXPECT_EQ(-1, recv(self->fd, buf, sizeof(buf), 0));
	EXPECT_EQ(ECONNREFUSED, errno);
	EXPECT_EQ(-EAGAIN, read_error(self, 0).len);
	ASSERT_STATE(STATE_ESTABLISHED);
	peer_acks(self, 101);
	host_writes(_metadata, self, 101, 100, 0);
	expect_data(_metadata, self, 101, 100);
}

/* That it was too big concerns nobody but the host. */
TEST_F(peer, path_mtu_asked_for)
{
	const bool v4 = self->host.version == 4;

	open_stream(_metadata, self, 1);
	ASSERT_EQ(0, set_recverr(self, 1));
	host_writes(_metadata, self, 1, 100, 0);
	expect_data(_metadata, self, 1, 100);
	peer_send_icmp(&self->peer, v4 ? 3 : 2, v4 ? 4 : 0, 1300, 1);
	EXPECT_EQ(0, host_socket_error(self->fd));
	EXPECT_EQ(-EAGAIN, read_error(self, 0).len);
}

/* RFC 4884 7 and 8: version 2, a checksum, and an object: a label of MPLS (RFC 4950). */
static void make_extension(struct peer *p)
{
	static const uint8_t words[] = { 0x20, 0, 0, 0, 0, 8, 1, 1, 0x12, 0x34, 0x51, 0x40 };
	uint16_t sum = segment_checksum(NULL, words, sizeof(words));

	memcpy(p->extension, words, sizeof(words));
	p->extension_len = sizeof(words);
	p->extension[2] = sum >> 8;
	p->extension[3] = sum;
}

/* All that came is there to be read; and where in it the extension begins, for those who ask. */
static void expect_extension(struct __test_metadata *_metadata, FIXTURE_DATA(peer) *self,
			     bool asked, int flags)
{
	const int quoted = PEER_QUOTED - (self->host.version == 4 ? 20 : 40);
	const struct sock_ee_data_rfc4884 *data;
	struct error error;

	port_unreachable(self, 0);
	wait_for_error(_metadata, self, ECONNREFUSED);
	error = read_error(self, sizeof(error.data));
	data = &error.ee.ee_rfc4884;
	ASSERT_EQ(quoted + (int)self->peer.extension_len, error.len);
	EXPECT_EQ(0, memcmp(error.data + quoted, self->peer.extension, self->peer.extension_len));
	EXPECT_EQ(asked ? quoted : 0, data->len);
	EXPECT_EQ(flags, data->flags);
	EXPECT_EQ(0, data->reserved);
}

TEST_F(peer, extension)
{
	begin_asking(_metadata, self);
	EXPECT_EQ(0, get_extensions(self));
	ASSERT_EQ(0, set_extensions(self, 1));
	EXPECT_EQ(1, get_extensions(self));
	EXPECT_EQ(-EINVAL, set_extensions(self, 2));
	EXPECT_EQ(-EINVAL, set_extensions(self, -1));
	make_extension(&self->peer);
	expect_extension(_metadata, self, true, 0);
}

TEST_F(peer, extension_not_asked_for)
{
	begin_asking(_metadata, self);
	make_extension(&self->peer);
	expect_extension(_metadata, self, false, 0);
}

TEST_F(peer, extension_with_a_wrong_checksum)
{
	begin_asking(_metadata, self);
	ASSERT_EQ(0, set_extensions(self, 1));
	make_extension(&self->peer);
	self->peer.extension[3] ^= 1;
	expect_extension(_metadata, self, true, SO_EE_RFC4884_FLAG_INVALID);
}

/* Its object says that it is longer than what came. */
TEST_F(peer, extension_that_lies)
{
	begin_asking(_metadata, self);
	ASSERT_EQ(0, set_extensions(self, 1));
	make_extension(&self->peer);
	/* No checksum is a right one. */
	memset(self->peer.extension + 2, 0, 2);
	self->peer.extension[5] = 9;
	expect_extension(_metadata, self, true, SO_EE_RFC4884_FLAG_INVALID);
}

/* Of 5 bytes, and of 7. */
TEST_F(peer, extension_of_odd_objects)
{
	static const uint8_t words[] = { 0x20, 0, 0, 0, 0, 5, 9, 1, 1, 0, 7, 9, 1, 1, 2, 3 };

	begin_asking(_metadata, self);
	ASSERT_EQ(0, set_extensions(self, 1));
	memcpy(self->peer.extension, words, sizeof(words));
	self->peer.extension_len = sizeof(words);
	expect_extension(_metadata, self, true, 0);
}

/* Too short to be one; nothing is read behind its end. */
TEST_F(peer, extension_cut_short)
{
	begin_asking(_metadata, self);
	ASSERT_EQ(0, set_extensions(self, 1));
	make_extension(&self->peer);
	self->peer.extension_len = 3;
	expect_extension(_metadata, self, false, 0);
}

TEST_F(peer, not_asked_for_any_more)
{
	begin_asking(_metadata, self);
	port_unreachable(self, 0);
	wait_for_error(_metadata, self, ECONNREFUSED);
	ASSERT_EQ(0, set_recverr(self, 0));
	EXPECT_EQ(-EAGAIN, read_error(self, 0).len);
}

TEST_F(peer, never_asked_for)
{
	/* Linux queues what ends an attempt in any case. */
	ONLY_XTCP();
	begin_active(_metadata, self);
	port_unreachable(self, 0);
	wait_for_error(_metadata, self, ECONNREFUSED);
	EXPECT_EQ(-EAGAIN, read_error(self, 0).len);
}

/* Left unread by one attempt after the other, they take no more than the receive buffer. */
TEST_F(peer, queue_has_an_end)
{
	const unsigned int attempts = 40;
	unsigned int i, queued = 0;

	ONLY_XTCP();
	ONE_OF_EACH();
	begin_asking(_metadata, self);
	ASSERT_EQ(0, host_set(self->fd, SOL_SOCKET, SO_RCVBUF, 1));
	for (i = 0; i < attempts; i++) {
		port_unreachable(self, 0);
		wait_for_error(_metadata, self, ECONNREFUSED);
		peer_forget(&self->peer);
		self->peer.host_port = 0;
		/* The end of the last one, then the next. */
		ASSERT_EQ(-ECONNABORTED, host_connect(&self->host, self->fd, "peer",
						      self->peer.port));
		ASSERT_EQ(-EINPROGRESS, host_connect(&self->host, self->fd, "peer",
						     self->peer.port));
		ASSERT_FINE(peer_expect(&self->peer, .flags = SYN));
	}
	while (read_error(self, 0).len >= 0)
		queued++;
	EXPECT_LT(0, queued);
	EXPECT_GT(attempts, queued);
}

TEST_HARNESS_MAIN

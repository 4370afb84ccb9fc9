// SPDX-License-Identifier: GPL-2.0
/*
 * Segments without memory: each allocation of each segment's way in fails in turn. The segment
 * comes again, as one does that was not answered, and then all is as it should.
 *
 * On a kernel without fault injection there is nothing to do.
 */
#include "kselftest_harness.h"
#include "lib/fault_fixture.h"

#include "lib/pattern.h"

#define CROWD 32

/* @crowded: what is half open already must make room. */
static void fail_syn(struct __test_metadata *_metadata, FIXTURE_DATA(fault) *self, bool crowded)
{
	struct peer *p = &self->peer;
	unsigned int nth, i;
	bool hit;

	start_listener(_metadata, self);
	for (nth = 0, hit = true; hit; nth++) {
		next_connection(self);
		for (i = 0; crowded && i < CROWD; i++) {
			peer_send(p, .flags = SYN);
			peer_drain(p);
			next_connection(self);
		}
		FAULTY(nth, hit, peer_send(p, .flags = SYN));
		peer_drain(p);
		peer_forget(p);
		peer_send(p, .flags = SYN);
		ASSERT_TRUE(peer_awaits(p, SYN | ACK));
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "x", .len = 1);
		self->fd = accept_now(self);
		ASSERT_LE(0, self->fd);
		ASSERT_STREQ("x", reads(self->fd, "x"));
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

TEST_F(fault, syn)
{
	fail_syn(_metadata, self, false);
}

TEST_F(fault, syn_for_a_cookie)
{
	ASSERT_EQ(0, net_sysctl_write("net/xtcp/syncookies", "2"));
	fail_syn(_metadata, self, false);
}

TEST_F(fault, syn_that_evicts)
{
	char half[16];

	/* Entries of 96 bytes. */
	snprintf(half, sizeof(half), "%d", CROWD / 2 * 96);
	ASSERT_EQ(0, net_sysctl_write("net/xtcp/synq_bytes", half));
	fail_syn(_metadata, self, true);
	ASSERT_LT(0, host_counter("SynqEvicted"));
}

static void fail_final_ack(struct __test_metadata *_metadata, FIXTURE_DATA(fault) *self)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	long dropped;
	bool hit;

	start_listener(_metadata, self);
	for (nth = 0, hit = true; hit; nth++) {
		next_connection(self);
		peer_send(p, .flags = SYN);
		ASSERT_TRUE(peer_awaits(p, SYN | ACK));
		dropped = host_counter("DropNoMemory");
		FAULTY(nth, hit,
		       peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "x", .len = 1));
		/* One segment counts as one. */
		ASSERT_GE(dropped + 1, host_counter("DropNoMemory"));
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "x", .len = 1);
		ASSERT_TRUE(peer_awaits_ack(p, 2));
		self->fd = accept_now(self);
		ASSERT_LE(0, self->fd);
		ASSERT_STREQ("x", reads(self->fd, "x"));
		/* There is one child, not two. */
		ASSERT_EQ(-EAGAIN, accept_now(self));
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

TEST_F(fault, final_ack)
{
	fail_final_ack(_metadata, self);
}

/* What could not be opened has not spent its cookie. */
TEST_F(fault, final_ack_of_a_cookie)
{
	ASSERT_EQ(0, net_sysctl_write("net/xtcp/syncookies", "2"));
	fail_final_ack(_metadata, self);
}

TEST_F(fault, syn_ack)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;

	for (nth = 0, hit = true; hit; nth++) {
		next_connection(self);
		self->fd = host_socket(&self->host, SOCK_NONBLOCK | SOCK_CLOEXEC);
		ASSERT_EQ(-EINPROGRESS, host_connect(&self->host, self->fd, "peer", p->port));
		ASSERT_TRUE(peer_awaits(p, SYN));
		FAULTY(nth, hit, peer_send(p, .flags = SYN | ACK, .ack = 1));
		peer_drain(p);
		peer_send(p, .flags = SYN | ACK, .ack = 1);
		ASSERT_TRUE(peer_awaits_ack(p, 1));
		ASSERT_EQ(STATE_ESTABLISHED, state_of(self));
		ASSERT_EQ(1, write(self->fd, "y", 1));
		ASSERT_TRUE(peer_awaits(p, PSH));
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

TEST_F(fault, data_in_order)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;

	start_listener(_metadata, self);
	for (nth = 0, hit = true; hit; nth++) {
		open_passive(_metadata, self);
		FAULTY(nth, hit, peer_send(p, .flags = ACK, .seq = 1, .ack = 1,
					   .data = "abc", .len = 3));
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "abc", .len = 3);
		ASSERT_TRUE(peer_awaits_ack(p, 4));
		ASSERT_STREQ("abc", reads(self->fd, "abc"));
		ASSERT_STREQ("", reads(self->fd, ""));
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

TEST_F(fault, data_beyond_a_gap)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;

	start_listener(_metadata, self);
	for (nth = 0, hit = true; hit; nth++) {
		open_passive(_metadata, self);
		FAULTY(nth, hit, peer_send(p, .flags = ACK, .seq = 4, .ack = 1,
					   .data = "def", .len = 3));
		peer_send(p, .flags = ACK, .seq = 4, .ack = 1, .data = "def", .len = 3);
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1, .data = "abc", .len = 3);
		ASSERT_TRUE(peer_awaits_ack(p, 7));
		ASSERT_STREQ("abcdef", reads(self->fd, "abcdef"));
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

/* An ACK that opens the window to data: what it lets go may fail to go. */
TEST_F(fault, window)
{
	struct peer *p = &self->peer;
	uint8_t sent[4000], got[4000];
	unsigned int nth;
	bool hit;

	start_listener(_metadata, self);
	pattern_fill(1, 0, sent, sizeof(sent));
	for (nth = 0, hit = true; hit; nth++) {
		p->window = 0;
		open_passive(_metadata, self);
		ASSERT_EQ(sizeof(sent), write(self->fd, sent, sizeof(sent)));
		p->window = 65535;
		FAULTY(nth, hit, peer_send(p, .flags = ACK, .seq = 1, .ack = 1));
		/* A probe may have been on its way, and want this one. */
		peer_send(p, .flags = ACK, .seq = 1, .ack = 1);
		ASSERT_FINE(peer_collect(p, 1, 1 + sizeof(sent), got, true));
		ASSERT_EQ(0, memcmp(sent, got, sizeof(sent)));
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

TEST_F(fault, fin)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;

	start_listener(_metadata, self);
	for (nth = 0, hit = true; hit; nth++) {
		open_passive(_metadata, self);
		FAULTY(nth, hit, peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 1,
					   .data = "x", .len = 1));
		peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 1, .data = "x", .len = 1);
		ASSERT_TRUE(peer_awaits_ack(p, 3));
		ASSERT_EQ(STATE_CLOSE_WAIT, state_of(self));
		ASSERT_STREQ("x", reads(self->fd, "x"));
		ASSERT_EQ(0, read(self->fd, &hit, 1));
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

/* Without memory for TIME-WAIT there is none, but the connection is over all the same. */
TEST_F(fault, last_fin)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;

	start_listener(_metadata, self);
	for (nth = 0, hit = true; hit; nth++) {
		open_passive(_metadata, self);
		close(self->fd);
		self->fd = -1;
		ASSERT_TRUE(peer_awaits(p, FIN));
		peer_send(p, .flags = ACK, .seq = 1, .ack = 2);
		ASSERT_EQ(STATE_FIN_WAIT_2, state_of(self));
		FAULTY(nth, hit, peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 2));
		if (state_of(self) == STATE_FIN_WAIT_2)
			peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 2);
		if (hit && state_of(self) == STATE_NONE)
			continue;
		ASSERT_EQ(STATE_TIME_WAIT, state_of(self));
		peer_drain(p);
		peer_send(p, .flags = FIN | ACK, .seq = 1, .ack = 2);
		ASSERT_TRUE(peer_awaits_ack(p, 2));
	}
	assert_faults_done(_metadata, nth, hit);
}

TEST_F(fault, rst)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;
	char c;

	start_listener(_metadata, self);
	for (nth = 0, hit = true; hit; nth++) {
		open_passive(_metadata, self);
		FAULTY(nth, hit, peer_send(p, .flags = RST, .seq = 1));
		peer_send(p, .flags = RST, .seq = 1);
		ASSERT_EQ(STATE_NONE, state_of(self));
		ASSERT_EQ(-1, read(self->fd, &c, 1));
		ASSERT_EQ(ECONNRESET, errno);
		end_connection(self);
	}
	assert_faults_done(_metadata, nth, hit);
}

/* Answered by a reset, or not. */
TEST_F(fault, segment_for_nobody)
{
	struct peer *p = &self->peer;
	unsigned int nth;
	bool hit;

	for (nth = 0, hit = true; hit; nth++) {
		next_connection(self);
		p->host_port = 9;
		FAULTY(nth, hit, peer_send(p, .flags = SYN));
		peer_drain(p);
		peer_forget(p);
		peer_send(p, .flags = SYN);
		ASSERT_TRUE(peer_awaits(p, RST));
	}
	assert_faults_done(_metadata, nth, hit);
}

int main(int argc, char **argv)
{
	return fault_run(test_harness_run, argc, argv);
}

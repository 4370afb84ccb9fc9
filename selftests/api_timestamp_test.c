// SPDX-License-Identifier: GPL-2.0
/*
 * SO_TIMESTAMP, SO_TIMESTAMPNS, SO_TIMESTAMPING: when the last byte of a read came, and when that
 * of a write went.
 */
#include <time.h>

#include "kselftest_harness.h"
#include "lib/api_fixture.h"
#include "lib/stamp.h"

#define NS_PER_S	1000000000LL

/* Of the host's clock; a guest's may stand still. */
static long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/**
 * struct stamp - what a read says
 * @got: bytes, or a negative errno
 * @type: of the only control message; 0: there is none, -1: there are several
 * @ns: its first time
 * @others: whether it has a second or third one
 */
struct stamp {
	ssize_t		got;
	int		type;
	long long	ns;
	bool		others;
};

/* Each of them begins with seconds and a fraction, 64 bits each. */
static struct stamp read_stamp(int fd, size_t size, int flags)
{
	char control[256], buf[64];
	struct iovec iov = { .iov_base = buf, .iov_len = size };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct stamp stamp = {};
	struct cmsghdr *cm;
	int64_t times[6] = {};

	stamp.got = recvmsg(fd, &msg, flags);
	if (stamp.got < 0)
		stamp.got = -errno;
	cm = stamp.got < 0 ? NULL : CMSG_FIRSTHDR(&msg);
	if (!cm)
		return stamp;
	stamp.type = CMSG_NXTHDR(&msg, cm) || cm->cmsg_level != SOL_SOCKET ? -1 : cm->cmsg_type;
	memcpy(times, CMSG_DATA(cm), cm->cmsg_len - CMSG_LEN(0));
	if (cm->cmsg_type == SO_TIMESTAMP_OLD || cm->cmsg_type == SO_TIMESTAMP_NEW)
		times[1] *= 1000;
	stamp.ns = times[0] * NS_PER_S + times[1];
	stamp.others = times[2] || times[3] || times[4] || times[5];
	return stamp;
}

/* The first one who asks has the kernel begin to stamp packets, by and by. */
static void wait_for_stamps(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self)
{
	const uint64_t end = clock_ms() + clock_patience_ms();
	struct stamp stamp;

	do {
		ASSERT_GT(end, clock_ms());
		ASSERT_EQ(1, write(self->a, "w", 1));
		stamp = read_stamp(self->b, 1, 0);
		ASSERT_EQ(1, stamp.got);
		if (!stamp.type)
			clock_sleep_ms(10);
	} while (!stamp.type);
}

static void expect_stamps(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self, int name,
			  int value)
{
	struct stamp first, second;
	long long before;

	open_pair(_metadata, self);
	ASSERT_EQ(0, host_set(self->b, SOL_SOCKET, name, value));
	EXPECT_EQ(value, host_get(self->b, SOL_SOCKET, name));
	wait_for_stamps(_metadata, self);
	before = now_ns() - 1000;
	ASSERT_EQ(4, write(self->a, "abcd", 4));
	ASSERT_EQ(POLLIN, poll_events(self->b, POLLIN, true));
	first = read_stamp(self->b, 2, MSG_PEEK);
	EXPECT_EQ(2, first.got);
	EXPECT_EQ(name, first.type);
	EXPECT_LE(before, first.ns);
	EXPECT_GE(now_ns(), first.ns);
	EXPECT_FALSE(first.others);
	second = read_stamp(self->b, 4, 0);
	EXPECT_EQ(4, second.got);
	EXPECT_EQ(name, second.type);
	EXPECT_EQ(first.ns, second.ns);

	/* Of two segments, the last one's. */
	ASSERT_EQ(1, write(self->a, "e", 1));
	clock_sleep_ms(50);
	before = now_ns() - 1000;
	ASSERT_EQ(1, write(self->a, "f", 1));
	clock_sleep_ms(50);
	first = read_stamp(self->b, 8, 0);
	EXPECT_EQ(2, first.got);
	EXPECT_EQ(name, first.type);
	EXPECT_LE(before, first.ns);

	/* The end has none. */
	ASSERT_EQ(0, shutdown(self->a, SHUT_WR));
	first = read_stamp(self->b, 8, 0);
	EXPECT_EQ(0, first.got);
	EXPECT_EQ(0, first.type);
}

TEST_F(api, timestamp)
{
	expect_stamps(_metadata, self, SO_TIMESTAMP_OLD, 1);
}

TEST_F(api, timestamp_new)
{
	expect_stamps(_metadata, self, SO_TIMESTAMP_NEW, 1);
}

TEST_F(api, timestampns)
{
	expect_stamps(_metadata, self, SO_TIMESTAMPNS_OLD, 1);
}

TEST_F(api, timestampns_new)
{
	expect_stamps(_metadata, self, SO_TIMESTAMPNS_NEW, 1);
}

TEST_F(api, timestamping)
{
	expect_stamps(_metadata, self, SO_TIMESTAMPING_OLD,
		      SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE);
}

TEST_F(api, timestamping_new)
{
	expect_stamps(_metadata, self, SO_TIMESTAMPING_NEW,
		      SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE);
}

/* They are taken, but nobody wants to hear of them. */
TEST_F(api, not_reported)
{
	struct stamp stamp;

	open_pair(_metadata, self);
	ASSERT_EQ(0, host_set(self->b, SOL_SOCKET, SO_TIMESTAMPING_OLD,
			      SOF_TIMESTAMPING_RX_SOFTWARE));
	ASSERT_EQ(1, write(self->a, "a", 1));
	stamp = read_stamp(self->b, 8, 0);
	EXPECT_EQ(1, stamp.got);
	EXPECT_EQ(0, stamp.type);
	ASSERT_EQ(0, host_set(self->b, SOL_SOCKET, SO_TIMESTAMPING_OLD, 0));
	ASSERT_EQ(1, write(self->a, "b", 1));
	stamp = read_stamp(self->b, 8, 0);
	EXPECT_EQ(0, stamp.type);
	EXPECT_EQ(-EINVAL, host_set(self->b, SOL_SOCKET, SO_TIMESTAMPING_OLD, 1 << 30));
}

/* One call for two segments that wait for each other, with a pause between. */
TEST_F(api, across_a_wait)
{
	struct stamp stamp;
	long long before;
	int status;
	pid_t pid;

	open_pair(_metadata, self);
	ASSERT_EQ(0, host_set(self->b, SOL_SOCKET, SO_TIMESTAMPNS_OLD, 1));
	wait_for_stamps(_metadata, self);
	pid = fork();
	ASSERT_LE(0, pid);
	before = now_ns();
	if (!pid) {
		clock_sleep_ms(20);
		if (write(self->a, "a", 1) != 1)
			_exit(1);
		clock_sleep_ms(100);
		_exit(write(self->a, "b", 1) != 1);
	}
	stamp = read_stamp(self->b, 2, MSG_WAITALL);
	EXPECT_EQ(2, stamp.got);
	EXPECT_EQ(SO_TIMESTAMPNS_OLD, stamp.type);
	EXPECT_LE(before + 100 * 1000 * 1000, stamp.ns);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* Of what is sent, once it has passed a station; times are in the order of the way. */
TEST_F(api, of_what_is_sent)
{
	static const uint32_t stations[] = { SCM_TSTAMP_SCHED, SCM_TSTAMP_SND, SCM_TSTAMP_ACK };
	const uint64_t end = clock_ms() + clock_patience_ms();
	struct stamp_told told;
	long long last;
	unsigned int i;
	char buf[10];
	int ret;

	open_pair(_metadata, self);
	ASSERT_EQ(0, host_set(self->a, SOL_SOCKET, SO_TIMESTAMPING_NEW,
			      STAMP_NUMBERS | STAMP_STATIONS));
	EXPECT_EQ(STAMP_NUMBERS | STAMP_STATIONS,
		  host_get(self->a, SOL_SOCKET, SO_TIMESTAMPING_NEW));
	last = now_ns() - 1000;
	ASSERT_EQ(10, write(self->a, "0123456789", 10));
	ASSERT_EQ(10, recv(self->b, buf, 10, MSG_WAITALL));
	for (i = 0; i < ARRAY_SIZE(stations); i++) {
		EXPECT_EQ(POLLERR, poll_events(self->a, 0, true));
		do {
			ret = stamp_take(self->a, self->host.version, &told);
		} while (ret == -EAGAIN && clock_ms() < end);
		ASSERT_EQ(0, ret);
		EXPECT_EQ(stations[i], told.station);
		EXPECT_EQ(9, told.number);
		EXPECT_LE(last, told.ns);
		last = told.ns;
	}
	EXPECT_GE(now_ns(), last);
	EXPECT_EQ(0, poll_events(self->a, 0, false));
	EXPECT_EQ(0, host_socket_error(self->a));
}

/* What is to be counted must be there; what a listener asks for its children do. */
TEST_F(api, of_what_is_not_sent_yet)
{
	const int stations = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY |
			     SOF_TIMESTAMPING_TX_SOFTWARE;

	self->a = host_socket(&self->host, 0);
	ASSERT_LE(0, self->a);
	EXPECT_EQ(-EINVAL, host_set(self->a, SOL_SOCKET, SO_TIMESTAMPING_OLD, STAMP_NUMBERS));
	close_fd(&self->a);
	open_listener(_metadata, self);
	EXPECT_EQ(-EINVAL, host_set(self->listener, SOL_SOCKET, SO_TIMESTAMPING_OLD,
				    STAMP_NUMBERS));
	ASSERT_EQ(0, host_set(self->listener, SOL_SOCKET, SO_TIMESTAMPING_OLD, stations));
	open_pair(_metadata, self);
	ASSERT_EQ(4, write(self->b, "abcd", 4));
	EXPECT_STREQ("sent 0", stamp_list(self->b, self->host.version));
}

/* The kernel's TCP tells its own state so. */
TEST_F(api, with_statistics)
{
	const int flags = SOF_TIMESTAMPING_OPT_STATS | SOF_TIMESTAMPING_OPT_TSONLY;

	open_pair(_metadata, self);
	EXPECT_EQ(host_is_reference(&self->host) ? 0 : -EOPNOTSUPP,
		  host_set(self->a, SOL_SOCKET, SO_TIMESTAMPING_OLD, flags));
}

TEST_HARNESS_MAIN

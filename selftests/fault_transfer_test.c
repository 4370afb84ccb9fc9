// SPDX-License-Identifier: GPL-2.0
/*
 * Transfers without memory: in softirq, where no count reaches, every tenth object does not come.
 * The connection loses no byte, and nothing is left behind.
 *
 * On a kernel without fault injection there is nothing to do.
 */
#include "kselftest_harness.h"
#include "lib/fault_fixture.h"

#include <poll.h>

#include "lib/pattern.h"

static bool take_turn(int from, int to, uint64_t seed, size_t *sent, size_t *got, size_t total)
{
	uint8_t buf[8192];
	ssize_t n = total - *sent < sizeof(buf) ? total - *sent : sizeof(buf);

	pattern_fill(seed, *sent, buf, n);
	n = send(from, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		*sent += n;
	n = recv(to, buf, sizeof(buf), MSG_DONTWAIT);
	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	if (pattern_check(seed, *got, buf, n) != (size_t)n)
		return false;
	*got += n;
	return true;
}

static void await_end(struct __test_metadata *_metadata, int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char c;

	ASSERT_EQ(1, poll(&pfd, 1, clock_patience_ms()));
	ASSERT_EQ(0, read(fd, &c, 1));
}

static void exchange(struct __test_metadata *_metadata, int a, int b, size_t total)
{
	const uint64_t end = clock_ms() + clock_patience_ms();
	size_t sent[2] = {}, got[2] = {};

	while (got[0] < total || got[1] < total) {
		ASSERT_GT(end, clock_ms());
		if (got[0] < total)
			ASSERT_TRUE(take_turn(a, b, 5, &sent[0], &got[0], total));
		if (got[1] < total)
			ASSERT_TRUE(take_turn(b, a, 6, &sent[1], &got[1], total));
	}
	ASSERT_EQ(0, shutdown(a, SHUT_WR));
	await_end(_metadata, b);
	ASSERT_EQ(0, shutdown(b, SHUT_WR));
	await_end(_metadata, a);
}

static void one_connection(struct __test_metadata *_metadata, FIXTURE_DATA(fault) *self)
{
	struct pollfd pfd = { .fd = self->listener, .events = POLLIN };
	int a, b;

	a = host_socket(&self->host, SOCK_CLOEXEC);
	ASSERT_LE(0, a);
	ASSERT_EQ(0, host_connect(&self->host, a, "lo", HOST_PORT));
	ASSERT_EQ(1, poll(&pfd, 1, clock_patience_ms()));
	b = accept_now(self);
	ASSERT_LE(0, b);
	exchange(_metadata, a, b, 100000);
	close(a);
	close(b);
}

/* Of those that fail, none may be one that tells: then once more. */
TEST_F(fault, every_tenth)
{
	const unsigned int rounds = clock_scaled(20, 10);
	unsigned int tries, i;
	long lost = 0;

	start_listener(_metadata, self);
	for (tries = 0; !lost && tries < 10; tries++) {
		faults_by_chance("10");
		for (i = 0; i < rounds; i++)
			one_connection(_metadata, self);
		faults_by_count();
		lost = host_counter("RetransSegs") + host_counter("DropNoMemory");
		TH_LOG("%ld sent again, %ld without memory", host_counter("RetransSegs"),
		       host_counter("DropNoMemory"));
	}
	EXPECT_LT(0, lost);
}

int main(int argc, char **argv)
{
	return fault_run(test_harness_run, argc, argv);
}

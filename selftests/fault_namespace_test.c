// SPDX-License-Identifier: GPL-2.0
/*
 * Namespaces without memory: one is made by everybody's allocations, hundreds of them, and those
 * that are ours fail in turn; the kernel log tells which these are. There is no namespace then, and
 * the next one works.
 *
 * On a kernel without fault injection there is nothing to do.
 */
#include "kselftest_harness.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fault.h"
#include "lib/host.h"
#include "lib/net.h"

/* Seconds: an emulated debug kernel takes its time. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 280

#define HOST_PORT 5000

static bool log_says(int log, const char *text)
{
	char record[1024];
	bool says = false;
	ssize_t n;

	do {
		n = read(log, record, sizeof(record) - 1);
		if (n > 0) {
			record[n] = '\0';
			says |= !!strstr(record, text);
		}
	} while (n > 0 || errno == EPIPE);
	return says;
}

/* How many chances there were; the kernel has many words for failure, any will do. */
static unsigned int make_namespace(unsigned int nth, bool *made)
{
	int left;

	fault_begin(nth);
	*made = !unshare(CLONE_NEWNET);
	left = fault_left();
	fault_end();
	return left < 0 ? nth : nth - left;
}

static bool our_namespace_fails(int log, unsigned int nth)
{
	bool made;

	/* What is left of the one before takes memory and gives some back, at its own time. */
	clock_sleep_ms(20);
	make_namespace(nth, &made);
	return log_says(log, "xtcp: step ") && !made;
}

TEST(namespace)
{
	const unsigned int many = 1000000, around = 32, enough = 5;
	unsigned int ours = 0;
	unsigned int last, nth, tries;
	bool made;
	int log;

	/* Places are told apart by their number, which must be much the same each time. */
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		SKIP(return, "other processors take part in making a namespace");
	ASSERT_EQ(0, fault_open());
	log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_LE(0, log);
	lseek(log, 0, SEEK_END);

	make_namespace(many, &made);
	last = make_namespace(many, &made) + around;
	ASSERT_TRUE(made);
	/* Ours are among the last: the module is the last that has come. */
	for (tries = 0; tries < 3 && ours < enough; tries++)
		for (nth = last; nth && ours < enough; nth--)
			ours += our_namespace_fails(log, nth);
	TH_LOG("%u failures up to place %u, in %u rounds", ours, last, tries);
	EXPECT_LT(2, ours);
	/* After all that the next one is made, and works. */
	ASSERT_EQ(0, net_enter_new());
	ASSERT_LE(0, host_listen(&(struct host){ AF_XTCP, IPPROTO_TCP, 4 }, NULL, HOST_PORT, 1));
}

int main(int argc, char **argv)
{
	return fault_run(test_harness_run, argc, argv);
}

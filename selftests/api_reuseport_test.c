// SPDX-License-Identifier: GPL-2.0
/*
 * SO_REUSEPORT, socket(7): who may share a port, and that those who listen at one share what comes.
 */
#include <linux/filter.h>
#include <sys/socket.h>

#include "kselftest_harness.h"

#include "api_fixture.h"

#define GROUP		4
#define CLIENTS		128

static int share(int fd)
{
	const int on = 1;

	return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) ? -errno : 0;
}

/* A descriptor, or a negative errno. */
static int bind_shared(const struct host *host, const char *address, bool shared)
{
	int fd = host_socket(host, SOCK_CLOEXEC);
	int err;

	if (fd < 0)
		return fd;
	err = shared ? share(fd) : 0;
	if (!err)
		err = host_bind(host, fd, address, PORT);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int listen_shared(const struct host *host)
{
	int fd = bind_shared(host, NULL, true);

	if (fd < 0)
		return fd;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (!listen(fd, CLIENTS))
		return fd;
	close(fd);
	return -errno;
}

static void take_turns(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self,
		       const int *listeners, unsigned int *got)
{
	const struct linger abort = { .l_onoff = 1 };
	unsigned int i;
	int fd;

	for (i = 0; i < GROUP; i++) {
		got[i] = 0;
		if (listeners[i] < 0)
			continue;
		while ((fd = accept(listeners[i], NULL, NULL)) >= 0) {
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
			close(fd);
			got[i]++;
		}
	}
}

static void clients_come(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self)
{
	unsigned int i;
	int fd;

	for (i = 0; i < CLIENTS; i++) {
		fd = open_client(_metadata, self);
		close(fd);
	}
}

static void open_group(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self, int *listeners)
{
	unsigned int i;

	for (i = 0; i < GROUP; i++) {
		listeners[i] = listen_shared(&self->host);
		ASSERT_LE(0, listeners[i]);
	}
}

TEST_F(api, shares)
{
	unsigned int got[GROUP], i, all = 0;
	int listeners[GROUP];

	open_group(_metadata, self, listeners);
	clients_come(_metadata, self);
	take_turns(_metadata, self, listeners, got);
	for (i = 0; i < GROUP; i++) {
		all += got[i];
		/* Of 128 in four parts, 32 with a deviation of 5. */
		EXPECT_LE(8, got[i]);
		close(listeners[i]);
	}
	EXPECT_EQ(CLIENTS, all);
}

/* One that closes leaves the others what comes afterwards. */
TEST_F(api, closes)
{
	unsigned int got[GROUP], i, all = 0;
	int listeners[GROUP];

	open_group(_metadata, self, listeners);
	close(listeners[1]);
	ASSERT_EQ(0, shutdown(listeners[2], SHUT_RD));
	clients_come(_metadata, self);
	close(listeners[2]);
	listeners[1] = -1;
	listeners[2] = -1;
	take_turns(_metadata, self, listeners, got);
	for (i = 0; i < GROUP; i++)
		all += got[i];
	EXPECT_EQ(CLIENTS, all);
	EXPECT_LE(CLIENTS / 4, got[0]);
	EXPECT_LE(CLIENTS / 4, got[3]);
	/* Its place may be taken. */
	listeners[1] = listen_shared(&self->host);
	ASSERT_LE(0, listeners[1]);
	clients_come(_metadata, self);
	take_turns(_metadata, self, listeners, got);
	EXPECT_LE(CLIENTS / 6, got[1]);
	EXPECT_EQ(CLIENTS, got[0] + got[1] + got[3]);
	close(listeners[0]);
	close(listeners[1]);
	close(listeners[3]);
}

/* All sides must say so, before they bind. */
TEST_F(api, who_does_not_say_so)
{
	self->a = bind_shared(&self->host, NULL, true);
	ASSERT_LE(0, self->a);
	EXPECT_EQ(-EADDRINUSE, bind_shared(&self->host, NULL, false));
	EXPECT_EQ(-EADDRINUSE, bind_shared(&self->host, "lo", false));
	self->b = bind_shared(&self->host, "lo", true);
	EXPECT_LE(0, self->b);
	close_fd(&self->a);
	close_fd(&self->b);
	self->a = bind_shared(&self->host, NULL, false);
	ASSERT_LE(0, self->a);
	EXPECT_EQ(-EADDRINUSE, bind_shared(&self->host, NULL, true));
	ASSERT_EQ(0, share(self->a));
}

/* socket(7): "to prevent port hijacking", of one user. */
TEST_F(api, other_users)
{
	int status;
	pid_t pid;

	self->a = bind_shared(&self->host, NULL, true);
	ASSERT_LE(0, self->a);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (setuid(65534))
			_exit(1);
		_exit(bind_shared(&self->host, NULL, true) == -EADDRINUSE ? 0 : 2);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* Connections of a listener that is gone do not keep others of its user from the port. */
TEST_F(api, after_the_listener)
{
	self->listener = listen_shared(&self->host);
	ASSERT_LE(0, self->listener);
	fcntl(self->listener, F_SETFL, 0);
	open_pair(_metadata, self);
	close_fd(&self->listener);
	EXPECT_EQ(-EADDRINUSE, bind_shared(&self->host, NULL, false));
	self->listener = listen_shared(&self->host);
	ASSERT_LE(0, self->listener);
	ASSERT_EQ(1, write(self->a, "x", 1));
}

/* The kernel's TCP is another owner. */
TEST_F(api, other_tcp)
{
	const struct host kernel = { 0, IPPROTO_TCP, self->host.version };

	if (self->host.protocol != IPPROTO_TCP || host_is_reference(&self->host))
		SKIP(return, "of XTCP on the ordinary carrier");
	self->a = bind_shared(&self->host, NULL, true);
	ASSERT_LE(0, self->a);
	EXPECT_EQ(-EADDRINUSE, bind_shared(&kernel, NULL, true));
	close_fd(&self->a);
	self->a = bind_shared(&kernel, NULL, true);
	ASSERT_LE(0, self->a);
	EXPECT_EQ(-EADDRINUSE, bind_shared(&self->host, NULL, true));
}

/* Nothing chooses among XTCP's listeners but chance. */
TEST_F(api, no_program)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_fprog program = { .len = 1, .filter = code };

	if (host_is_reference(&self->host))
		SKIP(return, "the kernel's TCP has programs");
	self->a = bind_shared(&self->host, NULL, true);
	ASSERT_LE(0, self->a);
	ASSERT_FAILS(ENOPROTOOPT, setsockopt(self->a, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF,
					     &program, sizeof(program)));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel does with sockets of its own TCP, and may do with none of XTCP's: upper layer
 * protocols, maps of sockets for BPF, programs that choose listeners, inet_diag. The kernel's TCP
 * is the reference: what is asked for is what it grants.
 */
#include <linux/bpf.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"

#include "api_fixture.h"

/* Of <linux/errno.h>: it is not for user space, which gets it all the same. */
#define ENOTSUPP	524

/* A connection works, both ways. */
static void carries(struct __test_metadata *_metadata, FIXTURE_DATA(api) *self)
{
	char c;

	ASSERT_EQ(1, send(self->a, "x", 1, MSG_NOSIGNAL));
	ASSERT_EQ(1, recv(self->b, &c, 1, 0));
	ASSERT_EQ(1, send(self->b, "y", 1, MSG_NOSIGNAL));
	ASSERT_EQ(1, recv(self->a, &c, 1, 0));
}

TEST_F(api, no_upper_layer)
{
	static const char *const names[] = { "tls", "mptcp", "smc", "espintcp" };
	socklen_t len = 16;
	char name[16];
	size_t i;

	open_pair(_metadata, self);
	for (i = 0; i < ARRAY_SIZE(names) && !host_is_reference(&self->host); i++)
		ASSERT_FAILS(ENOENT, setsockopt(self->a, IPPROTO_TCP, TCP_ULP, names[i],
						strlen(names[i])));
	ASSERT_FAILS(ENOENT, setsockopt(self->a, IPPROTO_TCP, TCP_ULP, "nobody", 6));
	ASSERT_FAILS(ENOENT, setsockopt(self->a, IPPROTO_TCP, TCP_ULP, "x", 1));
	ASSERT_FAILS(EINVAL, setsockopt(self->a, IPPROTO_TCP, TCP_ULP, "x", 0));
	ASSERT_FAILS(EFAULT, setsockopt(self->a, IPPROTO_TCP, TCP_ULP, (void *)8, 4));
	ASSERT_EQ(0, getsockopt(self->a, IPPROTO_TCP, TCP_ULP, name, &len));
	EXPECT_EQ(0, len);
	carries(_metadata, self);
}

/* A connection's numbers and keys are nobody's to set. */
TEST_F(api, no_repair)
{
	static const int names[] = { TCP_REPAIR, TCP_REPAIR_QUEUE, TCP_MD5SIG, TCP_MD5SIG_EXT };
	const char value[256] = { 1 };
	size_t i;

	if (host_is_reference(&self->host))
		SKIP(return, "the kernel's TCP may have these");
	open_pair(_metadata, self);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		ASSERT_FAILS(ENOPROTOOPT, setsockopt(self->a, IPPROTO_TCP, names[i], value,
						     sizeof(value)));
	carries(_metadata, self);
}

static int bpf_call(int cmd, union bpf_attr *attr)
{
	return syscall(__NR_bpf, cmd, attr, sizeof(*attr));
}

static int make_map(enum bpf_map_type type, int value_size)
{
	union bpf_attr attr = {
		.map_type = type, .key_size = sizeof(int), .value_size = value_size,
		.max_entries = 4,
	};

	return bpf_call(BPF_MAP_CREATE, &attr);
}

static int put_in_map(int map, int fd)
{
	uint64_t value = fd;
	int key = 0;
	union bpf_attr attr = {
		.map_fd = map, .key = (uintptr_t)&key, .value = (uintptr_t)&value,
	};

	return bpf_call(BPF_MAP_UPDATE_ELEM, &attr) ? -errno : 0;
}

/* sockmap would put its own functions in the place of the socket's. */
TEST_F(api, not_in_a_sockmap)
{
	const int wanted = host_is_reference(&self->host) ? 0 : -EOPNOTSUPP;
	static const enum bpf_map_type types[] = { BPF_MAP_TYPE_SOCKMAP, BPF_MAP_TYPE_SOCKHASH };
	size_t i;
	int map;

	open_pair(_metadata, self);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		map = make_map(types[i], sizeof(uint64_t));
		if (map < 0 && errno == EINVAL)
			SKIP(return, "no maps of sockets in this kernel");
		ASSERT_LE(0, map);
		EXPECT_EQ(wanted, put_in_map(map, self->a));
		EXPECT_EQ(wanted, put_in_map(map, self->b));
		EXPECT_EQ(wanted, put_in_map(map, self->listener));
		close(map);
	}
	carries(_metadata, self);
}

static int listen_shared(const struct host *host)
{
	int fd = host_socket(host, SOCK_CLOEXEC);
	const int on = 1;
	int err;

	if (fd < 0)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	err = host_bind(host, fd, NULL, PORT);
	if (!err && !listen(fd, 8))
		return fd;
	close(fd);
	return err ?: -errno;
}

TEST_F(api, not_in_a_reuseport_array)
{
	int map = make_map(BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, sizeof(uint64_t));

	if (map < 0 && errno == EINVAL)
		SKIP(return, "no such maps in this kernel");
	ASSERT_LE(0, map);
	self->listener = listen_shared(&self->host);
	ASSERT_LE(0, self->listener);
	EXPECT_EQ(host_is_reference(&self->host) ? 0 : -ENOTSUPP, put_in_map(map, self->listener));
	close(map);
	open_pair(_metadata, self);
	carries(_metadata, self);
}

static int load_program(void)
{
	static const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insns = (uintptr_t)code,
		.insn_cnt = ARRAY_SIZE(code), .license = (uintptr_t)"GPL",
	};

	return bpf_call(BPF_PROG_LOAD, &attr);
}

TEST_F(api, no_program_chooses)
{
	int program = load_program();
	const int on = 1;

	ASSERT_LE(0, program);
	self->listener = listen_shared(&self->host);
	ASSERT_LE(0, self->listener);
	if (host_is_reference(&self->host)) {
		EXPECT_EQ(0, setsockopt(self->listener, SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF,
					&program, sizeof(program)));
	} else {
		ASSERT_FAILS(ENOPROTOOPT,
			     setsockopt(self->listener, SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF,
					&program, sizeof(program)));
		ASSERT_FAILS(ENOPROTOOPT,
			     setsockopt(self->listener, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF,
					&on, sizeof(on)));
	}
	close(program);
	open_pair(_metadata, self);
	carries(_metadata, self);
}

static uint64_t cookie_of(int fd)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);

	getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len);
	return cookie;
}

/* A number of its own, that stays, among all sockets of the machine. */
TEST_F(api, cookie)
{
	const struct host kernel = { 0, IPPROTO_TCP, self->host.version };
	int other = host_socket(&kernel, SOCK_CLOEXEC), i, j;
	uint64_t cookies[4];
	int fds[4];

	ASSERT_LE(0, other);
	open_pair(_metadata, self);
	fds[0] = self->listener;
	fds[1] = self->a;
	fds[2] = self->b;
	fds[3] = other;
	for (i = 0; i < 4; i++) {
		cookies[i] = cookie_of(fds[i]);
		EXPECT_NE(0, cookies[i]);
		for (j = 0; j < i; j++)
			EXPECT_NE(cookies[j], cookies[i]);
	}
	for (i = 0; i < 4; i++)
		EXPECT_EQ(cookies[i], cookie_of(fds[i]));
	close(other);
}

/* All but that of bound sockets: what keeps XTCP's ports from the kernel's TCP is one. */
#define REAL_STATES	((1U << 13) - 1)

/* A request of inet_diag's, for sockets of the kernel's TCP. */
struct diag_request {
	struct nlmsghdr		header;
	struct inet_diag_req_v2	about;
};

static void fill_request(const struct host *host, struct diag_request *request, int type, int flags)
{
	*request = (struct diag_request) {
		.header = {
			.nlmsg_len = sizeof(*request), .nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | flags,
		},
		.about = {
			.sdiag_family = host->version == 4 ? AF_INET : AF_INET6,
			.sdiag_protocol = IPPROTO_TCP, .idiag_states = REAL_STATES,
			.id = { .idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE } },
		},
	};
}

/* The connection from @fd, by its addresses. */
static void fill_id(int fd, struct inet_diag_sockid *id)
{
	struct sockaddr_in6 local = {}, remote = {};
	socklen_t len = sizeof(local);

	getsockname(fd, (struct sockaddr *)&local, &len);
	len = sizeof(remote);
	getpeername(fd, (struct sockaddr *)&remote, &len);
	id->idiag_sport = local.sin6_port;
	id->idiag_dport = remote.sin6_port;
	if (local.sin6_family == AF_INET) {
		id->idiag_src[0] = ((struct sockaddr_in *)&local)->sin_addr.s_addr;
		id->idiag_dst[0] = ((struct sockaddr_in *)&remote)->sin_addr.s_addr;
	} else {
		memcpy(id->idiag_src, &local.sin6_addr, sizeof(local.sin6_addr));
		memcpy(id->idiag_dst, &remote.sin6_addr, sizeof(remote.sin6_addr));
	}
}

/* How many sockets with PORT at either end are told of, or a negative errno. */
static int ask_diag(const struct diag_request *request)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	const bool dump = request->header.nlmsg_flags & NLM_F_DUMP;
	struct inet_diag_msg *msg;
	struct nlmsghdr *h;
	int found = 0, len;
	char buf[16384];

	if (fd < 0)
		return -errno;
	if (send(fd, request, sizeof(*request), 0) < 0)
		found = -errno;
	while (found >= 0) {
		len = recv(fd, buf, sizeof(buf), 0);
		for (h = (void *)buf; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
			if (h->nlmsg_type == NLMSG_DONE)
				goto out;
			if (h->nlmsg_type == NLMSG_ERROR) {
				found = ((struct nlmsgerr *)NLMSG_DATA(h))->error ?: found;
				goto out;
			}
			msg = NLMSG_DATA(h);
			found += ntohs(msg->id.idiag_sport) == PORT ||
				 ntohs(msg->id.idiag_dport) == PORT;
		}
		if (!dump)
			break;
	}
out:
	close(fd);
	return found;
}

/* What "ss -a" lists as TCP. */
TEST_F(api, not_listed)
{
	struct diag_request request;

	open_pair(_metadata, self);
	fill_request(&self->host, &request, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP);
	EXPECT_EQ(host_is_reference(&self->host) ? 3 : 0, ask_diag(&request));
}

/* What "ss -K" closes. */
TEST_F(api, not_destroyed)
{
	struct diag_request request;

	if (host_is_reference(&self->host))
		SKIP(return, "the kernel's TCP can be closed so");
	open_pair(_metadata, self);
	fill_request(&self->host, &request, SOCK_DIAG_BY_FAMILY, 0);
	fill_id(self->a, &request.about.id);
	EXPECT_EQ(-ENOENT, ask_diag(&request));
	fill_request(&self->host, &request, SOCK_DESTROY, NLM_F_ACK);
	fill_id(self->a, &request.about.id);
	EXPECT_EQ(-ENOENT, ask_diag(&request));
	carries(_metadata, self);
}

TEST_HARNESS_MAIN

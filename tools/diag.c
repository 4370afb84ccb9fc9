// SPDX-License-Identifier: GPL-2.0
/* The module's side of sock_diag(7). */
#include <errno.h>
#include <linux/sock_diag.h>
#include <linux/xtcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xtcp.h"
#include "diag.h"

/* The kernel fills what a reader has room for, up to this. */
#define BUFFER_SIZE	32768

struct message {
	struct nlmsghdr		nlh;
	struct xtcp_diag_req	req;
};

int diag_open(void)
{
	int fd;

	require_module();
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (fd < 0)
		die("no netlink socket: %s", strerror(errno));
	return fd;
}

static noreturn void die_of(int err)
{
	switch (err) {
	case ENOENT:
		if (access("/sys/module/xtcp", F_OK))
			die("the kernel does not know XTCP: the module is not loaded");
		die("the module that is loaded is of another version: it has no sock_diag");
	case EINVAL:
	case EPROTONOSUPPORT:
	case EAFNOSUPPORT:
	case EOPNOTSUPP:
		die("the module that is loaded is of another version: it refuses what it is asked");
	case EPERM:
		die("only who has CAP_NET_ADMIN may end connections");
	default:
		die("sock_diag: %s", strerror(err));
	}
}

static void ask(int fd, int type, int flags, struct xtcp_diag_req *req)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct message message = {
		.nlh = {
			.nlmsg_len	= sizeof(message),
			.nlmsg_type	= type,
			.nlmsg_flags	= NLM_F_REQUEST | flags,
		},
	};

	req->sdiag_family = module_parameter("family", AF_XTCP);
	message.req = *req;
	if (sendto(fd, &message, sizeof(message), 0, (const struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		die("netlink: %s", strerror(errno));
}

/* The bytes of the next datagram. */
static int receive(int fd, void *buffer, size_t size)
{
	ssize_t len;

	do {
		len = recv(fd, buffer, size, 0);
	} while (len < 0 && errno == EINTR);
	if (len < 0)
		die("netlink: %s", strerror(errno));
	return len;
}

/* The error, as a positive number, that a message tells; NLMSG_DONE has one as well. */
static int error_of(const struct nlmsghdr *nlh)
{
	int err = 0;

	if (nlh->nlmsg_len >= NLMSG_LENGTH(sizeof(err)))
		memcpy(&err, NLMSG_DATA(nlh), sizeof(err));
	return -err;
}

void diag_dump(int fd, struct xtcp_diag_req *req,
	       void (*each)(const struct nlmsghdr *nlh, void *arg), void *arg)
{
	static union {
		struct nlmsghdr	nlh;
		char		bytes[BUFFER_SIZE];
	} buffer;
	const struct nlmsghdr *nlh;
	int len;

	ask(fd, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, req);
	for (;;) {
		len = receive(fd, &buffer, sizeof(buffer));
		for (nlh = &buffer.nlh; NLMSG_OK(nlh, (unsigned int)len);
		     nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR) {
				if (error_of(nlh))
					die_of(error_of(nlh));
				return;
			}
			each(nlh, arg);
		}
	}
}

bool diag_destroy(int fd, struct xtcp_diag_req *req)
{
	/* An error quotes the request. */
	struct {
		struct nlmsghdr	nlh;
		int		error;
		struct message	request;
	} answer;
	int len, err;

	ask(fd, SOCK_DESTROY, NLM_F_ACK, req);
	len = receive(fd, &answer, sizeof(answer));
	if (!NLMSG_OK(&answer.nlh, (unsigned int)len) || answer.nlh.nlmsg_type != NLMSG_ERROR)
		die("the kernel's answer makes no sense");
	err = error_of(&answer.nlh);
	if (err == ENOENT || err == ESTALE || err == EAGAIN)
		return false;
	if (err)
		die_of(err);
	return true;
}

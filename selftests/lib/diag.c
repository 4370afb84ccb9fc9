// SPDX-License-Identifier: GPL-2.0
/* sock_diag(7) for XTCP. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "diag.h"

#define REQUEST_MAX	70000

/* An error quotes the whole message that it is about. */
static union {
	struct nlmsghdr	nlh;
	char		bytes[REQUEST_MAX + 64];
} buffer;

void diag_request(const struct host *host, struct xtcp_diag_req *req)
{
	memset(req, 0, sizeof(*req));
	req->sdiag_family = host->family;
	req->sdiag_protocol = host->protocol;
	req->idiag_format = host->version == 4 ? AF_INET : AF_INET6;
	req->id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
	req->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
}

static int send_request(int fd, int type, int flags, const void *payload, size_t len)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct nlmsghdr *nlh = &buffer.nlh;

	if (NLMSG_SPACE(len) > REQUEST_MAX)
		return -EMSGSIZE;
	memset(nlh, 0, NLMSG_SPACE(len));
	nlh->nlmsg_len = NLMSG_LENGTH(len);
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	memcpy(NLMSG_DATA(nlh), payload, len);
	if (sendto(fd, nlh, NLMSG_SPACE(len), 0, (const struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		return -errno;
	return 0;
}

static void keep(struct diag *diag, const struct nlmsghdr *nlh)
{
	if (!diag)
		return;
	if (diag->count < DIAG_ENTRIES && nlh->nlmsg_len <= DIAG_ENTRY_SIZE)
		memcpy(&diag->entries[diag->count], nlh, nlh->nlmsg_len);
	diag->count++;
}

/* All of a dump, or one answer and the acknowledgment, if that is no error. */
static int take_answers(int fd, bool dump, bool ack, struct diag *diag)
{
	const struct nlmsghdr *nlh;
	int len, err;

	for (;;) {
		len = recv(fd, &buffer, sizeof(buffer), MSG_TRUNC);
		if (len < 0 || len > (int)sizeof(buffer))
			return len < 0 ? -errno : -EOVERFLOW;
		for (nlh = &buffer.nlh; NLMSG_OK(nlh, (unsigned int)len);
		     nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR) {
				memcpy(&err, NLMSG_DATA(nlh), sizeof(err));
				return err;
			}
			keep(diag, nlh);
			if (!dump && !ack)
				return 0;
		}
	}
}

int diag_talk(int type, int flags, const void *payload, size_t len, struct diag *diag)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	int err;

	if (fd < 0)
		return -errno;
	if (diag)
		memset(diag, 0, sizeof(*diag));
	err = send_request(fd, type, flags, payload, len);
	if (!err)
		err = take_answers(fd, flags & NLM_F_DUMP, flags & NLM_F_ACK, diag);
	close(fd);
	return err;
}

int diag_dump(const struct xtcp_diag_req *req, struct diag *diag)
{
	return diag_talk(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, req, sizeof(*req), diag);
}

int diag_get(const struct xtcp_diag_req *req, struct diag *diag)
{
	return diag_talk(SOCK_DIAG_BY_FAMILY, 0, req, sizeof(*req), diag);
}

int diag_destroy(const struct xtcp_diag_req *req)
{
	return diag_talk(SOCK_DESTROY, NLM_F_ACK, req, sizeof(*req), NULL);
}

const struct inet_diag_msg *diag_msg(const struct diag *diag, unsigned int i)
{
	return NLMSG_DATA(&diag->entries[i].nlh);
}

const void *diag_attr(const struct diag *diag, unsigned int i, int type, size_t *len)
{
	const struct nlmsghdr *nlh = &diag->entries[i].nlh;
	const char *at = (const char *)(diag_msg(diag, i) + 1);
	const char *end = (const char *)nlh + nlh->nlmsg_len;
	const struct nlattr *attr;

	for (; end - at >= NLA_HDRLEN; at += NLA_ALIGN(attr->nla_len)) {
		attr = (const struct nlattr *)at;
		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > end - at)
			break;
		if (attr->nla_type != type)
			continue;
		*len = attr->nla_len - NLA_HDRLEN;
		return at + NLA_HDRLEN;
	}
	return NULL;
}

int64_t diag_number(const struct diag *diag, unsigned int i, int type)
{
	size_t len;
	const void *from = diag_attr(diag, i, type, &len);
	uint64_t wide;
	uint32_t word;

	if (!from)
		return -1;
	switch (len) {
	case sizeof(uint8_t):
		return *(const uint8_t *)from;
	case sizeof(word):
		memcpy(&word, from, sizeof(word));
		return word;
	case sizeof(wide):
		memcpy(&wide, from, sizeof(wide));
		return wide;
	default:
		return -1;
	}
}

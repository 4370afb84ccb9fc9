// SPDX-License-Identifier: GPL-2.0
/*
 * What the error queue says of the way of what was sent (SO_TIMESTAMPING).
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "stamp.h"

/* Either form of either message has the same beginning: seconds and a fraction, 64 bits each. */
static int take_messages(struct msghdr *msg, int version, struct stamp_told *told)
{
	const int level = version == 4 ? SOL_IP : SOL_IPV6;
	const int type = version == 4 ? IP_RECVERR : IPV6_RECVERR;
	struct cmsghdr *first = CMSG_FIRSTHDR(msg), *second;
	struct sock_extended_err ee;
	int64_t times[6];

	second = first ? CMSG_NXTHDR(msg, first) : NULL;
	if (!second || CMSG_NXTHDR(msg, second))
		return -EBADMSG;
	if (first->cmsg_level != SOL_SOCKET || first->cmsg_len != CMSG_LEN(sizeof(times)) ||
	    second->cmsg_level != level || second->cmsg_type != type)
		return -EBADMSG;
	if (first->cmsg_type != SO_TIMESTAMPING_OLD && first->cmsg_type != SO_TIMESTAMPING_NEW)
		return -EBADMSG;
	memcpy(times, CMSG_DATA(first), sizeof(times));
	memcpy(&ee, CMSG_DATA(second), sizeof(ee));
	if (ee.ee_errno != ENOMSG || ee.ee_origin != SO_EE_ORIGIN_TIMESTAMPING || ee.ee_type ||
	    ee.ee_code || ee.ee_pad)
		return -EBADMSG;
	if (!times[0] || times[2] || times[3] || times[4] || times[5])
		return -EBADMSG;
	told->station = ee.ee_info;
	told->number = ee.ee_data;
	told->ns = times[0] * 1000000000LL + times[1];
	return 0;
}

int stamp_take(int fd, int version, struct stamp_told *told)
{
	uint8_t data[2048], control[512];
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t got = recvmsg(fd, &msg, MSG_ERRQUEUE);
	size_t kept;

	if (got < 0)
		return -errno;
	if (msg.msg_flags != MSG_ERRQUEUE)
		return -EBADMSG;
	kept = (size_t)got < sizeof(told->data) ? (size_t)got : sizeof(told->data);
	told->len = got;
	memcpy(told->data, data + got - kept, kept);
	return take_messages(&msg, version, told);
}

static const char *station_name(uint32_t station)
{
	switch (station) {
	case SCM_TSTAMP_SCHED:
		return "queued";
	case SCM_TSTAMP_SND:
		return "sent";
	case SCM_TSTAMP_ACK:
		return "acked";
	default:
		return "nowhere";
	}
}

const char *stamp_list(int fd, int version)
{
	static char text[1024];
	struct stamp_told told;
	size_t len = 0;
	int ret;

	text[0] = '\0';
	while (len < sizeof(text) - 64) {
		ret = stamp_take(fd, version, &told);
		if (ret == -EAGAIN)
			break;
		if (ret) {
			snprintf(text + len, sizeof(text) - len, " %s", strerror(-ret));
			break;
		}
		len += snprintf(text + len, sizeof(text) - len, "%s%s %u", len ? ", " : "",
				station_name(told.station), told.number);
		if (told.len)
			len += snprintf(text + len, sizeof(text) - len, " with data");
	}
	return text;
}

ssize_t stamp_send(int fd, const void *buf, size_t len, uint32_t stations, int flags)
{
	char control[CMSG_SPACE(sizeof(stations))] = {};
	struct iovec iov = { .iov_base = (void *)buf, .iov_len = len };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cm = CMSG_FIRSTHDR(&msg);
	ssize_t sent;

	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SO_TIMESTAMPING_OLD;
	cm->cmsg_len = CMSG_LEN(sizeof(stations));
	memcpy(CMSG_DATA(cm), &stations, sizeof(stations));
	sent = sendmsg(fd, &msg, flags | MSG_NOSIGNAL);
	return sent < 0 ? -errno : sent;
}

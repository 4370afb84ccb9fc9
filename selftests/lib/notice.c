// SPDX-License-Identifier: GPL-2.0
/*
 * MSG_ZEROCOPY from the sender's side.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/errqueue.h>

#include "notice.h"
#include "pattern.h"

static const struct cmsghdr *only_message(struct msghdr *msg, int version)
{
	const int level = version == 4 ? SOL_IP : SOL_IPV6;
	const int type = version == 4 ? IP_RECVERR : IPV6_RECVERR;
	struct cmsghdr *cm = CMSG_FIRSTHDR(msg);
	size_t offender;

	offender = version == 4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	if (!cm || cm->cmsg_level != level || cm->cmsg_type != type ||
	    cm->cmsg_len != CMSG_LEN(sizeof(struct sock_extended_err) + offender) ||
	    CMSG_NXTHDR(msg, cm))
		return NULL;
	return cm;
}

int notice_read(int fd, int version, struct notice *notice)
{
	struct sock_extended_err ee;
	const struct cmsghdr *cm;
	char control[200];
	struct msghdr msg = {
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	/* It never waits. */
	n = recvmsg(fd, &msg, MSG_ERRQUEUE);
	if (n < 0)
		return -errno;
	cm = only_message(&msg, version);
	if (n || !cm || msg.msg_flags != MSG_ERRQUEUE)
		return -EBADMSG;
	memcpy(&ee, CMSG_DATA(cm), sizeof(ee));
	if (ee.ee_origin != SO_EE_ORIGIN_ZEROCOPY || ee.ee_errno || ee.ee_type || ee.ee_pad ||
	    ee.ee_code & ~SO_EE_CODE_ZEROCOPY_COPIED)
		return -EBADMSG;
	notice->first = ee.ee_info;
	notice->last = ee.ee_data;
	notice->copied = ee.ee_code & SO_EE_CODE_ZEROCOPY_COPIED;
	return 0;
}

const char *notice_list(int fd, int version)
{
	static char text[512];
	struct notice notice;
	size_t len = 0;
	int ret;

	text[0] = '\0';
	while (len < sizeof(text) - 64) {
		ret = notice_read(fd, version, &notice);
		if (ret == -EAGAIN)
			break;
		if (ret) {
			snprintf(text + len, sizeof(text) - len, " %s", strerror(-ret));
			break;
		}
		len += snprintf(text + len, sizeof(text) - len, "%s%u-%u%s", len ? ", " : "",
				notice.first, notice.last, notice.copied ? " copied" : "");
	}
	return text;
}

int memory_file(uint64_t seed, size_t len)
{
	uint8_t *bytes = malloc(len);
	ssize_t n = -1;
	int fd;

	fd = memfd_create("pattern", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0 && bytes) {
		pattern_fill(seed, 0, bytes, len);
		n = write(fd, bytes, len);
	}
	free(bytes);
	if (n == (ssize_t)len)
		return fd;
	if (fd >= 0)
		close(fd);
	return -EIO;
}

uint8_t *memory_map(int file, size_t len)
{
	void *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	return map == MAP_FAILED ? NULL : map;
}

/* The kernel refuses as long as a page has a reference too many. */
bool memory_is_free(int file)
{
	return !fcntl(file, F_ADD_SEALS, F_SEAL_WRITE);
}

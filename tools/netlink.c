// SPDX-License-Identifier: GPL-2.0
/* The module's netlink family. */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/xtcp_netlink.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <string.h>

#include "netlink.h"
#include "xtcp.h"

#define BUFFER_SIZE	0x100000	/* bytes of events that may wait to be read */

struct dump {
	int	family;
	int	max;
	void	(*each)(struct nlattr **attrs, void *arg);
	void	*arg;
};

struct events {
	int	family;
	void	(*each)(int cmd, struct nlattr **attrs);
};

void netlink_open(struct netlink *nl)
{
	int err;

	require_module();
	nl->sk = nl_socket_alloc();
	if (!nl->sk)
		die("out of memory");
	err = genl_connect(nl->sk);
	if (err)
		die("no netlink socket: %s", nl_geterror(err));
	nl->family = genl_ctrl_resolve(nl->sk, XTCP_FAMILY_NAME);
	if (nl->family == -NLE_OBJ_NOTFOUND)
		die("the kernel does not know XTCP: the module is not loaded");
	if (nl->family < 0)
		die("no netlink family \"%s\": %s", XTCP_FAMILY_NAME, nl_geterror(nl->family));
}

void netlink_close(struct netlink *nl)
{
	nl_socket_free(nl->sk);
}

static int take_answer(struct nl_msg *msg, void *arg)
{
	const struct dump *dump = arg;
	struct nlattr *attrs[dump->max + 1];

	if (nlmsg_hdr(msg)->nlmsg_type != dump->family)
		return NL_SKIP;
	if (genlmsg_parse(nlmsg_hdr(msg), 0, attrs, dump->max, NULL))
		die("the kernel's answer makes no sense");
	dump->each(attrs, dump->arg);
	return NL_OK;
}

void netlink_dump(struct netlink *nl, int cmd, uint16_t lport, int max,
		  void (*each)(struct nlattr **attrs, void *arg), void *arg)
{
	struct dump dump = { nl->family, max, each, arg };
	struct nl_msg *msg = nlmsg_alloc();
	int err;

	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, nl->family, 0, NLM_F_DUMP, cmd,
				 XTCP_FAMILY_VERSION))
		die("out of memory");
	if (lport && nla_put_u16(msg, XTCP_A_HALF_OPEN_LOCAL_PORT, lport))
		die("out of memory");
	nl_socket_modify_cb(nl->sk, NL_CB_VALID, NL_CB_CUSTOM, take_answer, &dump);
	err = nl_send_auto(nl->sk, msg);
	nlmsg_free(msg);
	if (err >= 0)
		err = nl_recvmsgs_default(nl->sk);
	if (err < 0)
		die("netlink: %s", nl_geterror(err));
}

static void join_group(struct netlink *nl, const char *family, const char *name)
{
	int group = genl_ctrl_resolve_grp(nl->sk, family, name);
	int err = group < 0 ? group : nl_socket_add_membership(nl->sk, group);

	if (err == -NLE_PERM)
		die("only who has CAP_NET_ADMIN may listen to events");
	if (err)
		die("no netlink group \"%s\": %s", name, nl_geterror(err));
}

/* The controller's group tells when the family goes, after which no event will come. */
void netlink_join(struct netlink *nl)
{
	join_group(nl, XTCP_FAMILY_NAME, XTCP_MCGRP_EVENTS);
	join_group(nl, "nlctrl", "notify");
	nl_socket_disable_seq_check(nl->sk);
	nl_socket_set_buffer_size(nl->sk, BUFFER_SIZE, 0);
	nl_socket_set_nonblocking(nl->sk);
}

int netlink_fd(const struct netlink *nl)
{
	return nl_socket_get_fd(nl->sk);
}

static void take_control(struct nlmsghdr *hdr, int family)
{
	const struct genlmsghdr *genl = nlmsg_data(hdr);
	struct nlattr *attrs[CTRL_ATTR_MAX + 1];

	if (genl->cmd != CTRL_CMD_DELFAMILY || genlmsg_parse(hdr, 0, attrs, CTRL_ATTR_MAX, NULL))
		return;
	if (attrs[CTRL_ATTR_FAMILY_ID] && nla_get_u16(attrs[CTRL_ATTR_FAMILY_ID]) == family)
		die("the module has been unloaded");
}

static int take_event(struct nl_msg *msg, void *arg)
{
	struct nlattr *attrs[XTCP_A_LISTENER_MAX + 1];
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	const struct events *events = arg;

	if (hdr->nlmsg_type == GENL_ID_CTRL)
		take_control(hdr, events->family);
	if (hdr->nlmsg_type != events->family)
		return NL_SKIP;
	if (genlmsg_parse(hdr, 0, attrs, XTCP_A_LISTENER_MAX, NULL))
		die("the kernel's event makes no sense");
	events->each(((struct genlmsghdr *)nlmsg_data(hdr))->cmd, attrs);
	return NL_OK;
}

void netlink_receive(struct netlink *nl, void (*each)(int cmd, struct nlattr **attrs),
		     void (*lost)(void))
{
	struct events events = { nl->family, each };
	int err;

	nl_socket_modify_cb(nl->sk, NL_CB_VALID, NL_CB_CUSTOM, take_event, &events);
	err = nl_recvmsgs_default(nl->sk);
	/* libnl has no number of its own for ENOBUFS. */
	if (err == -NLE_NOMEM)
		lost();
	else if (err < 0 && err != -NLE_AGAIN && err != -NLE_INTR)
		die("netlink: %s", nl_geterror(err));
}

uint64_t netlink_uint(const struct nlattr *attr)
{
	if (!attr)
		return 0;
	switch (nla_len(attr)) {
	case sizeof(uint8_t):
		return nla_get_u8(attr);
	case sizeof(uint16_t):
		return nla_get_u16(attr);
	case sizeof(uint32_t):
		return nla_get_u32(attr);
	case sizeof(uint64_t):
		return nla_get_u64(attr);
	default:
		die("the kernel's number has %d bytes", nla_len(attr));
	}
}

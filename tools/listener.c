// SPDX-License-Identifier: GPL-2.0
/* A listener, and its floods: from attributes, as JSON. */
#include <string.h>

#include "json.h"
#include "listener.h"
#include "netlink.h"
#include "xtcp.h"

static void flood_parse(struct flood *flood, struct nlattr *nest)
{
	struct nlattr *attrs[XTCP_A_FLOOD_MAX + 1];

	if (!nest)
		return;
	if (nla_parse_nested(attrs, XTCP_A_FLOOD_MAX, nest, NULL))
		die("the kernel's answer makes no sense");
	flood->under = attrs[XTCP_A_FLOOD_UNDER];
	flood->syn_rate = netlink_uint(attrs[XTCP_A_FLOOD_SYN_RATE]);
	flood->open_rate = netlink_uint(attrs[XTCP_A_FLOOD_OPEN_RATE]);
	flood->sources = netlink_uint(attrs[XTCP_A_FLOOD_SOURCES]);
	flood->half_open = netlink_uint(attrs[XTCP_A_FLOOD_HALF_OPEN]);
	flood->seconds = netlink_uint(attrs[XTCP_A_FLOOD_SECONDS]);
	flood->syns = netlink_uint(attrs[XTCP_A_FLOOD_SYNS]);
}

void listener_parse(struct listener *l, struct nlattr **attrs)
{
	int attr;

	memset(l, 0, sizeof(*l));
	endpoint_parse(&l->local, attrs[XTCP_A_LISTENER_ADDR4], attrs[XTCP_A_LISTENER_ADDR6],
		       attrs[XTCP_A_LISTENER_PORT], attrs[XTCP_A_LISTENER_IFINDEX]);
	l->protocol = netlink_uint(attrs[XTCP_A_LISTENER_CARRIER]);
	for (attr = XTCP_A_LISTENER_UID; attr < XTCP_A_LISTENER_FLOOD; attr++)
		l->numbers[attr] = netlink_uint(attrs[attr]);
	l->numbers[XTCP_A_LISTENER_NETNS_COOKIE] =
		netlink_uint(attrs[XTCP_A_LISTENER_NETNS_COOKIE]);
	l->numbers[XTCP_A_LISTENER_NETNS_INO] = netlink_uint(attrs[XTCP_A_LISTENER_NETNS_INO]);
	flood_parse(&l->flood, attrs[XTCP_A_LISTENER_FLOOD]);
}

void listener_json_name(const struct listener *l)
{
	char text[ENDPOINT_TEXT];

	endpoint_address(&l->local, text);
	json_string("address", text);
	json_uint("port", l->local.port);
	endpoint_interface(&l->local, text);
	if (*text)
		json_string("interface", text);
	json_string("carrier", carrier_name(l->protocol));
	json_uint("protocol", l->protocol);
}

void flood_json(const struct flood *flood)
{
	json_bool("under", flood->under);
	json_uint("syn_rate", flood->syn_rate);
	json_uint("open_rate", flood->open_rate);
	json_uint("sources", flood->sources);
	json_uint("half_open", flood->half_open);
	json_uint("seconds", flood->seconds);
	json_uint("syns", flood->syns);
}

// SPDX-License-Identifier: GPL-2.0
/* Addresses and ports: from attributes, in order, as text. */
#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "endpoint.h"
#include "netlink.h"
#include "xtcp.h"

void endpoint_parse(struct endpoint *ep, const struct nlattr *addr4, const struct nlattr *addr6,
		    const struct nlattr *port, const struct nlattr *ifindex)
{
	memset(ep, 0, sizeof(*ep));
	if (addr4 && nla_len(addr4) == sizeof(ep->v4)) {
		ep->version = 4;
		memcpy(&ep->v4, nla_data(addr4), sizeof(ep->v4));
	} else if (addr6 && nla_len(addr6) == sizeof(ep->v6)) {
		ep->version = 6;
		memcpy(&ep->v6, nla_data(addr6), sizeof(ep->v6));
	} else {
		die("the kernel's answer has no address");
	}
	ep->port = netlink_uint(port);
	ep->ifindex = netlink_uint(ifindex);
}

void endpoint_address(const struct endpoint *ep, char *text)
{
	if (ep->version == 4)
		inet_ntop(AF_INET, &ep->v4, text, ENDPOINT_TEXT);
	else
		inet_ntop(AF_INET6, &ep->v6, text, ENDPOINT_TEXT);
}

void endpoint_interface(const struct endpoint *ep, char *text)
{
	*text = 0;
	if (ep->ifindex && !if_indextoname(ep->ifindex, text))
		snprintf(text, ENDPOINT_TEXT, "if%u", ep->ifindex);
}

/* What the carrier is does not matter: /etc/services knows ports of TCP only. */
static void port_text(uint16_t port, bool numeric, char *text, size_t size)
{
	const struct servent *service = numeric ? NULL : getservbyport(htons(port), "tcp");

	if (!port)
		snprintf(text, size, "*");
	else if (service)
		snprintf(text, size, "%s", service->s_name);
	else
		snprintf(text, size, "%u", port);
}

void endpoint_text(const struct endpoint *ep, bool numeric, char *text)
{
	char address[ENDPOINT_TEXT], interface[ENDPOINT_TEXT], port[24];

	endpoint_address(ep, address);
	endpoint_interface(ep, interface);
	port_text(ep->port, numeric, port, sizeof(port));
	snprintf(text, ENDPOINT_TEXT, ep->version == 4 ? "%.46s%s%.20s:%s" : "[%.46s%s%.20s]:%s",
		 address, *interface ? "%" : "", interface, port);
}

int endpoint_compare(const struct endpoint *a, const struct endpoint *b)
{
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->version != b->version)
		return a->version - b->version;
	return memcmp(&a->v4, &b->v4, sizeof(a->v4)) ?: memcmp(&a->v6, &b->v6, sizeof(a->v6));
}

const char *carrier_name(uint8_t protocol)
{
	return protocol == IPPROTO_TCP ? "tcp" : "native";
}

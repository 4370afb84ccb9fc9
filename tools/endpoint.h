/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_ENDPOINT_H
#define _XTCP_ENDPOINT_H

#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct endpoint - an address and a port
 * @version: 4 or 6: of IP
 * @v4: address if it is 4
 * @v6: address if it is 6
 * @port: port
 * @ifindex: interface, 0 if none is named
 */
struct endpoint {
	int		version;
	struct in_addr	v4;
	struct in6_addr	v6;
	uint16_t	port;
	uint32_t	ifindex;
};

#define ENDPOINT_TEXT	128	/* bytes for either of the texts below */

void endpoint_parse(struct endpoint *ep, const struct nlattr *addr4, const struct nlattr *addr6,
		    const struct nlattr *port, const struct nlattr *ifindex);
void endpoint_address(const struct endpoint *ep, char *text);
/*
 * As in "192.0.2.1:80" or "[2001:db8::1%eth0]:80"; if not @numeric, the port's name. Port 0 is "*".
 */
void endpoint_text(const struct endpoint *ep, bool numeric, char *text);
/* The interface's name, in the caller's namespace; "" if there is none. */
void endpoint_interface(const struct endpoint *ep, char *text);
int endpoint_compare(const struct endpoint *a, const struct endpoint *b);

/* "tcp" or "native". */
const char *carrier_name(uint8_t protocol);

#endif /* _XTCP_ENDPOINT_H */

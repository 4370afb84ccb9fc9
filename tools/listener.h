/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A listener, and its floods, as the module tells of them.
 */
#ifndef _XTCP_LISTENER_H
#define _XTCP_LISTENER_H

#include <linux/xtcp_netlink.h>

#include "endpoint.h"

struct flood {
	bool		under;
	uint32_t	syn_rate;	/* a second */
	uint32_t	open_rate;	/* likewise */
	uint32_t	sources;
	uint32_t	half_open;
	uint32_t	seconds;
	uint64_t	syns;
};

/**
 * struct listener - a listener; what an event does not tell is 0
 * @local: where it listens
 * @protocol: IP protocol of the carrier
 * @numbers: XTCP_A_LISTENER_*, those that are numbers and no names
 * @flood: its last report
 */
struct listener {
	struct endpoint	local;
	uint8_t		protocol;
	uint64_t	numbers[XTCP_A_LISTENER_MAX + 1];
	struct flood	flood;
};

void listener_parse(struct listener *l, struct nlattr **attrs);
/* The members of an object: where it listens, and the rates of its flood. */
void listener_json_name(const struct listener *l);
void flood_json(const struct flood *flood);

#endif /* _XTCP_LISTENER_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An entry of the half-open queue, as the module tells of it.
 */
#ifndef _XTCP_HALF_OPEN_H
#define _XTCP_HALF_OPEN_H

#include "endpoint.h"
#include "table.h"

struct half_open {
	struct endpoint	local;
	struct endpoint	remote;
	uint8_t		protocol;	/* IP protocol of the carrier */
	uint32_t	age_ms;
	uint32_t	retries;
	uint32_t	expires_ms;	/* until the SYN-ACK goes out again */
	uint16_t	mss;
	int		wscale;		/* -1: none */
	bool		sack;
	bool		timestamps;
};

void half_open_parse(struct half_open *ho, struct nlattr **attrs);
/* By local port and address, then the oldest first; for qsort(). */
int half_open_compare(const void *a, const void *b);
void half_open_json(const struct half_open *ho);
void half_open_title(struct table *table);
void half_open_row(struct table *table, const struct half_open *ho, bool numeric);

#endif /* _XTCP_HALF_OPEN_H */

// SPDX-License-Identifier: GPL-2.0
/* An entry of the half-open queue: from attributes, in order, as JSON and as a line. */
#include <linux/xtcp_netlink.h>
#include <stdio.h>
#include <string.h>

#include "half_open.h"
#include "json.h"
#include "netlink.h"

void half_open_parse(struct half_open *ho, struct nlattr **attrs)
{
	memset(ho, 0, sizeof(*ho));
	endpoint_parse(&ho->local, attrs[XTCP_A_HALF_OPEN_LOCAL_ADDR4],
		       attrs[XTCP_A_HALF_OPEN_LOCAL_ADDR6], attrs[XTCP_A_HALF_OPEN_LOCAL_PORT],
		       NULL);
	endpoint_parse(&ho->remote, attrs[XTCP_A_HALF_OPEN_REMOTE_ADDR4],
		       attrs[XTCP_A_HALF_OPEN_REMOTE_ADDR6], attrs[XTCP_A_HALF_OPEN_REMOTE_PORT],
		       attrs[XTCP_A_HALF_OPEN_IFINDEX]);
	ho->protocol = netlink_uint(attrs[XTCP_A_HALF_OPEN_CARRIER]);
	ho->age_ms = netlink_uint(attrs[XTCP_A_HALF_OPEN_AGE]);
	ho->retries = netlink_uint(attrs[XTCP_A_HALF_OPEN_RETRIES]);
	ho->expires_ms = netlink_uint(attrs[XTCP_A_HALF_OPEN_EXPIRES]);
	ho->mss = netlink_uint(attrs[XTCP_A_HALF_OPEN_MSS]);
	ho->wscale = attrs[XTCP_A_HALF_OPEN_WSCALE] ?
		     (int)netlink_uint(attrs[XTCP_A_HALF_OPEN_WSCALE]) : -1;
	ho->sack = attrs[XTCP_A_HALF_OPEN_SACK];
	ho->timestamps = attrs[XTCP_A_HALF_OPEN_TIMESTAMPS];
}

int half_open_compare(const void *a, const void *b)
{
	const struct half_open *x = a, *y = b;
	int order = endpoint_compare(&x->local, &y->local);

	if (!order && x->age_ms != y->age_ms)
		order = x->age_ms > y->age_ms ? -1 : 1;
	return order ?: endpoint_compare(&x->remote, &y->remote);
}

void half_open_json(const struct half_open *ho)
{
	char text[ENDPOINT_TEXT];

	json_object(NULL);
	endpoint_address(&ho->local, text);
	json_string("local_address", text);
	json_uint("local_port", ho->local.port);
	endpoint_address(&ho->remote, text);
	json_string("remote_address", text);
	json_uint("remote_port", ho->remote.port);
	endpoint_interface(&ho->remote, text);
	if (*text)
		json_string("interface", text);
	json_string("carrier", carrier_name(ho->protocol));
	json_uint("protocol", ho->protocol);
	json_uint("age_ms", ho->age_ms);
	json_uint("retries", ho->retries);
	json_uint("expires_ms", ho->expires_ms);
	json_uint("mss", ho->mss);
	if (ho->wscale >= 0)
		json_uint("wscale", ho->wscale);
	json_bool("sack", ho->sack);
	json_bool("timestamps", ho->timestamps);
	json_object_end();
}

static void option_words(const struct half_open *ho, char *text, size_t size)
{
	int len = snprintf(text, size, "mss %u", ho->mss);

	if (ho->wscale >= 0)
		len += snprintf(text + len, size - len, " wscale %d", ho->wscale);
	if (ho->sack)
		len += snprintf(text + len, size - len, " sack");
	if (ho->timestamps)
		snprintf(text + len, size - len, " ts");
}

void half_open_title(struct table *table)
{
	table->columns = 7;
	table_cell(table, "LOCAL");
	table_cell(table, "PEER");
	table_cell(table, "CARRIER");
	table_cell(table, "AGE");
	table_cell(table, "RETRIES");
	table_cell(table, "NEXT");
	table_cell(table, "OPTIONS");
}

void half_open_row(struct table *table, const struct half_open *ho, bool numeric)
{
	char text[ENDPOINT_TEXT];

	endpoint_text(&ho->local, numeric, text);
	table_cell(table, "%s", text);
	/* The peer's port is one that it drew, and names nothing. */
	endpoint_text(&ho->remote, true, text);
	table_cell(table, "%s", text);
	table_cell(table, "%s", carrier_name(ho->protocol));
	table_cell(table, "%u.%us", ho->age_ms / 1000, ho->age_ms % 1000 / 100);
	table_cell(table, "%u", ho->retries);
	table_cell(table, "%u.%us", ho->expires_ms / 1000, ho->expires_ms % 1000 / 100);
	option_words(ho, text, sizeof(text));
	table_cell(table, "%s", text);
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * xtcp ss: a socket as the module tells of it, the filters it goes through, and how it is shown.
 */
#ifndef _XTCP_TOOL_SS_H
#define _XTCP_TOOL_SS_H

#include <linux/netlink.h>
#include <linux/xtcp_diag.h>
#include <stdio.h>

#include "endpoint.h"
#include "table.h"

/* The kernel's numbers; <linux/tcp.h> has no names for them, and clashes with who has. */
enum {
	STATE_ESTABLISHED = 1,
	STATE_SYN_SENT,
	STATE_SYN_RECV,
	STATE_FIN_WAIT1,
	STATE_FIN_WAIT2,
	STATE_TIME_WAIT,
	STATE_CLOSE,
	STATE_CLOSE_WAIT,
	STATE_LAST_ACK,
	STATE_LISTEN,
	STATE_CLOSING,
};

#define STATE_BIT(state)	(1u << (state))
#define STATES_ALL		(0xffe | STATE_BIT(XTCP_DIAG_BOUND))
/* What has no peer, and what is no socket. */
#define STATES_UNCONNECTED	(STATE_BIT(STATE_CLOSE) | STATE_BIT(STATE_LISTEN) | \
				 STATE_BIT(XTCP_DIAG_BOUND))
#define STATES_BUCKET		(STATE_BIT(STATE_SYN_RECV) | STATE_BIT(STATE_TIME_WAIT))

/**
 * struct ss_socket - a socket, or what is half open or in TIME-WAIT
 * @msg: what is told of each
 * @attrs: INET_DIAG_*, what else is
 * @local: its end
 * @peer: the other
 * @protocol: IP protocol of the carrier
 */
struct ss_socket {
	const struct inet_diag_msg	*msg;
	struct nlattr			*attrs[INET_DIAG_MAX + 1];
	struct endpoint			local;
	struct endpoint			peer;
	uint8_t				protocol;
};

/* @nlh is to stay where it is. */
void ss_parse(struct ss_socket *s, const struct nlmsghdr *nlh);
const char *ss_state_name(int state);

/* An expression in the language of ss(8); a word that it does not know is the end. */
struct ss_filter;

/* "state" and "exclude", and what they name; the number of words taken. */
int ss_filter_states(int argc, char **argv, unsigned int *states);
/*
 * NULL, which everything matches, if there are no words. @command is told of in complaints; one
 * that is not xtcp ss has no interfaces to ask for, and needs to know a socket's ends alone.
 */
struct command;
struct ss_filter *ss_filter_parse(const struct command *command, int argc, char **argv);
bool ss_filter_matches(const struct ss_filter *filter, const struct ss_socket *s);
void ss_filter_free(struct ss_filter *filter);

/**
 * struct ss_options - what is shown, and how
 * @info: tcp_info
 * @memory: of the socket's buffers
 * @timers: which runs
 * @extended: user, inode, cookie and so on
 * @processes: who has it open
 * @numeric: no names of ports
 * @carrier: a column for that
 */
struct ss_options {
	bool	info;
	bool	memory;
	bool	timers;
	bool	extended;
	bool	processes;
	bool	numeric;
	bool	carrier;
};

void ss_title(struct table *table, const struct ss_options *options);
void ss_row(struct table *table, const struct ss_socket *s, const struct ss_options *options);
void ss_json(const struct ss_socket *s, const struct ss_options *options);

/* tcp_info, and what the congestion control tells, as text to go on with and as JSON's members. */
void ss_info_text(FILE *to, const struct ss_socket *s);
void ss_info_json(const struct ss_socket *s);

#endif /* _XTCP_TOOL_SS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Steps that go up in order and come down in reverse: the module's and a namespace's.
 */
#ifndef _XTCP_LADDER_H
#define _XTCP_LADDER_H

struct xtcp_net;

/**
 * struct xtcp_step - one step of a ladder; a step of a namespace has the functions with _net
 * @name: for the log
 * @init: does the step, or fails and leaves nothing behind
 * @exit: undoes it
 * @init_net: likewise, for a namespace
 * @exit_net: likewise, for a namespace
 *
 * Functions that a step does not need are NULL.
 */
struct xtcp_step {
	const char	*name;
	int		(*init)(void);
	void		(*exit)(void);
	int		(*init_net)(struct xtcp_net *xnet);
	void		(*exit_net)(struct xtcp_net *xnet);
};

int xtcp_ladder_up(const struct xtcp_step *steps, unsigned int count, unsigned int fail,
		   struct xtcp_net *xnet);
void xtcp_ladder_down(const struct xtcp_step *steps, unsigned int count, struct xtcp_net *xnet);

#endif /* _XTCP_LADDER_H */

// SPDX-License-Identifier: GPL-2.0
/* Goes up a ladder of steps, and down again: from its top, or from where it broke. */
#define pr_fmt(fmt) "xtcp: " fmt

#include <linux/errno.h>
#include <linux/printk.h>

#include "xtcp.h"
#include "ladder.h"

static int xtcp_step_up(const struct xtcp_step *step, struct xtcp_net *xnet)
{
	if (step->init)
		return step->init();
	if (step->init_net)
		return step->init_net(xnet);
	return 0;
}

static void xtcp_step_down(const struct xtcp_step *step, struct xtcp_net *xnet)
{
	if (step->exit)
		step->exit();
	if (step->exit_net)
		step->exit_net(xnet);
}

/**
 * xtcp_ladder_down() - undo the first steps of a ladder, last first
 * @steps: the ladder
 * @count: how many of its steps were done
 * @xnet: argument of the steps of a namespace
 *
 * Context: Process context, may sleep.
 */
void xtcp_ladder_down(const struct xtcp_step *steps, unsigned int count, struct xtcp_net *xnet)
{
	while (count--)
		xtcp_step_down(&steps[count], xnet);
}

/**
 * xtcp_ladder_up() - do all steps of a ladder, or none
 * @steps: the ladder
 * @count: its length
 * @fail: number of a step, from 1, that fails without being tried; 0 for none
 * @xnet: argument of the steps of a namespace
 *
 * Context: Process context, may sleep.
 * Return: 0, or the error of the step that failed, with those before it undone.
 */
int xtcp_ladder_up(const struct xtcp_step *steps, unsigned int count, unsigned int fail,
		   struct xtcp_net *xnet)
{
	unsigned int i;
	int err;

	for (i = 0; i < count; i++) {
		err = i + 1 == fail ? -ENOMEM : xtcp_step_up(&steps[i], xnet);
		if (err) {
			pr_err("step %u (%s%s) failed: %d\n", i + 1, xnet ? "namespace: " : "",
			       steps[i].name, err);
			xtcp_ladder_down(steps, i, xnet);
			return err;
		}
	}
	return 0;
}

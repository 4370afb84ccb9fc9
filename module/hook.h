/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _XTCP_HOOK_H
#define _XTCP_HOOK_H

struct xtcp_net;

/* The ordinary carrier's hook stands from the first get to the last put; process context. */
int xtcp_hook_get(struct xtcp_net *xnet);
void xtcp_hook_put(struct xtcp_net *xnet);
void xtcp_hook_quiet(struct xtcp_net *xnet);

int xtcp_hook_init(void);
void xtcp_hook_exit(void);

#endif /* _XTCP_HOOK_H */

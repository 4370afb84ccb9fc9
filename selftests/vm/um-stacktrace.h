/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Given to the compiler before arch/um/kernel/stacktrace.c. There a stack trace asks of each word of
 * the stack whether it is the address of a function, of the kernel's or of a module's, which KASAN
 * and kmemleak have done at each allocation: half of what user-mode Linux computes. Most words lie
 * nowhere near any text, which is told at once.
 */
#ifndef _XTCP_UM_STACKTRACE_H
#define _XTCP_UM_STACKTRACE_H

#include <linux/kernel.h>
#include <linux/pgtable.h>
#include <asm/sections.h>

static inline bool xtcp_may_be_text(unsigned long addr)
{
	return addr - (unsigned long)_stext < (unsigned long)(_end - _stext) ||
	       (addr >= MODULES_VADDR && addr < MODULES_END);
}

#define __kernel_text_address(addr) \
	(xtcp_may_be_text(addr) && (__kernel_text_address)(addr))

#endif /* _XTCP_UM_STACKTRACE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Given to the compiler before arch/um/kernel/stacktrace.c. A stack trace asks there of each word
 * of the stack whether it is the address of a function, of the kernel's or of a module's; KASAN and
 * kmemleak take one at each allocation. Most words are far from any text, which is told at once.
 */
#ifndef _XTCP_UM_STACKTRACE_H
#define _XTCP_UM_STACKTRACE_H

#include <linux/kernel.h>
#include <linux/pgtable.h>
#include <asm/sections.h>

static inline bool xtcp_is_text(unsigned long addr)
{
	if (addr - (unsigned long)_stext >= (unsigned long)(_end - _stext) &&
	    (addr < MODULES_VADDR || addr >= MODULES_END))
		return false;
	return __kernel_text_address(addr);
}

#define __kernel_text_address xtcp_is_text

#endif /* _XTCP_UM_STACKTRACE_H */

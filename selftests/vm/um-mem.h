/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Given to the compiler before arch/um/os-Linux/mem.c, which maps KASAN's shadow. Processes of a
 * guest begin as forks of its kernel, and have no use for the shadow: to share it until one of the
 * two writes is a fault for each page of it, after each fork.
 */
#if defined(__UM_HOST__) && !defined(_XTCP_UM_MEM_H)
#define _XTCP_UM_MEM_H

#include <sys/mman.h>

static inline void *xtcp_mmap(void *start, size_t len, int prot, int flags, int fd, off_t offset)
{
	void *map = mmap(start, len, prot, flags, fd, offset);

	if (map != MAP_FAILED && (flags & MAP_NORESERVE))
		madvise(map, len, MADV_DONTFORK);
	return map;
}

#define mmap xtcp_mmap

#endif /* __UM_HOST__ && !_XTCP_UM_MEM_H */

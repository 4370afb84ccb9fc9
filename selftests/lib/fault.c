// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is not there when the kernel wants it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "kselftest.h"

#define FAIL_NTH	"/proc/self/fail-nth"
#define DEBUGFS		"/sys/kernel/debug/"

static int fail_nth = -1;

int fault_open(void)
{
	fail_nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	return fail_nth < 0 ? -errno : 0;
}

void fault_begin(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(fail_nth, text, len, 0) != len)
		perror(FAIL_NTH);
}

int fault_left(void)
{
	char text[16] = "";

	return pread(fail_nth, text, sizeof(text) - 1, 0) > 0 ? atoi(text) : -1;
}

/* What is left of the count may hit the calls here, which then are repeated. */
bool fault_end(void)
{
	const int saved = errno;
	const bool hit = fault_left() == 0;

	while (pwrite(fail_nth, "0", 1, 0) != 1)
		;
	errno = saved;
	return hit;
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
}

static void cache_mark(const char *name, const char *mark)
{
	char path[320];

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/failslab", name);
	write_text(path, mark);
}

static void caches_mark(const char *mark)
{
	DIR *dir = opendir("/sys/kernel/slab");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			cache_mark(entry->d_name, mark);
	if (dir)
		closedir(dir);
}

/* Only the kernel's reference tracker must get its objects, for it complains if it does not. */
void faults_by_count(void)
{
	write_text(DEBUGFS "failslab/probability", "0");
	caches_mark("1");
	cache_mark("kmalloc-32", "0");
	write_text(DEBUGFS "failslab/cache-filter", "Y");
	write_text(DEBUGFS "failslab/ignore-gfp-wait", "N");
	write_text(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N");
	write_text(DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N");
	write_text(DEBUGFS "fail_page_alloc/min-order", "0");
	/* The call says what fails; the kernel log need not. */
	write_text(DEBUGFS "failslab/verbose", "0");
	write_text(DEBUGFS "fail_page_alloc/verbose", "0");
	write_text(DEBUGFS "fail_usercopy/verbose", "0");
}

void faults_by_chance(const char *percent)
{
	static const char * const names[] = {
		"xtcp_synq", "xtcp_timewait", "skbuff_head_cache", "skbuff_fclone_cache",
		"skbuff_small_head", "kmalloc-512", "kmalloc-1k", "kmalloc-2k", "kmalloc-4k",
	};
	unsigned int i;

	caches_mark("0");
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		cache_mark(names[i], "1");
	write_text(DEBUGFS "failslab/ignore-gfp-wait", "Y");
	write_text(DEBUGFS "failslab/times", "-1");
	write_text(DEBUGFS "failslab/probability", percent);
}

void faults_end(void)
{
	write_text(DEBUGFS "failslab/probability", "0");
	write_text(DEBUGFS "failslab/times", "1");
	write_text(DEBUGFS "failslab/cache-filter", "N");
	write_text(DEBUGFS "failslab/ignore-gfp-wait", "Y");
	write_text(DEBUGFS "failslab/verbose", "2");
	write_text(DEBUGFS "fail_page_alloc/ignore-gfp-wait", "Y");
	write_text(DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "Y");
	write_text(DEBUGFS "fail_page_alloc/min-order", "1");
	write_text(DEBUGFS "fail_page_alloc/verbose", "2");
	write_text(DEBUGFS "fail_usercopy/verbose", "2");
	caches_mark("0");
}

bool is_for_want_of_memory(int err)
{
	return err == ENOMEM || err == ENOBUFS || err == ENFILE || err == EFAULT;
}

int fault_run(int (*run)(int argc, char **argv), int argc, char **argv)
{
	int ret;

	if (access(FAIL_NTH, W_OK) || access(DEBUGFS "failslab", X_OK)) {
		puts("TAP version 13\n1..0 # SKIP the kernel injects no faults");
		return KSFT_SKIP;
	}
	/* A child that runs into its time leaves this to its parent. */
	faults_by_count();
	ret = run(argc, argv);
	faults_end();
	return ret;
}

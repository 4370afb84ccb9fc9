// SPDX-License-Identifier: GPL-2.0
/* The module of the KUnit suites; each *_test.c registers its own. */
#include <linux/module.h>

XTCP_IMPORT_KUNIT_NS();
MODULE_DESCRIPTION("KUnit suites of XTCP");
MODULE_LICENSE("GPL");

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A network namespace for a test to be alone in.
 */
#ifndef _SELFTEST_NET_H
#define _SELFTEST_NET_H

#include <stdbool.h>

/* All return 0 or a negative errno. */
int net_enter_new(void);
int net_link_up(const char *dev);
int net_link_mtu(const char *dev, int mtu);
int net_address_add(const char *dev, const char *address, int prefix);

/* A TUN device, up, without a header of its own: a file descriptor, or a negative errno. */
int net_tun_open(const char *dev);

/* Names with slashes, "net/xtcp/rto_min_ms", in the namespace of the caller. */
int net_sysctl_write(const char *name, const char *value);
int net_sysctl_read(const char *name, char *value, int size);

#endif /* _SELFTEST_NET_H */

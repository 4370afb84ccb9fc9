// SPDX-License-Identifier: GPL-2.0
/*
 * Network namespaces, devices and settings.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "net.h"

static int ioctl_once(int family, unsigned long request, void *arg)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int ret;

	if (fd < 0)
		return -errno;
	ret = ioctl(fd, request, arg) ? -errno : 0;
	close(fd);
	return ret;
}

static void ifreq_init(struct ifreq *ifr, const char *dev)
{
	memset(ifr, 0, sizeof(*ifr));
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", dev);
}

int net_link_up(const char *dev)
{
	struct ifreq ifr;

	ifreq_init(&ifr, dev);
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	return ioctl_once(AF_INET, SIOCSIFFLAGS, &ifr);
}

int net_link_mtu(const char *dev, int mtu)
{
	struct ifreq ifr;

	ifreq_init(&ifr, dev);
	ifr.ifr_mtu = mtu;
	return ioctl_once(AF_INET, SIOCSIFMTU, &ifr);
}

static int address_add_v4(const char *dev, const char *address, int prefix)
{
	struct sockaddr_in *sin;
	struct ifreq ifr;
	int ret;

	ifreq_init(&ifr, dev);
	sin = (struct sockaddr_in *)&ifr.ifr_addr;
	sin->sin_family = AF_INET;
	if (inet_pton(AF_INET, address, &sin->sin_addr) != 1)
		return -EINVAL;
	ret = ioctl_once(AF_INET, SIOCSIFADDR, &ifr);
	if (ret)
		return ret;
	sin->sin_addr.s_addr = htonl(prefix ? ~0u << (32 - prefix) : 0);
	return ioctl_once(AF_INET, SIOCSIFNETMASK, &ifr);
}

/* The kernel makes even an address that needs no duplicate detection usable only by and by. */
static bool is_tentative(const char *dev)
{
	char line[128], name[IFNAMSIZ];
	bool tentative = false;
	unsigned int flags;
	FILE *file;

	file = fopen("/proc/net/if_inet6", "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %*x %*x %*x %x %15s", &flags, name) == 2 &&
		    !strcmp(name, dev) && flags & IFA_F_TENTATIVE)
			tentative = true;
	if (file)
		fclose(file);
	return tentative;
}

/* Its own route comes last of all, and until then what is sent to it is lost. */
static bool has_local_route(const struct in6_addr *addr)
{
	char line[256], wanted[40];
	bool found = false;
	FILE *file;
	int i;

	for (i = 0; i < 16; i++)
		sprintf(wanted + 2 * i, "%02x", addr->s6_addr[i]);
	strcat(wanted, " 80 ");
	file = fopen("/proc/net/ipv6_route", "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = !strncmp(line, wanted, strlen(wanted));
	if (file)
		fclose(file);
	return found;
}

static int address_add_v6(const char *dev, const char *address, int prefix)
{
	const uint64_t end = clock_ms() + clock_patience_ms();
	struct in6_ifreq ifr = { .ifr6_prefixlen = prefix };
	int ret, wait_ms = 1;

	if (inet_pton(AF_INET6, address, &ifr.ifr6_addr) != 1)
		return -EINVAL;
	ifr.ifr6_ifindex = if_nametoindex(dev);
	ret = ioctl_once(AF_INET6, SIOCSIFADDR, &ifr);
	while (!ret && (is_tentative(dev) || !has_local_route(&ifr.ifr6_addr))) {
		/* A link whose other end came up after it may take a second. */
		clock_sleep_ms(wait_ms);
		if (wait_ms < 64)
			wait_ms *= 2;
		if (clock_ms() > end)
			ret = -ETIMEDOUT;
	}
	return ret;
}

int net_address_add(const char *dev, const char *address, int prefix)
{
	if (strchr(address, ':'))
		return address_add_v6(dev, address, prefix);
	return address_add_v4(dev, address, prefix);
}

int net_enter_new(void)
{
	if (unshare(CLONE_NEWNET))
		return -errno;
	return net_link_up("lo");
}

static int tun_attach(int fd, const char *dev)
{
	const int off = 0, on = 1;
	struct ifreq ifr;

	ifreq_init(&ifr, dev);
	ifr.ifr_flags = IFF_TUN | IFF_NO_PI;
	/* It goes with its namespace, behind the test's back, not while a test ends. */
	if (ioctl(fd, TUNSETIFF, &ifr) || ioctl(fd, TUNSETPERSIST, 1) ||
	    ioctl(fd, TUNSETCARRIER, &off))
		return -errno;
	/* A carrier that comes when the device is up is news at once, otherwise within a second. */
	if (net_link_up(dev) || ioctl(fd, TUNSETCARRIER, &on))
		return -errno;
	return 0;
}

int net_tun_open(const char *dev)
{
	int ret;
	int fd;

	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = tun_attach(fd, dev);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

static int sysctl_open(const char *name, int flags)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int net_sysctl_write(const char *name, const char *value)
{
	int fd = sysctl_open(name, O_WRONLY);
	int ret = 0;

	if (fd < 0)
		return fd;
	if (write(fd, value, strlen(value)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

int net_sysctl_read(const char *name, char *value, int size)
{
	int fd = sysctl_open(name, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, value, size - 1);
	close(fd);
	if (n < 0)
		return -errno;
	value[n] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return 0;
}

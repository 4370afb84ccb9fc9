# SPDX-License-Identifier: GPL-2.0
# What a person types. "make help" lists it; selftests/vm/ does the work of everything that boots.

KDIR ?= /lib/modules/$(shell uname -r)/build
ARCH ?= $(shell grep -qs '^CONFIG_UML=y' $(KDIR)/.config && echo um || \
	uname -m | sed 's/x86_64/x86/; s/aarch64/arm64/')
VM := $(CURDIR)/selftests/vm

# Kernels to test on, and which tests to run.
KERNEL ?= um release debug
T ?= *
ONE_KERNEL = $(if $(filter file,$(origin KERNEL)),release,$(firstword $(KERNEL)))
ALL_TESTS = $(filter *,$(T))
SHARE = $(if $(ALL_TESTS),$(if $(filter file,$(origin KERNEL)),--share $(if $(filter yes,$(LONG)),,--extent short)))

XTCP_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/xtcp
export XTCP_CACHE

all: module tools

# One KDIR's objects are nothing to another.
module:
	@if [ ! -e $(KDIR)/Makefile ]; then \
		echo "no kernel build tree at $(KDIR): name one by KDIR="; exit 1; fi
	@if [ -e .kdir ] && [ "`cat .kdir`" != "$(KDIR)" ]; then $(MAKE) clean-module; fi
	@echo $(KDIR) > .kdir
	$(MAKE) -C $(KDIR) ARCH=$(ARCH) M=$(CURDIR) modules

tools:
	@if [ -e tools/Makefile ]; then $(MAKE) -C tools; fi

# Modules that use XTCP's.
examples: module
	$(MAKE) -C tools/cong-example XTCP=$(CURDIR) KDIR=$(KDIR) ARCH=$(ARCH)

install: modules_install
	@if [ -e tools/Makefile ]; then $(MAKE) -C tools install; fi

modules_install:
	$(MAKE) -C $(KDIR) ARCH=$(ARCH) M=$(CURDIR) modules_install

setup:
	@$(VM)/setup.sh

demo:
	@$(VM)/setup.sh release
	@$(VM)/run.sh release ./demo.sh

# A shell in the VM, the module loaded.
vm:
	@$(VM)/setup.sh $(ONE_KERNEL)
	@$(VM)/run.sh --interactive $(ONE_KERNEL) bash

check:
	@$(VM)/setup.sh $(if $(ALL_TESTS),trees) $(KERNEL)
	@$(VM)/check.sh $(if $(ALL_TESTS),--compile) $(SHARE) --test '$(T)' $(KERNEL)

# For a release: no kernel leaves anything to another.
check-all:
	@$(VM)/setup.sh trees $(KERNEL)
	@$(VM)/check.sh --compile $(KERNEL)

check-fast:
	@$(VM)/setup.sh um
	@$(VM)/check.sh $(if $(ALL_TESTS),--share --extent fast) --test '$(T)' um

# README's table of programs, as they are here. With files as large as they get, where check has small ones.
programs:
	@$(VM)/setup.sh bench
	@$(VM)/check.sh --test 'program_*' bench || :
	@$(VM)/programs.sh bench

figures:
	@$(VM)/setup.sh um
	@$(VM)/figures.sh um

# Hours. PATHS='cc=reno seeds=3 rate=2,20 groups=path' measures less.
bench-paths:
	@$(VM)/setup.sh bench
	@$(VM)/bench.sh $(PATHS)

compile-all:
	@$(VM)/setup.sh trees um release debug
	@$(VM)/compile.sh

lint:
	@$(VM)/setup.sh lint release
	@$(VM)/lint.sh

# After a change to include/xtcp.yaml; what it makes is committed.
netlink:
	@$(VM)/setup.sh lint
	@$(VM)/netlink.sh

clean: clean-module
	@if [ -e tools/Makefile ]; then $(MAKE) -C tools clean; fi
	rm -rf .build

clean-module:
	@if [ -e "`cat .kdir 2>/dev/null`/Makefile" ]; then \
		$(MAKE) -C "`cat .kdir`" M=$(CURDIR) clean; fi
	@rm -f .kdir

help:
	@echo 'make                  xtcp.ko for the running kernel, or for KDIR=, and the tools'
	@echo 'make examples         a congestion control in a module of its own (tools/cong-example), too'
	@echo 'make install          installs both; modules_install the module alone'
	@echo 'make demo             two hosts in a virtual machine exchange real traffic'
	@echo 'make check            tests, divided among user-mode Linux and two kernels under QEMU'
	@echo '  LONG=yes            all of those that take long, of which else the first checks are enough'
	@echo 'make check-fast       all of them in short, on user-mode Linux: some two minutes'
	@echo 'make check-all        all tests on each of the three'
	@echo '  T=name              one test, or a pattern of names'
	@echo '  KERNEL=...          release, debug, um, or the path of an image or build tree'
	@echo '  WERROR=             lets warnings pass'
	@echo '  GUESTS=n            so many machines at once, instead of one a processor'
	@echo "make bench-paths      XTCP's goodput and the kernel's, on simulated paths: an hour, or less of it"
	@echo '  PATHS=...           less of it: cc=reno seeds=3 rate=2,20 rtt=40 groups=path,queue,clean,auto,fair'
	@echo 'make vm               a shell in the virtual machine, the module loaded'
	@echo 'make setup            fetches and builds what the above need, once (they call it)'
	@echo '  KSRC=...            a Linux 6.12 source tree to use instead of a downloaded one'
	@echo '  XTCP_CACHE=...      where kernels are kept, now $(XTCP_CACHE)'
	@echo 'make compile-all      compiles the module for every kernel series'
	@echo 'make lint             checkpatch, sparse, W=1 and shellcheck'
	@echo 'make netlink          makes xtcp_netlink.h anew from include/xtcp.yaml'
	@echo "make programs         makes README's table of programs anew, from what the tests run here"
	@echo "make figures          draws README's figures anew (tools/figures), from connections in a guest"
	@echo 'make clean'

.PHONY: all module tools examples install modules_install setup demo vm check check-all check-fast \
	bench-paths compile-all lint netlink programs figures clean clean-module help

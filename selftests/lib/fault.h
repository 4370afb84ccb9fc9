/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that is not there when the kernel wants it.
 */
#ifndef _SELFTEST_FAULT_H
#define _SELFTEST_FAULT_H

#include <stdbool.h>

/* For this process: 0, or a negative errno. */
int fault_open(void);
/* The @nth chance from here on fails. */
void fault_begin(unsigned int nth);
/* How many chances there are still to go, 0 if the last one failed; negative if nobody knows. */
int fault_left(void);
/* No chance fails any more. Whether one did. */
bool fault_end(void);

/* What is next in turn fails, whoever wants it for whatever. */
void faults_by_count(void);
/* Objects of the kinds that a segment needs fail to come where nobody can wait for them. */
void faults_by_chance(const char *percent);
void faults_end(void);

/* An answer that a program can understand. */
bool is_for_want_of_memory(int err);

/* A test program's main(): runs its tests, unless the kernel injects no faults. */
int fault_run(int (*run)(int argc, char **argv), int argc, char **argv);

#endif /* _SELFTEST_FAULT_H */

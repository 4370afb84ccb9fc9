/* SPDX-License-Identifier: GPL-2.0 */
/*
 * JSON on standard output, piece by piece; commas and quotes come of themselves. @key is NULL in
 * an array and at the outermost level.
 */
#ifndef _XTCP_JSON_H
#define _XTCP_JSON_H

#include <stdbool.h>
#include <stdint.h>

/*
 * From one to the other who interrupts has to wait: half of a value is none. The outermost bracket
 * does it of itself; it is for those who have the value printed by others.
 */
void json_hold(void);
void json_release(void);

void json_object(const char *key);
void json_object_end(void);
void json_array(const char *key);
void json_array_end(void);
void json_string(const char *key, const char *value);
void json_uint(const char *key, uint64_t value);
void json_int(const char *key, int64_t value);
void json_number(const char *key, double value);
void json_bool(const char *key, bool value);

#endif /* _XTCP_JSON_H */

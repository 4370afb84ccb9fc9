/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A reader's place in a hash table whose chains others change meanwhile.
 *
 * A bucket's objects are visited in the order of their addresses, a few at a time. So what is there
 * from the first look at its bucket to the last is visited once, whatever comes and goes beside it;
 * a place counted from the head of the chain would move with each of those.
 */
#ifndef _XTCP_CURSOR_H
#define _XTCP_CURSOR_H

#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

/* Objects that are visited in one go, for which a chain is looked through once. */
#define XTCP_PICK_MAX	16

/**
 * struct xtcp_cursor - a place in a table; all zero at the start
 * @bucket: that is being visited
 * @after: address of the last of its objects that has been, 0: none yet
 */
struct xtcp_cursor {
	u32		bucket;
	unsigned long	after;
};

/**
 * struct xtcp_pick - a bucket's next objects
 * @after: they lie behind this address
 * @count: their number; fewer than %XTCP_PICK_MAX: the last of the bucket are among them
 * @next: the first that is not visited yet
 * @objects: in the order of their addresses
 */
struct xtcp_pick {
	unsigned long	after;
	unsigned int	count;
	unsigned int	next;
	void		*objects[XTCP_PICK_MAX];
};

/**
 * xtcp_cursor_advance - go on to the next bucket
 * @cursor: place
 */
static inline void xtcp_cursor_advance(struct xtcp_cursor *cursor)
{
	cursor->bucket++;
	cursor->after = 0;
}

/**
 * xtcp_pick_begin - look for the objects behind a place; xtcp_pick_add() is told of all there are
 * @pick: empty then
 * @cursor: place
 */
static inline void xtcp_pick_begin(struct xtcp_pick *pick, const struct xtcp_cursor *cursor)
{
	pick->after = cursor->after;
	pick->count = 0;
	pick->next = 0;
}

/**
 * xtcp_pick_add - keep an object, if it is one of the next
 * @pick: those that were found so far
 * @object: another, or one of them once more
 */
static inline void xtcp_pick_add(struct xtcp_pick *pick, void *object)
{
	unsigned int i = pick->count;

	if ((unsigned long)object <= pick->after)
		return;
	while (i && pick->objects[i - 1] > object)
		i--;
	if (i == XTCP_PICK_MAX || (i && pick->objects[i - 1] == object))
		return;
	pick->count = min(pick->count + 1, (unsigned int)XTCP_PICK_MAX);
	memmove(&pick->objects[i + 1], &pick->objects[i],
		(pick->count - i - 1) * sizeof(*pick->objects));
	pick->objects[i] = object;
}

/**
 * xtcp_pick_next - the next object
 * @pick: what was found
 * @cursor: left behind the object
 *
 * Return: the object, or NULL if no other was picked.
 */
static inline void *xtcp_pick_next(struct xtcp_pick *pick, struct xtcp_cursor *cursor)
{
	void *object;

	if (pick->next == pick->count)
		return NULL;
	object = pick->objects[pick->next++];
	cursor->after = (unsigned long)object;
	return object;
}

/**
 * xtcp_pick_is_last - whether the bucket has no other object
 * @pick: what was found
 */
static inline bool xtcp_pick_is_last(const struct xtcp_pick *pick)
{
	return pick->count < XTCP_PICK_MAX;
}

#endif /* _XTCP_CURSOR_H */

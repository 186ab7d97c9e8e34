/*
 * A bounded arena: many small allocations with one lifetime, one cap and one release. Not for threads.
 */
#ifndef WADOZIP_BASE_MEM_H
#define WADOZIP_BASE_MEM_H

#include <stddef.h>

#include "base/err.h"

struct mem_block;

struct mem {
    struct mem_block *blocks;
    size_t used; /* bytes taken from the system */
    size_t cap;  /* most bytes it may take */
};

/*
 * For the start of a program whose answers differ in size by orders of magnitude: large arrays are given back to the
 * system when they are freed, whatever came before, instead of staying behind as holes in the heap.
 */
void mem_setup(void);

/* An empty arena that never takes more than cap bytes. Takes no memory yet. */
void mem_init(struct mem *m, size_t cap);

/* size zeroed bytes aligned for any object, valid until mem_reset; null with ERR_MEMORY past the cap. */
void *mem_alloc(struct mem *m, size_t size, struct err *e) MUST_CHECK;

/* A copy of the len bytes at s with a terminating NUL. */
char *mem_copy(struct mem *m, const char *s, size_t len, struct err *e) MUST_CHECK;
char *mem_strdup(struct mem *m, const char *s, struct err *e) MUST_CHECK;
char *mem_printf(struct mem *m, struct err *e, const char *format, ...) __attribute__((format(printf, 3, 4))) MUST_CHECK;

/* Frees everything; the arena can be used again with the same cap. */
void mem_reset(struct mem *m);

/*
 * Grows *array, of *room elements of `size` bytes, to hold at least `need` elements, by doubling, never past `cap` elements
 * (ERR_MEMORY names `what`). For arrays outside an arena; the owner frees *array.
 */
int mem_grow(void *array, size_t *room, size_t need, size_t size, size_t cap, const char *what, struct err *e) MUST_CHECK;

#endif

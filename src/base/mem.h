/* SPDX-License-Identifier: MIT */
/*
 * A bounded arena: allocations with one lifetime, one cap and one release. Not
 * thread-safe.
 */
#ifndef WADOZIP_BASE_MEM_H
#define WADOZIP_BASE_MEM_H

#include <stddef.h>

#include "base/err.h"

struct mem_block;

struct mem {
    struct mem_block *blocks;
    size_t used; /* bytes allocated */
    size_t cap;  /* most bytes that may be allocated */
};

/* Configure malloc() once at program start so that large freed arrays return to
 * the system. Plans differ in size by orders of magnitude; without this they
 * fragment the heap. */
void mem_setup(void);

/* Initialize an empty arena of at most cap bytes. Allocates nothing yet. */
void mem_init(struct mem *m, size_t cap);

/*
 * Allocate size zeroed bytes, aligned for any object, valid until mem_reset().
 * Returns null with ERR_MEMORY beyond the cap.
 */
void *mem_alloc(struct mem *m, size_t size, struct err *e) MUST_CHECK;

/* Copy the len bytes at s and append a NUL. */
char *mem_copy(struct mem *m, const char *s, size_t len, struct err *e) MUST_CHECK;
char *mem_strdup(struct mem *m, const char *s, struct err *e) MUST_CHECK;
char *mem_printf(struct mem *m, struct err *e, const char *format, ...)
    __attribute__((format(printf, 3, 4))) MUST_CHECK;

/* Free everything. The arena can be used again with the same cap. */
void mem_reset(struct mem *m);

/* The elements of an array that grows: bytes of each, most of them, and their
 * name in errors. */
struct mem_elements {
    size_t size, cap;
    const char *name;
};

#define MEM_ELEMENTS(element, cap, name) (&(const struct mem_elements){sizeof(element), cap, name})

/* Grow *array, which has room for *room elements, to at least `need` elements,
 * by doubling. Fails with ERR_MEMORY beyond their cap. The owner frees *array.
 */
int mem_grow(void *array, size_t *room, size_t need, const struct mem_elements *of,
             struct err *e) MUST_CHECK;

#endif

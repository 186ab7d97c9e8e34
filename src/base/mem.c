/* SPDX-License-Identifier: MIT */
#include "base/mem.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stdint.h>

#define BLOCK_SIZE ((size_t)16384)
#define ALIGN alignof(max_align_t)

struct mem_block {
    struct mem_block *next;
    size_t size, used; /* of data */
    alignas(max_align_t) unsigned char data[];
};

#define MAPPED_FROM (128 * 1024)

void mem_setup(void)
{
    mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
}

void mem_init(struct mem *m, size_t cap)
{
    *m = (struct mem){.cap = cap};
}

static struct mem_block *new_block(struct mem *m, size_t size, struct err *e)
{
    size_t data =
        size > BLOCK_SIZE - sizeof(struct mem_block) ? size : BLOCK_SIZE - sizeof(struct mem_block);
    struct mem_block *b;

    if (data > m->cap || m->used > m->cap - data) {
        err_set(e, ERR_MEMORY, "the request needs more than %zu bytes of memory", m->cap);
        return NULL;
    }
    b = malloc(sizeof *b + data);
    if (!b) {
        err_set(e, ERR_MEMORY, "no memory left for %zu bytes", data);
        return NULL;
    }
    b->next = m->blocks;
    b->size = data;
    b->used = 0;
    m->blocks = b;
    m->used += data;
    return b;
}

void *mem_alloc(struct mem *m, size_t size, struct err *e)
{
    struct mem_block *b = m->blocks;
    void *p;

    if (size > SIZE_MAX / 2) {
        err_set(e, ERR_MEMORY, "an allocation of %zu bytes is out of bounds", size);
        return NULL;
    }
    size = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (!b || b->size - b->used < size)
        b = new_block(m, size, e);
    if (!b)
        return NULL;
    p = b->data + b->used;
    b->used += size;
    return memset(p, 0, size);
}

char *mem_copy(struct mem *m, const char *s, size_t len, struct err *e)
{
    char *p = mem_alloc(m, len + 1, e);

    if (p)
        memcpy(p, s, len);
    return p;
}

char *mem_strdup(struct mem *m, const char *s, struct err *e)
{
    return mem_copy(m, s, strlen(s), e);
}

char *mem_printf(struct mem *m, struct err *e, const char *format, ...)
{
    va_list args;
    int n;
    char *p;

    va_start(args, format);
    n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    p = n < 0 ? NULL : mem_alloc(m, (size_t)n + 1, e);
    if (!p)
        return NULL;
    va_start(args, format);
    vsnprintf(p, (size_t)n + 1, format, args);
    va_end(args);
    return p;
}

void mem_reset(struct mem *m)
{
    while (m->blocks) {
        struct mem_block *b = m->blocks;

        m->blocks = b->next;
        free(b);
    }
    m->used = 0;
}

int mem_grow(void *array, size_t *room, size_t need, const struct mem_elements *of, struct err *e)
{
    size_t n = *room ? *room : 64;
    void *p;

    if (need <= *room)
        return 0;
    if (need > of->cap || need > SIZE_MAX / 2 / of->size)
        return err_set(e, ERR_MEMORY, "more than %zu %s", of->cap, of->name);
    while (n < need)
        n *= 2;
    if (n > of->cap)
        n = of->cap;
    memcpy(&p, array, sizeof p);
    p = realloc(p, n * of->size);
    if (!p)
        return err_set(e, ERR_MEMORY, "no memory left for %zu %s", n, of->name);
    memcpy(array, &p, sizeof p);
    *room = n;
    return 0;
}

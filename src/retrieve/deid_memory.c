/* SPDX-License-Identifier: MIT */
#include "retrieve/deid_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void deid_memory_release(struct deid_memory *m)
{
    free(m->buckets);
    m->buckets = NULL;
}

/* Return the entries of a UUID, whose bytes are evenly distributed. */
static struct deid_memory_entry *bucket(const struct deid_memory *m,
                                        const uint8_t uuid[DEID_UUID_BYTES])
{
    return m->buckets[(uuid[0] << 8 | uuid[1]) % DEID_MEMORY_BUCKETS];
}

/* Return its place in the bucket, or that of the oldest entry. */
static size_t place_in(const struct deid_memory_entry *b, const uint8_t uuid[DEID_UUID_BYTES])
{
    size_t i = 0;

    while (i < DEID_MEMORY_WAYS - 1 && memcmp(b[i].uuid, uuid, DEID_UUID_BYTES) != 0)
        i++;
    return i;
}

void deid_memory_put(struct deid_memory *m, const uint8_t uuid[DEID_UUID_BYTES],
                     const char *original)
{
    struct deid_memory_entry *b;

    if (!m->buckets)
        m->buckets = calloc(DEID_MEMORY_BUCKETS, sizeof *m->buckets);
    if (!m->buckets)
        return;
    b = bucket(m, uuid);
    memmove(b + 1, b, place_in(b, uuid) * sizeof *b);
    memcpy(b->uuid, uuid, sizeof b->uuid);
    snprintf(b->original, sizeof b->original, "%s", original);
}

const char *deid_memory_get(const struct deid_memory *m, const uint8_t uuid[DEID_UUID_BYTES])
{
    const struct deid_memory_entry *b;

    if (!m->buckets)
        return NULL;
    b = bucket(m, uuid);
    b += place_in(b, uuid);
    return b->original[0] && memcmp(b->uuid, uuid, sizeof b->uuid) == 0 ? b->original : NULL;
}

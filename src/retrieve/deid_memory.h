/* SPDX-License-Identifier: MIT */
/*
 * Which original UID a new one stands for, as far as a process has computed it:
 * a viewer asks for thousands of instances of one series. Bounded: 32,768 UIDs,
 * the oldest go first. The new UIDs of different keys are in one memory, so an
 * answer is a guess until the key has confirmed it.
 */
#ifndef WADOZIP_RETRIEVE_DEID_MEMORY_H
#define WADOZIP_RETRIEVE_DEID_MEMORY_H

#include "dicom/deid_uuid.h"

#define DEID_MEMORY_BUCKETS 8192
#define DEID_MEMORY_WAYS 4

struct deid_memory_entry {
    uint8_t uuid[DEID_UUID_BYTES];
    char original[UID_MAX + 1]; /* "": none */
};

/* Zeroed: empty. */
struct deid_memory {
    struct deid_memory_entry (*buckets)[DEID_MEMORY_WAYS]; /* null until the first one is kept */
};

void deid_memory_release(struct deid_memory *m);

/* Keep a UID of at most UID_MAX bytes. It is not kept if there is no memory. */
void deid_memory_put(struct deid_memory *m, const uint8_t uuid[DEID_UUID_BYTES],
                     const char *original);

/* Return the original that was kept last; null: none. It lives until the next
 * deid_memory_put(). */
const char *deid_memory_get(const struct deid_memory *m, const uint8_t uuid[DEID_UUID_BYTES]);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Numbers for the folders of a request's files: each pair of root and path is
 * stored once. Makes no system calls.
 */
#ifndef WADOZIP_STORE_FOLDER_TABLE_H
#define WADOZIP_STORE_FOLDER_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define FOLDER_TABLE_MAX ((size_t)10000000)        /* number of instances in the largest response */
#define FOLDER_TABLE_TEXT_MAX ((size_t)UINT32_MAX) /* bytes of all paths; offsets have 32 bits */

struct folder_table_entry {
    uint32_t path; /* offset in text; no slash at either end, "" for the root */
    uint32_t root;
};

struct folder_table {
    struct folder_table_entry *entries;
    size_t count, entry_room;
    char *text;
    size_t text_len, text_room;
    /* hash table of entry number + 1; its size is a power of two, at least
     * twice the count */
    uint32_t *table;
    size_t table_size;
};

/* Empty the table and free its memory. An all-zero struct is empty. */
void folder_table_release(struct folder_table *f);

/* Return in *number the number of the folder at path (len bytes) beneath root.
 */
int folder_table_add(struct folder_table *f, uint32_t root, const char *path, size_t len,
                     uint32_t *number, struct err *e) MUST_CHECK;

#endif

/* SPDX-License-Identifier: MIT */
#include "index/kept_bytes.h"

#include <string.h>

#include "base/io.h"
#include "dicom/frame_table.h"

void kept_bytes_keys(struct mem *m, struct writer_file *f, const struct helper_result *r)
{
    struct err none = ERR_INIT;

    f->keys = mem_copy(m, (const char *)r->keys, r->key_bytes, &none);
    f->key_bytes = f->keys ? r->key_bytes : 0;
}

void kept_bytes_table(struct mem *m, struct writer_file *f, const struct helper_result *r)
{
    struct err none = ERR_INIT;
    bool alone = r->kind == HELPER_FRAME_TABLE;
    size_t bytes = !alone ? r->table_bytes : r->class == HELPER_INSTANCE ? (size_t)r->size : 0;
    char *to = bytes && bytes <= FRAME_TABLE_BYTES_MAX ? mem_alloc(m, bytes, &none) : NULL;

    if (to && !alone)
        memcpy(to, r->table, bytes);
    else if (to && io_pread(r->fd, to, bytes, 0) != (ssize_t)bytes)
        to = NULL;
    f->table = to;
    f->table_bytes = to ? bytes : 0;
}

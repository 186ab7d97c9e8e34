/* SPDX-License-Identifier: MIT */
#include "index/read_ahead.h"

#include "store/store_remote.h"

bool read_ahead(struct store *s, const char *root, const struct writer_file *f)
{
    const struct store_meta recorded = {.size = f->size, .mtime_ns = f->mtime_ns};
    struct err later = ERR_INIT;
    uint32_t folder;
    const char *name;

    if (store_name(s, root, f->path, &folder, &name, &later))
        return true;
    return store_ask(s, folder, name, &recorded);
}

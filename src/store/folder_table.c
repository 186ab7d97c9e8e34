/* SPDX-License-Identifier: MIT */
#include "store/folder_table.h"

#include "base/mem.h"

#define FIRST_TABLE 64

void folder_table_release(struct folder_table *f)
{
    free(f->entries);
    free(f->text);
    free(f->table);
    *f = (struct folder_table){0};
}

/* FNV-1a: keys come from our own catalogue, so nobody can choose them to
 * collide. */
static uint32_t hash(uint32_t root, const char *path, size_t len)
{
    uint32_t h = 2166136261u ^ root;

    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)path[i]) * 16777619u;
    return h ^ h >> 15;
}

static bool same(const struct folder_table *f, const struct folder_table_entry *n, uint32_t root,
                 const char *path, size_t len)
{
    const char *own = f->text + n->path;

    return n->root == root && strncmp(own, path, len) == 0 && own[len] == '\0';
}

/* Return the slot that contains the key, or the empty slot for it. */
static size_t folder_table_find(const struct folder_table *f, uint32_t root, const char *path,
                                size_t len)
{
    size_t at = hash(root, path, len) & (f->table_size - 1);

    while (f->table[at] && !same(f, &f->entries[f->table[at] - 1], root, path, len))
        at = (at + 1) & (f->table_size - 1);
    return at;
}

static int grow_table(struct folder_table *f, struct err *e)
{
    size_t size = f->table_size ? f->table_size * 2 : FIRST_TABLE;
    uint32_t *table = calloc(size, sizeof *table);

    if (!table)
        return err_set(e, ERR_MEMORY, "no memory left for a table of %zu folders", size);
    free(f->table);
    f->table = table;
    f->table_size = size;
    for (size_t i = 0; i < f->count; i++) {
        const char *path = f->text + f->entries[i].path;

        f->table[folder_table_find(f, f->entries[i].root, path, strlen(path))] = (uint32_t)i + 1;
    }
    return 0;
}

static int append(struct folder_table *f, uint32_t root, const char *path, size_t len,
                  struct err *e)
{
    if (mem_grow(&f->entries, &f->entry_room, f->count + 1,
                 MEM_ELEMENTS(*f->entries, FOLDER_TABLE_MAX, "folders"), e) ||
        mem_grow(&f->text, &f->text_room, f->text_len + len + 1,
                 MEM_ELEMENTS(char, FOLDER_TABLE_TEXT_MAX, "bytes of folder names"), e))
        return -1;
    f->entries[f->count++] =
        (struct folder_table_entry){.path = (uint32_t)f->text_len, .root = root};
    memcpy(f->text + f->text_len, path, len);
    f->text_len += len;
    f->text[f->text_len++] = '\0';
    return 0;
}

int folder_table_add(struct folder_table *f, uint32_t root, const char *path, size_t len,
                     uint32_t *number, struct err *e)
{
    size_t at;

    /* Consecutive rows are mostly in one folder. */
    if (f->count && same(f, &f->entries[f->count - 1], root, path, len)) {
        *number = (uint32_t)f->count - 1;
        return 0;
    }
    if ((f->count + 1) * 2 > f->table_size && grow_table(f, e))
        return -1;
    at = folder_table_find(f, root, path, len);
    if (!f->table[at]) {
        if (append(f, root, path, len, e))
            return -1;
        f->table[at] = (uint32_t)f->count;
    }
    *number = f->table[at] - 1;
    return 0;
}

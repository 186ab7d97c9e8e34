/* SPDX-License-Identifier: MIT */
#include "plan/unique_names.h"

#include <strings.h>

#include "plan/names.h"

#define SUFFIX_MAX 12 /* bytes: "-" and a number */

struct slot {
    uint32_t name; /* string of the plan; 0: the slot is free */
    uint32_t next; /* suffix to try for the next series of this name */
};

static struct slot *find_slot(struct slot *table, size_t size, const struct plan *p,
                              const char *name)
{
    uint32_t h = 2166136261u;
    size_t at;

    for (const char *c = name; *c; c++)
        h = (h ^ (unsigned char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c)) * 16777619u;
    for (at = h & (size - 1); table[at].name; at = (at + 1) & (size - 1))
        if (strcasecmp(plan_text(p, table[at].name), name) == 0)
            break;
    return &table[at];
}

/*
 * Suffixes continue after the last series of the same name, so equal names need
 * no quadratic search.
 */
static int suffix(struct plan *p, struct plan_series *s, struct slot *table, size_t size,
                  struct slot *taken, struct err *e)
{
    char name[NAMES_PATH_MAX + SUFFIX_MAX + 1];
    struct slot *free_slot;
    size_t len;

    do {
        len = (size_t)snprintf(name, sizeof name, "%.*s-%u", NAMES_PATH_MAX,
                               plan_text(p, s->folder), taken->next++);
        free_slot = find_slot(table, size, p, name);
    } while (free_slot->name);
    if (plan_string(p, name, len, &s->folder, e))
        return -1;
    *free_slot = (struct slot){s->folder, 2};
    return 0;
}

int unique_names(struct plan *p, struct err *e)
{
    size_t size = 16;
    struct slot *table;
    int result = 0;

    while (size < p->series_count * 4)
        size *= 2;
    table = calloc(size, sizeof *table);
    if (!table)
        return err_set(e, ERR_MEMORY, "no memory left for the names of %zu series",
                       p->series_count);
    for (size_t i = 0; i < p->series_count && result == 0; i++) {
        struct plan_series *s = &p->series[i];
        struct slot *slot = find_slot(table, size, p, plan_text(p, s->folder));

        if (slot->name)
            result = suffix(p, s, table, size, slot, e);
        else
            *slot = (struct slot){s->folder, 2};
    }
    free(table);
    return result;
}

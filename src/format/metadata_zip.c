/* SPDX-License-Identifier: MIT */
#include "format/metadata_zip.h"

#include "base/io.h"
#include "base/le.h"
#include "base/mem.h"
#include "dicom/transfer_syntax.h"
#include "helper/package_layout.h"

/* Write a path without its extension. */
static size_t stem(const struct plan *p, const struct plan_member *m, char out[PLAN_PATH_BUFFER])
{
    plan_path(p, m, out);
    return (size_t)(strrchr(out, '.') - out);
}

void metadata_zip_prefix(const struct plan *p, const struct plan_member *m,
                         char out[METADATA_ZIP_PREFIX_MAX])
{
    char path[PLAN_PATH_BUFFER];
    const char *file;

    path[stem(p, m, path)] = '\0';
    file = strrchr(path, '/');
    snprintf(out, METADATA_ZIP_PREFIX_MAX, "./%s-", file + 1);
}

size_t metadata_zip_path(const struct plan *p, const struct plan_member *m, size_t number,
                         char out[PLAN_PATH_BUFFER])
{
    size_t len = stem(p, m, out);

    return len +
           (size_t)snprintf(out + len, PLAN_PATH_BUFFER - len, "-%zu" METADATA_ZIP_ENDING, number);
}

static int not_sound(struct err *e)
{
    return err_set(e, ERR_HELPER, "wadozip-dicom made a package whose index is wrong");
}

/* The rows come before the last bytes: return their number and offset. */
static int find_index(int fd, uint64_t size, uint32_t *count, uint64_t *at, struct err *e)
{
    uint8_t end[METADATA_ZIP_END];

    if (size < METADATA_ZIP_END ||
        io_pread(fd, end, sizeof end, size - METADATA_ZIP_END) != METADATA_ZIP_END)
        return not_sound(e);
    *count = le32_get(end);
    if (le32_get(end + 4) != METADATA_ZIP_MARK || *count == 0 || *count > METADATA_ZIP_PARTS_MAX ||
        (uint64_t)*count * METADATA_ZIP_ROW > size - METADATA_ZIP_END)
        return not_sound(e);
    *at = size - METADATA_ZIP_END - (uint64_t)*count * METADATA_ZIP_ROW;
    return 0;
}

/* Read the rows. Together they must cover all bytes before them. */
static int take_rows(struct plan_progress *g, size_t i, const uint8_t *rows, uint32_t count,
                     uint64_t bytes, struct err *e)
{
    struct plan_fact *fact = plan_progress_edit(g, &g->plan->members[i], e);

    if (!fact || mem_grow(&g->parts, &g->part_room, g->part_count + count,
                          MEM_ELEMENTS(*g->parts, UINT32_MAX, "bulk data values"), e))
        return -1;
    for (uint32_t n = 0; n < count; n++, rows += METADATA_ZIP_ROW) {
        uint64_t size = le64_get(rows);

        if (size > bytes)
            return not_sound(e);
        bytes -= size;
        if (n > 0)
            g->parts[g->part_count + n - 1] =
                (struct plan_part){size, le32_get(rows + 8), (uint32_t)i};
        else
            fact->stored_size = fact->size = size, fact->crc = le32_get(rows + 8);
    }
    if (bytes)
        return not_sound(e);
    g->part_count += count - 1;
    fact->known = true;
    return 0;
}

int metadata_zip_settle(struct plan_progress *g, size_t i, int fd, uint64_t size, struct err *e)
{
    uint8_t *rows;
    uint32_t count = 0;
    uint64_t at = 0;
    int rc;

    if (plan_progress_fact(g, &g->plan->members[i]).known)
        return 0;
    if (find_index(fd, size, &count, &at, e))
        return -1;
    rows = malloc((size_t)count * METADATA_ZIP_ROW);
    if (!rows)
        return err_set(e, ERR_MEMORY, "no memory left for an index");
    rc = io_pread(fd, rows, (size_t)count * METADATA_ZIP_ROW, at) ==
                 (ssize_t)count * METADATA_ZIP_ROW
             ? take_rows(g, i, rows, count, at, e)
             : not_sound(e);
    free(rows);
    return rc;
}

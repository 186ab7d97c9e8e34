/* SPDX-License-Identifier: MIT */
#include "index/counts.h"

#include <inttypes.h>

static const struct {
    enum writer_outcome outcome;
    bool always; /* shown also if zero */
    const char *words;
} parts[] = {
    {WRITER_INDEXED, true, "indexed"},
    {WRITER_CHANGED, false, "changed"},
    {WRITER_TOUCHED, false, "touched"},
    {WRITER_UNCHANGED, true, "unchanged"},
    {WRITER_COPY, true, "copies"},
    {WRITER_CONFLICT, true, "conflicts"},
    {WRITER_REFUSED, true, "refused"},
    {WRITER_NOT_DICOM, true, "not DICOM"},
    {WRITER_DICOMDIR, true, "DICOMDIR"},
    {WRITER_NEW, false, "not dealt with"},
};

#define PARTS (sizeof parts / sizeof *parts)

void counts_write(const struct counts *t, struct buf *out)
{
    uint64_t all = t->links + t->specials;
    const char *comma = "";

    for (size_t i = 0; i < PARTS; i++)
        all += t->files[parts[i].outcome];
    buf_printf(out, "%" PRIu64 " files: ", all);
    for (size_t i = 0; i < PARTS; i++) {
        uint64_t n = t->files[parts[i].outcome];

        if (n || parts[i].always) {
            buf_printf(out, "%s%" PRIu64 " %s", comma, n, parts[i].words);
            comma = ", ";
        }
    }
    buf_printf(out, ", %" PRIu64 " links", t->links);
    if (t->specials)
        buf_printf(out, ", %" PRIu64 " special files", t->specials);
}

void counts_write_pruned(const struct counts *t, struct buf *out)
{
    buf_printf(out, "%" PRIu64 " gone, %" PRIu64 " moved to a copy, %" PRIu64 " others forgotten",
               t->files[WRITER_GONE], t->files[WRITER_MOVED], t->files[WRITER_FORGOTTEN]);
}

bool counts_has_failures(const struct counts *t)
{
    return t->files[WRITER_REFUSED] || t->files[WRITER_CONFLICT] || t->files[WRITER_NEW];
}

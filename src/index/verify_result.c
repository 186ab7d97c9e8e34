/* SPDX-License-Identifier: MIT */
#include "index/verify_result.h"

#include <inttypes.h>

static const char *const names[FINDINGS] = {
    [VERIFY_RESULT_GOOD] = "good",       [VERIFY_RESULT_TOUCHED] = "touched",
    [VERIFY_RESULT_CHANGED] = "changed", [VERIFY_RESULT_DAMAGED] = "damaged",
    [VERIFY_RESULT_MISSING] = "missing", [VERIFY_RESULT_UNREADABLE] = "unreadable",
    [VERIFY_RESULT_NEW] = "new",
};

const char *verify_result_name(enum verify_result f)
{
    return (unsigned)f < FINDINGS ? names[f] : "unknown";
}

uint64_t verify_result_total(const struct verify_counts *t)
{
    uint64_t all = 0;

    for (int i = 0; i < FINDINGS; i++)
        all += t->files[i];
    return all;
}

void verify_result_write(const struct verify_counts *t, struct buf *out)
{
    buf_printf(out, "%" PRIu64 " files: ", verify_result_total(t));
    for (int i = 0; i < FINDINGS; i++)
        buf_printf(out, "%s%" PRIu64 " %s", i ? ", " : "", t->files[i], names[i]);
}

bool verify_result_has_trouble(const struct verify_counts *t)
{
    return verify_result_total(t) != t->files[VERIFY_RESULT_GOOD];
}

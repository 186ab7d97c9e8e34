#include "index/finding.h"

#include <inttypes.h>

static const char *const names[FINDINGS] = {
    [FINDING_GOOD] = "good",       [FINDING_TOUCHED] = "touched", [FINDING_CHANGED] = "changed",
    [FINDING_DAMAGED] = "damaged", [FINDING_MISSING] = "missing", [FINDING_UNREADABLE] = "unreadable",
    [FINDING_NEW] = "new",
};

const char *finding_name(enum finding f)
{
    return (unsigned)f < FINDINGS ? names[f] : "unknown";
}

uint64_t finding_total(const struct finding_tally *t)
{
    uint64_t all = 0;

    for (int i = 0; i < FINDINGS; i++)
        all += t->files[i];
    return all;
}

void finding_write(const struct finding_tally *t, struct buf *out)
{
    buf_printf(out, "%" PRIu64 " files: ", finding_total(t));
    for (int i = 0; i < FINDINGS; i++)
        buf_printf(out, "%s%" PRIu64 " %s", i ? ", " : "", t->files[i], names[i]);
}

bool finding_has_trouble(const struct finding_tally *t)
{
    return finding_total(t) != t->files[FINDING_GOOD];
}

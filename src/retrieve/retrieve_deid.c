/* SPDX-License-Identifier: MIT */
#include "retrieve/retrieve_deid.h"

#include <string.h>

static int replace(const struct deid_profile *p, char kept[2][UID_MAX + 1], const char *uid,
                   struct err *e)
{
    size_t len = strnlen(uid, UID_MAX);

    if (strcmp(kept[0], uid) == 0)
        return 0;
    memcpy(kept[0], uid, len);
    kept[0][len] = '\0';
    return deid_key_uid(p, uid, kept[1], e);
}

int retrieve_deid_instance(struct retrieve_deid *d, const struct deid_profile *p,
                           const struct instance *i, struct instance *out, struct err *e)
{
    if (replace(p, d->study, i->study_uid, e) || replace(p, d->series, i->series_uid, e))
        return -1;
    if (deid_key_uid(p, i->sop_uid, d->sop_uid, e))
        return -1;
    *out = *i;
    out->study_uid = d->study[1];
    out->series_uid = d->series[1];
    out->sop_uid = d->sop_uid;
    out->study_date = i->study_date ? "" : NULL;
    out->study_description = i->study_description ? "" : NULL;
    out->series_description = "";
    out->acquired = p->options & DEID_FULL_DATES ? i->acquired : 0;
    /* images are mostly indexed on the day on which they are made */
    out->updated = out->removed = 0;
    out->deflated_size = out->default_size = 0;
    out->conversion_known = out->conversion_failed = false;
    out->keys = NULL;
    out->key_bytes = 0;
    out->sha256 = NULL;
    return 0;
}

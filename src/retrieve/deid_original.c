/* SPDX-License-Identifier: MIT */
#include "retrieve/deid_original.h"

#include <string.h>

#include "catalog/level_uids.h"

#define NEW_ROOT "2.25." /* of all new UIDs (deid_key.h) */

struct sought {
    const struct deid_profile *profile;
    const char *shown; /* the new UID */
    char original[UID_MAX + 1];
};

static int compare_uid(void *ctx, const char *uid, struct err *e)
{
    struct sought *s = ctx;
    char shown[UID_MAX + 1];

    if (s->original[0])
        return 0;
    if (deid_key_uid(s->profile, uid, shown, e))
        return -1;
    if (strcmp(shown, s->shown) == 0)
        snprintf(s->original, sizeof s->original, "%s", uid);
    return 0;
}

/* Replace a UID by the one of this level for which it stands. */
static int find_one(struct catalog *c, const struct deid_profile *p, const char *study,
                    const char *series, char *uid, struct err *e)
{
    struct sought s = {.profile = p, .shown = uid};

    if (strncmp(uid, NEW_ROOT, strlen(NEW_ROOT)) != 0)
        return 0;
    if (level_uids(c, study, series, compare_uid, &s, e))
        return -1;
    if (s.original[0])
        memcpy(uid, s.original, sizeof s.original);
    return 0;
}

int deid_original_find(struct catalog *c, const struct deid_profile *p, bool studies,
                       const struct deid_original *uids, struct err *e)
{
    if (studies && find_one(c, p, "", "", uids->study, e))
        return -1;
    if (find_one(c, p, uids->study, "", uids->series, e))
        return -1;
    return find_one(c, p, uids->study, uids->series, uids->instance, e);
}

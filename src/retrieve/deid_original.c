/* SPDX-License-Identifier: MIT */
#include "retrieve/deid_original.h"

#include <string.h>

#include "catalog/level_uids.h"
#include "dicom/deid_uuid.h"

struct sought {
    const struct deid_profile *profile;
    struct deid_memory *memory;
    struct deid_mac mac;
    uint8_t wanted[DEID_UUID_BYTES];
    char original[UID_MAX + 1];
};

static int compute_uuid(struct sought *s, const char *uid, uint8_t uuid[DEID_UUID_BYTES],
                        struct err *e)
{
    uint8_t mac[DEID_MAC_BYTES];

    if (deid_mac_text(&s->mac, uid, strlen(uid), mac, e))
        return -1;
    deid_uuid_mark(mac);
    memcpy(uuid, mac, DEID_UUID_BYTES);
    return 0;
}

static bool matches(const struct sought *s, const uint8_t uuid[DEID_UUID_BYTES])
{
    return memcmp(s->wanted, uuid, DEID_UUID_BYTES) == 0;
}

static int compare_uid(void *ctx, const char *uid, struct err *e)
{
    uint8_t uuid[DEID_UUID_BYTES];
    struct sought *s = ctx;

    if (deid_key_keeps(s->profile, uid))
        return 0;
    if (compute_uuid(s, uid, uuid, e))
        return -1;
    deid_memory_put(s->memory, uuid, uid);
    if (matches(s, uuid))
        snprintf(s->original, sizeof s->original, "%s", uid);
    return 0;
}

/* Look into the memory. Another key may have made what is found there, and this
 * session may not see it. */
static int recall(struct sought *s, struct catalog *c, const char *study, const char *series,
                  struct err *e)
{
    const char *guess = deid_memory_get(s->memory, s->wanted);
    uint8_t uuid[DEID_UUID_BYTES];
    bool seen;

    if (!guess)
        return 0;
    if (compute_uuid(s, guess, uuid, e) || level_uids_has(c, study, series, guess, &seen, e))
        return -1;
    if (seen && matches(s, uuid))
        snprintf(s->original, sizeof s->original, "%s", guess);
    return 0;
}

static int look(struct sought *s, struct catalog *c, const char *study, const char *series,
                struct err *e)
{
    if (deid_mac_open(&s->mac, s->profile->key, DEID_MAC_UIDS, e) || recall(s, c, study, series, e))
        return -1;
    return s->original[0] ? 0 : level_uids(c, study, series, compare_uid, s, e);
}

/* Replace a UID by the one of this level for which it stands. */
static int find_one(const struct deid_finder *f, const char *study, const char *series, char *uid,
                    struct err *e)
{
    struct sought s = {.profile = f->profile, .memory = f->memory};
    int rc;

    if (f->profile->options & DEID_UIDS || !deid_uuid_parse(uid, s.wanted))
        return 0;
    rc = look(&s, f->catalog, study, series, e);
    deid_mac_close(&s.mac);
    if (rc == 0 && s.original[0])
        memcpy(uid, s.original, sizeof s.original);
    return rc;
}

int deid_original_find(const struct deid_finder *f, bool studies, const struct deid_original *uids,
                       struct err *e)
{
    if (studies && find_one(f, "", "", uids->study, e))
        return -1;
    if (find_one(f, uids->study, "", uids->series, e))
        return -1;
    return find_one(f, uids->study, uids->series, uids->instance, e);
}

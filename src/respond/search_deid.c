/* SPDX-License-Identifier: MIT */
#include "respond/search_deid.h"

#include <string.h>

#include "retrieve/deid_original.h"

/* Return whether no profile changes the values of an attribute. */
static bool is_kept(enum search_attribute which)
{
    switch (which) {
    case SEARCH_CHARACTER_SET:
    case SEARCH_SOP_CLASS:
    case SEARCH_AVAILABILITY:
    case SEARCH_MODALITY:
    case SEARCH_MODALITIES:
    case SEARCH_RETRIEVE_URL:
    case SEARCH_SERIES_NUMBER:
    case SEARCH_NUMBER:
    case SEARCH_STUDY_SERIES:
    case SEARCH_STUDY_INSTANCES:
    case SEARCH_SERIES_INSTANCES:
    case SEARCH_FRAMES:
    case SEARCH_ROWS:
    case SEARCH_COLUMNS:
    case SEARCH_BITS:
        return true;
    default:
        return false;
    }
}

static bool is_new_uid(enum search_attribute which)
{
    return which == SEARCH_STUDY_UID || which == SEARCH_SERIES_UID || which == SEARCH_SOP_UID;
}

/* Return the original UID for a value of a key, in the arena; null on failure. */
static const char *original(struct response *a, enum search_attribute which, const char *value,
                            struct err *e)
{
    struct request *r = &a->request;
    char study[UID_MAX + 1] = "", series[UID_MAX + 1] = "", uid[UID_MAX + 1];
    struct deid_original uids = {study, series, uid};
    struct retrieve_tools *t = &a->s->tools;
    const struct deid_finder finder = {t->catalog, a->profile, &t->deid_memory};

    snprintf(uid, sizeof uid, "%s", value);
    if (which == SEARCH_STUDY_UID)
        uids = (struct deid_original){uid, series, series};
    else
        snprintf(study, sizeof study, "%s", r->study);
    if (which == SEARCH_SERIES_UID)
        uids = (struct deid_original){study, uid, series};
    else if (which == SEARCH_SOP_UID)
        snprintf(series, sizeof series, "%s", r->series);
    if (deid_original_find(&finder, which == SEARCH_STUDY_UID, &uids, e))
        return NULL;
    return mem_strdup(&a->s->mem, uid, e);
}

static int replace_values(struct response *a, struct search_key *k, struct err *e)
{
    const char **values = mem_alloc(&a->s->mem, k->count * sizeof *values, e);

    if (!values)
        return -1;
    for (size_t i = 0; i < k->count; i++)
        if (!(values[i] = original(a, k->attribute, k->values[i], e)))
            return -1;
    k->values = values;
    return 0;
}

int search_deid_keys(struct response *a, struct err *e)
{
    struct search_query *q = mem_alloc(&a->s->mem, sizeof *q, e);

    if (!q)
        return -1;
    *q = *a->request.search;
    for (size_t i = 0; i < q->count; i++) {
        enum search_attribute which = q->keys[i].attribute;

        if (!is_kept(which) && !is_new_uid(which))
            return err_set(e, ERR_REQUEST,
                           "%s is not part of de-identified results: search by UIDs, modalities"
                           " and numbers",
                           search_definition(which)->keyword);
        if (is_new_uid(which) && replace_values(a, &q->keys[i], e))
            return -1;
    }
    a->request.search = q;
    return 0;
}

static int show_uid(const struct deid_profile *p, const char *original_uid, char uid[UID_MAX + 1],
                    const char **shown, struct err *e)
{
    if (!original_uid)
        return 0;
    *shown = uid;
    return deid_key_uid(p, original_uid, uid, e);
}

int search_deid_values(const struct deid_profile *p, const char *const values[SEARCH_ATTRIBUTES],
                       struct search_deid *uids, const char *shown[SEARCH_ATTRIBUTES],
                       struct err *e)
{
    for (unsigned i = 0; i < SEARCH_ATTRIBUTES; i++)
        shown[i] = is_kept((enum search_attribute)i) ? values[i] : NULL;
    if (show_uid(p, values[SEARCH_STUDY_UID], uids->study, &shown[SEARCH_STUDY_UID], e) ||
        show_uid(p, values[SEARCH_SERIES_UID], uids->series, &shown[SEARCH_SERIES_UID], e))
        return -1;
    return show_uid(p, values[SEARCH_SOP_UID], uids->instance, &shown[SEARCH_SOP_UID], e);
}

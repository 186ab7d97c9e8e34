/* SPDX-License-Identifier: MIT */
#include "cli/deid_change.h"

#include <stdlib.h>
#include <string.h>

#include "base/deid_options.h"
#include "helper/element_line.h"

#define PIXEL_DATA "7FE00010"
#define META_GROUP "0002"
#define META_SOP_UID "00020003"
#define DERIVATION_DESCRIPTION "00082111"
#define DUMMY_DATE "19000101" /* of wadozip-dicom, for values that are no date */

const char *deid_change_word(enum deid_act act)
{
    static const char *const words[DEID_ACTS] = {
        [DEID_ACT_REMOVED] = "removed",   [DEID_ACT_EMPTIED] = "emptied",
        [DEID_ACT_REPLACED] = "replaced", [DEID_ACT_SHIFTED] = "shifted",
        [DEID_ACT_MAPPED] = "UID mapped", [DEID_ACT_CLEANED] = "cleaned",
        [DEID_ACT_WITHHELD] = "withheld", [DEID_ACT_KEPT] = "kept",         [DEID_ACT_ADDED] = "added",
        [DEID_ACT_REFUSED] = "refused",
    };

    return words[act];
}

/* Elements with one path stay in their order. */
static int by_element_path(const void *a, const void *b)
{
    const struct deid_element *x = a, *y = b;
    int order = strcmp(x->path, y->path);

    return order ? order : (x->path > y->path) - (x->path < y->path);
}

static size_t count_lines(const char *text, size_t len)
{
    size_t count = 0;

    for (size_t i = 0; i < len; i++)
        count += text[i] == ELEMENT_LINE_END;
    return count;
}

/* Cut the line at `at` into fields. Returns the start of the next line, or null. */
static char *parse_line(char *at, struct deid_element *out)
{
    const char **const fields[ELEMENT_LINE_FIELDS] = {&out->path, &out->vr, &out->keyword,
                                                      &out->value};

    for (size_t i = 0; i < ELEMENT_LINE_FIELDS; i++) {
        const char end = i + 1 < ELEMENT_LINE_FIELDS ? ELEMENT_LINE_FIELD : ELEMENT_LINE_END;

        *fields[i] = at;
        while (*at != ELEMENT_LINE_FIELD && *at != ELEMENT_LINE_END && *at)
            at++;
        if (*at != end)
            return NULL;
        *at++ = '\0';
    }
    return at;
}

int deid_elements_parse(char *text, size_t len, struct deid_elements *out, struct err *e)
{
    char *at = text;

    *out = (struct deid_elements){.text = text, .count = count_lines(text, len)};
    text[len] = '\0';
    if (!(out->of = calloc(out->count + 1, sizeof *out->of)))
        return err_set(e, ERR_MEMORY, "no memory left for %zu elements", out->count);
    for (size_t i = 0; i < out->count && at; i++)
        at = parse_line(at, &out->of[i]);
    if (at != text + len)
        return err_set(e, ERR_HELPER, "wadozip-dicom returned a malformed list of elements");
    qsort(out->of, out->count, sizeof *out->of, by_element_path);
    return 0;
}

void deid_elements_release(struct deid_elements *l)
{
    free(l->text);
    free(l->of);
    *l = (struct deid_elements){.text = NULL};
}

static bool vr_is_one_of(const char *vr, const char *list)
{
    return strlen(vr) == 2 && strstr(list, vr) != NULL;
}

/*
 * Return whether the element names something that has another UID now; of file
 * meta information that is the instance.
 */
static bool is_mapped(const struct deid_element *e)
{
    return vr_is_one_of(e->vr, "UI") &&
           (strncmp(e->path, META_GROUP, 4) != 0 || strcmp(e->path, META_SOP_UID) == 0);
}

static enum deid_act act_of(const struct deid_element *before, const struct deid_element *after,
                            bool moved)
{
    if (!before)
        return DEID_ACT_ADDED;
    if (!after)
        return DEID_ACT_REMOVED;
    if (strcmp(before->value, after->value) == 0)
        return DEID_ACT_KEPT;
    if (*after->value == '\0')
        return DEID_ACT_EMPTIED;
    if (strcmp(before->path, PIXEL_DATA) == 0)
        return DEID_ACT_CLEANED;
    if (is_mapped(before))
        return DEID_ACT_MAPPED;
    return moved && vr_is_one_of(before->vr, "DA DT") && !strstr(after->value, DUMMY_DATE)
               ? DEID_ACT_SHIFTED
               : DEID_ACT_REPLACED;
}

static struct deid_change change_of(const struct deid_element *before,
                                    const struct deid_element *after, bool moved)
{
    const struct deid_element *known = before ? before : after;
    struct deid_change c = {known->path,
                            known->vr,
                            known->keyword,
                            before ? before->value : "",
                            after ? after->value : "",
                            act_of(before, after, moved),
                            false};

    c.free_text = c.act == DEID_ACT_KEPT && *c.before && vr_is_one_of(c.vr, "LO LT SH ST UC UT UN");
    return c;
}

static bool is_withheld(const struct deid_elements *after)
{
    for (size_t i = 0; i < after->count; i++)
        if (strcmp(after->of[i].path, DERIVATION_DESCRIPTION) == 0)
            return strcmp(after->of[i].value, DEID_WITHHELD_NOTE) == 0;
    return false;
}

int deid_change_each(const struct deid_elements *before, const struct deid_elements *after,
                     bool moved, int (*each)(void *ctx, const struct deid_change *c, struct err *e),
                     void *ctx, struct err *e)
{
    const bool withheld = is_withheld(after);
    size_t b = 0, a = 0;

    while (b < before->count || a < after->count) {
        int order = b == before->count  ? 1
                    : a == after->count ? -1
                                        : strcmp(before->of[b].path, after->of[a].path);
        const struct deid_element *old = order <= 0 ? &before->of[b++] : NULL,
                                  *new = order >= 0 ? &after->of[a++] : NULL;
        struct deid_change c = change_of(old, new, moved);

        if (withheld && strcmp(c.path, PIXEL_DATA) == 0)
            c.act = DEID_ACT_WITHHELD;
        if (each(ctx, &c, e))
            return -1;
    }
    return 0;
}

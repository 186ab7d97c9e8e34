/* SPDX-License-Identifier: MIT */
#include "plan/plan.h"

#include "base/deflate.h"
#include "base/dos_time.h"
#include "base/mem.h"
#include "dicom/transfer_syntax.h"
#include "dicom/uid.h"
#include "plan/names.h"

_Static_assert(sizeof(struct plan_member) == 56, "a member is as small as plan.h says");

#define SAME_NUMBER_MAX ((1u << 21) - 1)

void plan_init(struct plan *p, const struct plan_options *o)
{
    *p = (struct plan){.options = *o};
}

void plan_release(struct plan *p)
{
    free(p->members);
    free(p->conversions);
    free(p->pixels);
    free(p->series);
    free(p->text);
    *p = (struct plan){.options = p->options};
}

int plan_string(struct plan *p, const char *s, size_t len, uint32_t *at, struct err *e)
{
    if (mem_grow(&p->text, &p->text_room, p->text_len + len + 2,
                 MEM_ELEMENTS(char, UINT32_MAX, "bytes of names in one answer"), e))
        return -1;
    if (p->text_len == 0)
        p->text[p->text_len++] = '\0';
    if (len == 0) {
        *at = 0;
        return 0;
    }
    *at = (uint32_t)p->text_len;
    memcpy(p->text + p->text_len, s, len);
    p->text_len += len;
    p->text[p->text_len++] = '\0';
    return 0;
}

static int plan_add_string(struct plan *p, const char *s, uint32_t *at, struct err *e)
{
    return plan_string(p, s, strlen(s), at, e);
}

/* Start a study unless the last series belongs to it. */
static int add_study(struct plan *p, const struct instance *i, struct plan_series *series,
                     struct err *e)
{
    char folder[NAMES_PATIENT_MAX + 1 + NAMES_STUDY_MAX + 1];
    size_t len;

    if (p->series_count) {
        series->study = p->series[p->series_count - 1].study;
        if (strcmp(plan_text(p, series->study), i->study_uid) == 0)
            return 0;
    }
    p->study_count++;
    if (plan_add_string(p, i->study_uid, &series->study, e))
        return -1;
    if (!p->options.study_folders)
        return 0;
    if (p->options.names == PLAN_NAMES_UID) {
        p->study_folder = series->study;
        return 0;
    }
    len = i->patient_number ? names_patient(i->patient_number, folder) : 0;
    if (len)
        folder[len++] = '/';
    len += names_study(i->study_number ? i->study_number : p->study_count, i->study_date,
                       i->study_description, folder + len);
    return plan_string(p, folder, len, &p->study_folder, e);
}

static int name_folder(struct plan *p, const struct instance *i, struct plan_series *series,
                       struct err *e)
{
    char folder[NAMES_PATH_MAX + 1], *at = folder;

    if (p->options.names == PLAN_NAMES_MEDIA ||
        (p->options.names == PLAN_NAMES_UID && !p->options.study_folders)) {
        series->folder = series->uid;
        return 0;
    }
    if (p->options.study_folders)
        at += snprintf(folder, sizeof folder, "%.*s/", UID_MAX, plan_text(p, p->study_folder));
    if (p->options.names == PLAN_NAMES_UID)
        at += snprintf(at, UID_MAX + 1, "%s", i->series_uid);
    else
        at += names_folder(i->series_number, i->modality, i->series_description, at);
    return plan_string(p, folder, (size_t)(at - folder), &series->folder, e);
}

/* Rows arrive by study and series, so only the last one can match. */
static int add_series(struct plan *p, const struct instance *i, struct err *e)
{
    const struct plan_series *last = p->series_count ? &p->series[p->series_count - 1] : NULL;
    struct plan_series series = {.first = (uint32_t)p->count};

    if (last && strcmp(plan_text(p, last->uid), i->series_uid) == 0 &&
        strcmp(plan_text(p, last->study), i->study_uid) == 0)
        return 0;
    if (mem_grow(&p->series, &p->series_room, p->series_count + 1,
                 MEM_ELEMENTS(series, UINT32_MAX, "series"), e) ||
        add_study(p, i, &series, e))
        return -1;
    if (plan_add_string(p, i->series_uid, &series.uid, e) || name_folder(p, i, &series, e))
        return -1;
    p->series[p->series_count++] = series;
    return 0;
}

/* Count earlier members with the same number in the series. Equal numbers must
 * be adjacent. */
static int count_same_number(const struct plan *p, struct plan_member *m, struct err *e)
{
    const struct plan_member *before = &p->members[p->count - 1];

    if (p->series[p->series_count - 1].first == p->count || before->number < m->number)
        return 0;
    if (before->number > m->number || before->same_number == SAME_NUMBER_MAX)
        return err_set(e, ERR_SYSTEM,
                       "the catalogue's rows are not in the order of instance numbers");
    m->same_number = (before->same_number + 1) & SAME_NUMBER_MAX;
    return 0;
}

int plan_name_syntax(struct plan *p, const char *uid, struct plan_member *m, struct err *e)
{
    uint32_t at;

    if (p->syntax_count == 0)
        p->syntax_count = 1; /* "" */
    for (size_t i = 0; i < p->syntax_count; i++)
        if (strcmp(plan_text(p, p->syntaxes[i]), uid) == 0) {
            m->syntax = i & (PLAN_SYNTAXES - 1);
            return 0;
        }
    if (p->syntax_count == PLAN_SYNTAXES)
        return 0;
    if (plan_add_string(p, uid, &at, e))
        return -1;
    m->syntax = p->syntax_count & (PLAN_SYNTAXES - 1);
    p->syntaxes[p->syntax_count++] = at;
    return 0;
}

/* Count the member's bytes against the limit. */
static int add_size(struct plan *p, uint64_t size, struct err *e)
{
    uint64_t max = p->options.max_bytes < INT64_MAX ? p->options.max_bytes : INT64_MAX;

    if (size > max || p->data_size > max - size)
        return err_set(e, ERR_TOO_LARGE, "more than %llu bytes (setting max_bytes)",
                       (unsigned long long)max);
    p->data_size += size;
    return 0;
}

static bool keeps_uid(const struct plan *p, const struct plan_member *m)
{
    return m->source == PLAN_CONVERTED || p->options.names == PLAN_NAMES_UID ||
           (p->options.framing == PLAN_MULTIPART && p->options.location);
}

/* Return whether members in this transfer syntax are deflated if that pays. */
static bool may_deflate(const struct plan_options *o, const char *syntax)
{
    return o->framing == PLAN_ZIP && o->compression != PLAN_COMPRESS_NONE &&
           transfer_syntax_is_native(syntax);
}

bool plan_packs(const struct plan *p)
{
    return may_deflate(&p->options, conversion_rules_target(&p->options.wish));
}

/*
 * Decide for bytes of a file: deflate if that is known to pay, or if it was
 * requested and the size is not known.
 */
static bool deflates(const struct plan *p, const char *syntax, uint64_t size, uint64_t deflated)
{
    bool all = p->options.compression == PLAN_COMPRESS_DEFLATE;

    return may_deflate(&p->options, syntax) && size > 0 && (deflated > 0 || all) &&
           plan_pays(p, size, deflated);
}

static void decide_deflate(const struct plan *p, struct plan_member *m, const struct instance *i)
{
    if (!deflates(p, i->transfer_syntax, i->size, i->deflated_size))
        return;
    m->deflated = true;
    m->stored_size = i->deflated_size;
    m->known = i->deflated_size > 0;
}

/*
 * The result of an earlier conversion is known; an uncompressed size can be
 * known without a conversion.
 */
static struct plan_conversion decide_conversion(const struct plan *p, struct plan_member *m,
                                                const struct instance *i)
{
    bool is_conversion = p->options.content == PLAN_INSTANCES;
    struct plan_conversion conversion = {0};

    m->source = PLAN_CONVERTED;
    m->known = is_conversion && i->conversion_known && i->converted_size > 0;
    m->crc = m->known ? i->converted_crc : 0;
    if (m->known)
        conversion = (struct plan_conversion){i->converted_size, i->converted_deflated};
    else if (is_conversion &&
             strcmp(conversion_rules_target(&p->options.wish), TRANSFER_SYNTAX_EXPLICIT_LE) == 0)
        conversion.size = i->default_size;
    m->stored_size = conversion.size;
    return conversion;
}

static int keep_conversion(struct plan *p, const struct plan_conversion *conversion, bool suspect,
                           struct err *e)
{
    size_t count = p->count + 1;

    if (mem_grow(&p->conversions, &p->converted_room, count,
                 MEM_ELEMENTS(*p->conversions, UINT32_MAX, "converted instances"), e))
        return -1;
    memset(p->conversions + p->converted_count, 0,
           (count - p->converted_count) * sizeof *p->conversions);
    p->conversions[p->count] = *conversion;
    p->converted_count = count;
    if (suspect && p->retry_first_count < PLAN_RETRY_FIRST_MAX)
        p->retry_first[p->retry_first_count++] = (uint32_t)p->count;
    return 0;
}

static void note_change(struct plan *p, int64_t at)
{
    if (at > p->modified)
        p->modified = at;
}

/* Neither size nor CRC-32 are known before the header is made. */
static int decide_splice(struct plan *p, struct plan_member *m, const struct instance *i,
                         struct err *e)
{
    if (mem_grow(&p->pixels, &p->pixels_room, p->count + 1,
                 MEM_ELEMENTS(*p->pixels, UINT32_MAX, "instances"), e))
        return -1;
    p->pixels[p->count] = (struct plan_pixels){
        i->pixel_offset, i->pixel_length, i->pixel_deflated, i->pixel_crc};
    m->source = PLAN_SPLICED;
    m->deflated = deflates(p, i->transfer_syntax, i->pixel_length, i->pixel_deflated);
    m->known = false;
    m->crc = 0;
    m->stored_size = 0;
    return 0;
}

static const char *sent_syntax(const struct plan *p, const struct plan_member *m,
                               const struct instance *i)
{
    const struct transfer_syntax *stored = transfer_syntax_find(i->transfer_syntax);

    if (m->source == PLAN_CONVERTED && p->options.content == PLAN_INSTANCES)
        return conversion_rules_syntax(&p->options.wish, i);
    return m->source == PLAN_SPLICED && stored && !stored->encapsulated
               ? TRANSFER_SYNTAX_EXPLICIT_LE
               : i->transfer_syntax;
}

static int plan_add_member(struct plan *p, struct store *s, const struct instance *i,
                           bool converted, struct err *e)
{
    struct plan_member m = {
        .stored_size = i->size,
        .crc = i->crc,
        .file_size = i->size,
        .file_crc = i->crc,
        .mtime_ns = i->mtime_ns,
        .time = dos_time(p->options.entry_time ? i->acquired : 0),
        .number = i->number,
        .known = true,
    };
    bool is_conversion = converted && p->options.content == PLAN_INSTANCES;
    struct plan_conversion conversion = {0};
    const char *file;

    if (converted)
        conversion = decide_conversion(p, &m, i);
    else if (p->options.profile && decide_splice(p, &m, i, e))
        return -1;
    else if (!p->options.profile)
        decide_deflate(p, &m, i);
    if (store_name(s, i->root, i->path, &m.folder, &file, e) ||
        plan_add_string(p, file, &m.file, e))
        return -1;
    if (add_series(p, i, e) || count_same_number(p, &m, e))
        return -1;
    if (add_size(p, conversion.size ? conversion.size : m.file_size, e) ||
        plan_name_syntax(p, sent_syntax(p, &m, i), &m, e))
        return -1;
    if (converted && keep_conversion(p, &conversion, is_conversion && i->conversion_failed, e))
        return -1;
    if (keeps_uid(p, &m) && plan_add_string(p, i->sop_uid, &m.sop_uid, e))
        return -1;
    p->members[p->count++] = m;
    note_change(p, i->updated);
    note_change(p, i->removed);
    return 0;
}

int plan_add(struct plan *p, struct store *s, const struct instance *i, struct err *e)
{
    const char *why = NULL;
    enum conversion_verdict verdict = plan_decide(&p->options, i, &why);

    if (verdict == CONVERSION_IMPOSSIBLE) {
        if (p->refused++ == 0)
            p->refused_why = why;
        return 0;
    }
    if (plan_instances(p) >= p->options.max_instances)
        return err_set(e, ERR_TOO_LARGE, "more than %llu instances (setting max_instances)",
                       (unsigned long long)p->options.max_instances);
    if (mem_grow(&p->members, &p->member_room, p->count + 1,
                 MEM_ELEMENTS(*p->members, UINT32_MAX, "instances"), e))
        return -1;
    return plan_add_member(p, s, i, verdict == CONVERSION_NEEDED, e);
}

const struct plan_series *plan_series_of(const struct plan *p, const struct plan_member *m)
{
    size_t i = (size_t)(m - p->members), low = 0, high = p->series_count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (p->series[middle].first <= i)
            low = middle;
        else
            high = middle;
    }
    return &p->series[low];
}

const char *plan_syntax(const struct plan *p, const struct plan_member *m)
{
    return plan_text(p, p->syntaxes[m->syntax]);
}

bool plan_pays(const struct plan *p, uint64_t size, uint64_t deflated)
{
    return deflate_pays(size, deflated, p->options.compression == PLAN_COMPRESS_DEFLATE);
}

bool plan_converts(const struct plan *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->members[i].source == PLAN_CONVERTED)
            return true;
    return false;
}

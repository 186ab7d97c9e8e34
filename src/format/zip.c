/* SPDX-License-Identifier: MIT */
#include "format/zip.h"

#include "base/dos_time.h"
#include "format/manifest.h"
#include "format/metadata_zip.h"
#include "format/zip_records.h"
#include "plan/plan_marks.h"

_Static_assert(ZIP_RECORD_LOCAL_MAX <= FRAMING_HEAD_MAX, "a local header fits");
_Static_assert(PLAN_PATH_BUFFER > ZIP_RECORD_NAME_MAX, "a path is a name");

static struct zip_entry entry_of(const struct plan_progress *g, const struct plan_member *m,
                                 char path[PLAN_PATH_BUFFER])
{
    const struct plan_fact fact = plan_progress_fact(g, m);

    return (struct zip_entry){
        .name_len = plan_path(g->plan, m, path),
        .name = path,
        .method = fact.deflated ? ZIP_RECORD_DEFLATE : ZIP_RECORD_STORE,
        .time = m->time,
        .crc = fact.crc,
        .size = fact.size,
        .stored_size = fact.stored_size,
    };
}

size_t zip_head(const struct plan_progress *g, const struct plan_member *m,
                uint8_t out[FRAMING_HEAD_MAX])
{
    char path[PLAN_PATH_BUFFER];
    struct zip_entry z = entry_of(g, m, path);

    return zip_record_local(&z, out);
}

size_t zip_measure(const struct plan_progress *g, const struct plan_member *m, uint64_t offset,
                   size_t *record)
{
    char path[PLAN_PATH_BUFFER];
    struct zip_entry z = entry_of(g, m, path);

    z.offset = offset;
    *record = zip_record_central_size(&z);
    return zip_record_local_size(&z);
}

static struct zip_entry entry_of_part(const struct plan_progress *g, const struct plan_part *part,
                                      size_t number, char path[PLAN_PATH_BUFFER])
{
    const struct plan_member *m = &g->plan->members[part->member];

    return (struct zip_entry){.name_len = metadata_zip_path(g->plan, m, number, path),
                              .name = path,
                              .method = ZIP_RECORD_STORE,
                              .time = m->time,
                              .crc = part->crc,
                              .size = part->size,
                              .stored_size = part->size};
}

size_t zip_part_head(const struct plan_progress *g, const struct plan_part *part, size_t number,
                     uint8_t out[FRAMING_HEAD_MAX])
{
    char path[PLAN_PATH_BUFFER];
    struct zip_entry z = entry_of_part(g, part, number, path);

    return zip_record_local(&z, out);
}

/*
 * Records outside the range are only measured: a range of the last bytes of a
 * large archive is common and cheap.
 */
static int put_record(const struct zip_entry *z, struct range_filter *w, struct err *e)
{
    size_t size = zip_record_central_size(z);
    uint8_t record[ZIP_RECORD_CENTRAL_MAX];

    if (w->sink && range_filter_touches(w, size))
        return range_filter_put(w, record, zip_record_central(z, record), e);
    w->at += size;
    return 0;
}

/* Write the record of the member at *offset and advance it. */
static int put_next(struct zip_entry *z, uint64_t *offset, struct range_filter *w, struct err *e)
{
    z->offset = *offset;
    *offset += zip_record_local_size(z) + z->stored_size;
    return put_record(z, w, e);
}

static int put_manifest(const struct plan_progress *g, struct zip_entry *z, struct range_filter *w,
                        struct err *e)
{
    uint8_t head[ZIP_RECORD_LOCAL_MAX];

    *z = (struct zip_entry){.name = manifest_name(g->manifest),
                            .name_len = strlen(manifest_name(g->manifest)),
                            .method = ZIP_RECORD_STORE,
                            .time = dos_time(0),
                            .offset = w->at};
    z->size = z->stored_size = manifest_length(g->manifest, g);
    if (!w->sink) {
        w->at += zip_record_local_size(z) + z->size;
        return 0;
    }
    if (g->manifest->missing)
        return err_set(e, ERR_SYSTEM, "%zu digests of the manifest are missing",
                       g->manifest->missing);
    z->crc = manifest_crc(g->manifest, g);
    return range_filter_put(w, head, zip_record_local(z, head), e) ||
                   manifest_put(g->manifest, g, w, e)
               ? -1
               : 0;
}

/* Write the records of all members and their values, as far as the range needs
 * them. */
static int put_records(const struct plan_progress *g, struct range_filter *w, struct err *e)
{
    struct plan_mark mark;
    size_t part = 0, i = plan_mark_before(g, range_filter_part(w, UINT64_MAX).from, true, &mark);

    for (w->at += mark.record; i < g->plan->count && w->at < w->end; i++) {
        char path[PLAN_PATH_BUFFER];
        struct zip_entry z = entry_of(g, &g->plan->members[i], path);

        if (put_next(&z, &mark.body, w, e))
            return -1;
        for (size_t n = 1; part < g->part_count && g->parts[part].member == i; n++, part++) {
            z = entry_of_part(g, &g->parts[part], n, path);
            if (put_next(&z, &mark.body, w, e))
                return -1;
        }
    }
    return 0;
}

int zip_tail(const struct plan_progress *g, struct range_filter *w, struct err *e)
{
    struct zip_entry manifest;
    uint64_t directory, count;
    uint8_t end[ZIP_RECORD_END_MAX];

    if (g->manifest && put_manifest(g, &manifest, w, e))
        return -1;
    directory = w->at;
    if (put_records(g, w, e))
        return -1;
    if (w->at >= w->end)
        return 0;
    if (g->manifest && put_record(&manifest, w, e))
        return -1;
    count = g->plan->count + g->part_count + (g->manifest != NULL);
    return range_filter_put(w, end, zip_record_end(count, directory, w->at - directory, end), e);
}

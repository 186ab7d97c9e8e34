#include "archive/zip.h"

#include "archive/listing.h"
#include "archive/package.h"
#include "archive/place.h"
#include "archive/zipfmt.h"

_Static_assert(ZIPFMT_LOCAL_MAX <= FRAME_HEAD_MAX, "a local header fits");
_Static_assert(PLAN_PATH_BUFFER > ZIPFMT_NAME_MAX, "a path is a name");

static struct zipfmt_entry entry_of(const struct plan *p, const struct plan_member *m, char path[PLAN_PATH_BUFFER])
{
    return (struct zipfmt_entry){
        .name_len = plan_path(p, m, path),
        .name = path,
        .method = m->deflated ? ZIPFMT_DEFLATE : ZIPFMT_STORE,
        .time = m->time,
        .crc = m->crc,
        .size = plan_size(p, m),
        .stored_size = m->stored_size,
    };
}

size_t zip_head(const struct plan *p, const struct plan_member *m, uint8_t out[FRAME_HEAD_MAX])
{
    char path[PLAN_PATH_BUFFER];
    struct zipfmt_entry z = entry_of(p, m, path);

    return zipfmt_local(&z, out);
}

size_t zip_measure(const struct plan *p, const struct plan_member *m, uint64_t offset, size_t *record)
{
    char path[PLAN_PATH_BUFFER];
    struct zipfmt_entry z = entry_of(p, m, path);

    z.offset = offset;
    *record = zipfmt_central_size(&z);
    return zipfmt_local_size(&z);
}

static struct zipfmt_entry entry_of_part(const struct plan *p, const struct plan_part *part, size_t number,
                                         char path[PLAN_PATH_BUFFER])
{
    const struct plan_member *m = &p->members[part->member];

    return (struct zipfmt_entry){.name_len = package_path(p, m, number, path), .name = path, .method = ZIPFMT_STORE,
                                 .time = m->time, .crc = part->crc, .size = part->size, .stored_size = part->size};
}

size_t zip_part_head(const struct plan *p, const struct plan_part *part, size_t number, uint8_t out[FRAME_HEAD_MAX])
{
    char path[PLAN_PATH_BUFFER];
    struct zipfmt_entry z = entry_of_part(p, part, number, path);

    return zipfmt_local(&z, out);
}

/* Records outside the window are only measured: a range of the last bytes of a large archive is common and cheap. */
static int put_record(const struct zipfmt_entry *z, struct window *w, struct err *e)
{
    size_t size = zipfmt_central_size(z);
    uint8_t record[ZIPFMT_CENTRAL_MAX];

    if (w->sink && window_touches(w, size))
        return window_put(w, record, zipfmt_central(z, record), e);
    w->at += size;
    return 0;
}

/* The record of what lies at the offset, which moves behind it. */
static int put_next(struct zipfmt_entry *z, uint64_t *offset, struct window *w, struct err *e)
{
    z->offset = *offset;
    *offset += zipfmt_local_size(z) + z->stored_size;
    return put_record(z, w, e);
}

static int put_manifest(const struct plan *p, struct zipfmt_entry *z, struct window *w, struct err *e)
{
    uint8_t head[ZIPFMT_LOCAL_MAX];

    *z = (struct zipfmt_entry){.name = listing_name(p->manifest), .name_len = strlen(listing_name(p->manifest)),
                               .method = ZIPFMT_STORE, .time = zipfmt_time(0), .offset = w->at};
    z->size = z->stored_size = listing_length(p->manifest);
    if (!w->sink) {
        w->at += zipfmt_local_size(z) + z->size;
        return 0;
    }
    if (p->manifest->missing)
        return err_set(e, ERR_SYSTEM, "%zu digests of the manifest are missing", p->manifest->missing);
    z->crc = listing_crc(p->manifest);
    return window_put(w, head, zipfmt_local(z, head), e) || listing_put(p->manifest, w, e) ? -1 : 0;
}

/* The records of all members and their values; only what the window needs is looked at. */
static int put_records(const struct plan *p, struct window *w, struct err *e)
{
    struct plan_mark mark;
    size_t part = 0, i = place_find_record(p, w->first > w->at ? w->first - w->at : 0, &mark);

    for (w->at += mark.record; i < p->count && w->at < w->end; i++) {
        char path[PLAN_PATH_BUFFER];
        struct zipfmt_entry z = entry_of(p, &p->members[i], path);

        if (put_next(&z, &mark.body, w, e))
            return -1;
        for (size_t n = 1; part < p->part_count && p->parts[part].member == i; n++, part++) {
            z = entry_of_part(p, &p->parts[part], n, path);
            if (put_next(&z, &mark.body, w, e))
                return -1;
        }
    }
    return 0;
}

int zip_tail(const struct plan *p, struct window *w, struct err *e)
{
    struct zipfmt_entry manifest;
    uint64_t directory, count;
    uint8_t end[ZIPFMT_END_MAX];

    if (p->manifest && put_manifest(p, &manifest, w, e))
        return -1;
    directory = w->at;
    if (put_records(p, w, e))
        return -1;
    if (w->at >= w->end)
        return 0;
    if (p->manifest && put_record(&manifest, w, e))
        return -1;
    count = p->count + p->part_count + (p->manifest != NULL);
    return window_put(w, end, zipfmt_end(count, directory, w->at - directory, end), e);
}

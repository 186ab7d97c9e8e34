/* SPDX-License-Identifier: MIT */
#include "catalog/writer_json.h"

#include <inttypes.h>

#include "base/json_text.h"
#include "db/db.h"
#include "catalog/writer_outcome.h"

static bool is_uid(const char *uid)
{
    return uid_valid(uid, strlen(uid));
}

/* Write "" for an invalid UID: the schema would refuse the batch. */
static void put_uid(struct buf *out, const char *key, const char *uid)
{
    json_text_member(out, key, is_uid(uid) ? uid : "");
}

static unsigned clamp(uint32_t v)
{
    return v > INT32_MAX ? 0 : v;
}

static void put_description(struct buf *out, const struct helper_description *d)
{
    put_uid(out, "study_uid", d->study_uid);
    put_uid(out, "series_uid", d->series_uid);
    put_uid(out, "sop_uid", d->sop_uid);
    put_uid(out, "sop_class", d->sop_class);
    put_uid(out, "transfer_syntax", d->transfer_syntax);
    json_text_member(out, "patient_id", d->patient_id);
    json_text_member(out, "patient_name", d->patient_name);
    json_text_member(out, "patient_birth_date", d->patient_birth_date);
    json_text_member(out, "patient_sex", d->patient_sex);
    json_text_member(out, "study_date", d->study_date);
    json_text_member(out, "study_time", d->study_time);
    json_text_member(out, "dicom_id", d->study_id);
    json_text_member(out, "accession", d->accession);
    json_text_member(out, "study_description", d->study_description);
    json_text_member(out, "modality", d->modality);
    json_text_member(out, "series_description", d->series_description);
    json_text_member(out, "referring_physician", d->referring_physician);
    json_text_member(out, "patient_issuer", d->patient_issuer);
    json_text_member(out, "series_date", d->series_date);
    json_text_member(out, "series_time", d->series_time);
    json_text_member(out, "body_part", d->body_part);
    json_text_member(out, "pps_date", d->pps_date);
    json_text_member(out, "pps_time", d->pps_time);
    json_text_member(out, "sps_id", d->sps_id);
    json_text_member(out, "requested_id", d->requested_id);
    buf_printf(out,
               ",\"series_number\":%" PRId32 ",\"number\":%" PRId32
               ",\"frames\":%u,\"rows\":%u,\"columns\":%u",
               d->series_number, d->number, clamp(d->frames), clamp(d->rows), clamp(d->columns));
    buf_printf(out, ",\"bits\":%u,\"samples\":%u,\"lossy\":%s,\"part10\":%s,\"acquired\":%" PRId64,
               clamp(d->bits_allocated), clamp(d->samples), d->lossy ? "true" : "false",
               d->part10 ? "true" : "false",
               d->acquired < 0 || d->acquired > 99991231235960 ? 0 : d->acquired);
}

static bool writer_json_has_uids(const struct helper_description *d)
{
    return is_uid(d->study_uid) && is_uid(d->series_uid) && is_uid(d->sop_uid);
}

/* Write the text of a bytea, whose backslash JSON needs twice; nothing if it is
 * empty. */
static void put_bytes(struct buf *out, const char *key, const unsigned char *bytes, size_t count)
{
    if (!bytes)
        return;
    buf_printf(out, ",\"%s\":\"\\\\x", key);
    buf_hex(out, bytes, count);
    buf_add(out, "\"", 1);
}

/* All or nothing: an instance without a table is looked at again. */
static void put_pixels(struct buf *out, const struct writer_file *f)
{
    const struct helper_description *d = f->description;

    if (!f->table)
        return;
    buf_printf(out,
               ",\"pixel_offset\":%" PRIu64 ",\"pixel_length\":%" PRIu64 ",\"pixel_crc\":%" PRIu32,
               d->pixel_offset, d->pixel_length, d->pixel_crc);
    put_bytes(out, "frame_table", f->table, f->table_bytes);
}

/* Data that does not become smaller has its own size as deflated size, which is
 * never used. */
static void put_deflated(struct buf *out, const struct writer_file *f)
{
    const struct helper_description *d = f->description;

    if (!f->compressor)
        return;
    json_text_member(out, "deflated_by", f->compressor);
    buf_printf(out, ",\"deflated_size\":%" PRIu64,
               f->deflated && f->deflated < f->size ? f->deflated : f->size);
    if (f->pixels_deflated)
        buf_printf(out, ",\"pixel_deflated_size\":%" PRIu64,
                   d->pixel_deflated && d->pixel_deflated < d->pixel_length ? d->pixel_deflated
                                                                            : d->pixel_length);
}

static void put_default(struct buf *out, const struct writer_file *f)
{
    if (f->codec_version)
        buf_printf(out, ",\"default_size\":%" PRIu64 ",\"default_codec_version\":%" PRIu32,
                   f->default_size > INT64_MAX ? 0 : f->default_size, f->codec_version);
}

static void put_class(struct buf *out, const struct writer_file *f)
{
    if (f->class == HELPER_INSTANCE && writer_json_has_uids(f->description)) {
        json_text_member(out, "class", "instance");
        put_description(out, f->description);
        put_bytes(out, "record_keys", f->keys, f->key_bytes);
        put_bytes(out, "sha256", f->sha256, INSTANCE_SHA256);
        put_pixels(out, f);
        put_deflated(out, f);
        put_default(out, f);
        return;
    }
    json_text_member(out, "class",
                     f->class == HELPER_NOT_DICOM  ? writer_outcome_name(WRITER_NOT_DICOM)
                     : f->class == HELPER_DICOMDIR ? writer_outcome_name(WRITER_DICOMDIR)
                                                   : writer_outcome_name(WRITER_REFUSED));
    if (f->class == HELPER_REFUSED && f->description && is_uid(f->description->study_uid))
        json_text_member(out, "study_uid", f->description->study_uid);
    json_text_member(out, "reason", f->class == HELPER_INSTANCE ? "invalid UID" : f->reason);
}

int writer_json_write(const struct writer_batch *b, bool full, struct buf *out, struct err *e)
{
    char path[DB_ROW_PATH_TEXT_MAX];

    buf_add(out, "[", 1);
    for (size_t i = 0; i < b->count; i++) {
        const struct writer_file *f = &b->files[i];

        db_row_path_text(f->path, path);
        buf_printf(out, "%s{\"ord\":%zu,\"size\":%" PRIu64 ",\"mtime_ns\":%" PRId64, i ? "," : "",
                   i, f->size > INT64_MAX ? 0 : f->size, f->mtime_ns);
        json_text_member(out, "path", path);
        if (full) {
            json_text_member(out, "root", b->root);
            buf_printf(out, ",\"crc32\":%" PRIu32, f->crc);
            put_class(out, f);
        }
        buf_add(out, "}", 1);
    }
    buf_add(out, "]", 1);
    return buf_check(out, "a batch of files", e);
}

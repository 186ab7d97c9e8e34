/*
 * The plan of an answer: every member in order, its name, form, size and CRC, where it begins, how long the whole is, and
 * the entity tag. Made completely before the status line; the waist of the house. Memory is bounded and small: about a
 * hundred bytes an instance, strings pooled.
 */
#ifndef WADOZIP_ARCHIVE_PLAN_H
#define WADOZIP_ARCHIVE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dicom/form.h"
#include "dicom/instance.h"
#include "store/store.h"

#define PLAN_ETAG_MAX 48

enum plan_framing { PLAN_ZIP, PLAN_MULTIPART, PLAN_SINGLE };
enum plan_names { PLAN_NAMES_SERIES, PLAN_NAMES_UID };

struct plan_options {
    enum plan_framing framing;
    enum plan_names names;
    struct form_wish wish;
    bool entry_time;        /* setting entry_time = data */
    uint64_t max_instances, max_bytes;
};

/* Strings are offsets into plan->text (0 is the empty string). */
struct plan_member {
    uint64_t size;       /* bytes of the member's data as sent; 0 while unknown */
    uint64_t file_size;  /* of the file that it comes from */
    int64_t mtime_ns;    /* of the file */
    uint32_t crc;        /* of the data as sent; for a stored member also of the file */
    uint32_t file_crc;
    uint32_t folder, file;   /* store folder number; file's own name */
    uint32_t series, name;   /* index into plan->series; the member's own name, the last component */
    uint32_t sop_uid;        /* string; kept for converted members and where names or headers need it, else 0 */
    uint32_t time;       /* DOS date in the high half, time in the low half */
    bool converted;      /* form_target(&options.wish), else the file's own bytes */
    bool known;          /* size and crc are known */
};

struct plan_series {
    uint32_t uid, folder; /* strings: Series Instance UID; name of the folder in the archive, "" for none */
};

struct plan {
    struct plan_options options;
    struct plan_member *members;
    size_t count, member_room;
    struct plan_series *series;
    size_t series_count, series_room;
    char *text;
    size_t text_len, text_room;
    uint64_t refused;        /* members that cannot be had in the wished form */
    const char *refused_why; /* of the first of them */
    bool length_known;
    uint64_t length;         /* of the whole body, when known */
    uint64_t data_size;      /* sum of known member sizes */
    int64_t modified;        /* Unix seconds: latest change in the catalogue */
    char etag[PLAN_ETAG_MAX]; /* strong, with quotes; "" while the length is unknown */
    char boundary[PLAN_ETAG_MAX]; /* of multipart framing: stable across requests (PS3.18 8.6.1.2) */
};

void plan_init(struct plan *p, const struct plan_options *o);
void plan_release(struct plan *p);

/*
 * Adds an instance, in catalogue order. Copies what is needed. What cannot be had in the wished form is counted in
 * `refused`, not added. ERR_TOO_LARGE past the limits, ERR_DATA for a path that the store does not take.
 */
int plan_add(struct plan *p, struct store *s, const struct instance *i, struct err *e) MUST_CHECK;

/*
 * Gives every member its unique name and computes offsets, length, entity tag and boundary. ERR_NOT_ACCEPTABLE, with how
 * many and why, when any instance was refused: never a smaller archive.
 */
int plan_layout(struct plan *p, struct err *e) MUST_CHECK;

/* A string of the plan. */
static inline const char *plan_text(const struct plan *p, uint32_t at)
{
    return p->text + at;
}

#define PLAN_PATH_MAX 101 /* 100 characters and NUL */

/* The path of a member in the archive, of at most 100 ASCII characters with names by series (198 with names=uid). */
#define PLAN_PATH_BUFFER 256
size_t plan_path(const struct plan *p, const struct plan_member *m, char out[PLAN_PATH_BUFFER]);

#endif

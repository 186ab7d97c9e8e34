/* SPDX-License-Identifier: MIT */
/*
 * The plan of a response: every member in order with name, representation, and
 * the size and CRC-32 that the catalogue knows. Const once finish_plan() has
 * completed it (plan_progress.h has the rest). Uses 56 bytes and the file's
 * name per instance; names in archives are derived.
 */
#ifndef WADOZIP_PLAN_PLAN_H
#define WADOZIP_PLAN_PLAN_H

#include "plan/plan_member.h"
#include "plan/plan_options.h"
#include "store/store.h"

#define PLAN_ETAG_MAX 64
#define PLAN_DICOMDIR_NAME "DICOMDIR" /* PS3.10 8.6 */
#define PLAN_LOCATION_MAX 512
#define PLAN_SYNTAXES 64 /* transfer syntaxes that parts can name; further ones stay unnamed */
#define PLAN_RETRY_FIRST_MAX 16 /* others are tried when their turn comes */

struct plan {
    struct plan_options options;
    /* content of the first member (dicomdir.h); null: there is no such member.
     * Not owned */
    const struct dicomdir *dicomdir;
    struct plan_member *members;
    size_t count, member_room;
    struct plan_conversion *conversions; /* of converted members */
    size_t converted_count, converted_room;
    struct plan_pixels *pixels; /* one per member, if the plan has a profile */
    size_t pixels_room;
    /* converted members of which the last attempt failed */
    uint32_t retry_first[PLAN_RETRY_FIRST_MAX];
    size_t retry_first_count;
    struct plan_series *series;
    size_t series_count, series_room;
    size_t study_count;      /* neighbours of one study are one */
    uint32_t study_folder;   /* string of the last one; "" without study_folders */
    char *text;
    size_t text_len, text_room;
    uint32_t syntaxes[PLAN_SYNTAXES]; /* strings; the first is "": not known */
    size_t syntax_count;
    uint64_t refused;        /* members that are not available in the requested representation */
    const char *refused_why; /* reason for the first of them */
    uint64_t data_size;      /* sum of member sizes; file sizes if unknown */
    int64_t modified;        /* Unix seconds of the latest change, also a removal */
};

void plan_init(struct plan *p, const struct plan_options *o);
void plan_release(struct plan *p);

/* Add a copy of an instance, in catalogue order. Counts it in `refused` if it
 * is not available in the requested representation. Fails with ERR_TOO_LARGE
 * beyond the limits, with ERR_DATA for a path that the store refuses. */
int plan_add(struct plan *p, struct store *s, const struct instance *i, struct err *e) MUST_CHECK;

bool plan_converts(const struct plan *p); /* any member */

/* Return the number of instances: members except the DICOMDIR. */
static inline size_t plan_instances(const struct plan *p)
{
    return p->count - (p->dicomdir != NULL);
}

/* Store a string in the plan and return its offset. */
int plan_string(struct plan *p, const char *s, size_t len, uint32_t *at, struct err *e) MUST_CHECK;
static inline const char *plan_text(const struct plan *p, uint32_t at)
{
    return p->text + at;
}

bool plan_packs(const struct plan *p); /* whether converted members may be deflated */

/* Return whether the compression option deflates data of this size with this
 * deflated size. */
bool plan_pays(const struct plan *p, uint64_t size, uint64_t deflated);

/* Record the transfer syntax in which a member is sent. */
int plan_name_syntax(struct plan *p, const char *uid, struct plan_member *m,
                     struct err *e) MUST_CHECK;

/* Return a member's series, unless it is generated; or its transfer syntax as
 * sent, "" if unknown. */
const struct plan_series *plan_series_of(const struct plan *p, const struct plan_member *m);
const char *plan_syntax(const struct plan *p, const struct plan_member *m);

/* The path of a member: at most 100 ASCII characters, 133 with names=uid; with
 * folders of studies 55 and 65 more. */
#define PLAN_PATH_BUFFER 256
size_t plan_path(const struct plan *p, const struct plan_member *m, char out[PLAN_PATH_BUFFER]);

#endif

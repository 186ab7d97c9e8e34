/* SPDX-License-Identifier: MIT */
/*
 * What becomes known about a finished plan while its response is prepared and
 * sent: sizes, CRC-32s, parts, times of files; and the length and entity tag,
 * which follow from these. The plan itself is const from then on.
 */
#ifndef WADOZIP_PLAN_PLAN_PROGRESS_H
#define WADOZIP_PLAN_PLAN_PROGRESS_H

#include "plan/plan.h"

/* The data of a member, as far as it is known by now. */
struct plan_fact {
    uint64_t size;          /* bytes as the client receives them; 0 while unknown */
    uint64_t stored_size;   /* bytes in the body; 0 while unknown */
    uint64_t deflated_size; /* of a converted member, at most size, or of a spliced one's pixel
                             * data; 0 while unknown */
    uint32_t crc;           /* of the data as the client receives it */
    bool deflated : 1;      /* else stored */
    bool known : 1;         /* crc and stored_size are known */
};

struct plan_progress {
    const struct plan *plan;
    struct plan_fact *facts;   /* one per member; null: all are as planned */
    int64_t *mtimes_ns;        /* one per member; null: all are as recorded */
    /* last member of a ZIP archive (manifest.h), which takes digests; null:
     * none. Not owned */
    struct manifest *manifest;
    struct plan_part *parts;   /* in the order of the members, of those that have been made */
    size_t part_count, part_room;
    struct plan_mark *marks;   /* of some of the members, in order, if the length is known */
    size_t mark_count;
    bool length_known;
    uint64_t length;              /* of the whole body */
    char etag[PLAN_ETAG_MAX];     /* strong, with quotes */
    /* of multipart framing: stable across requests (PS3.18 8.6.1.2) */
    char boundary[PLAN_ETAG_MAX];
};

/* Begin with a plan, which must outlive it, and with nothing known but the
 * plan. *g is zero or was begun before. Once anything is edited, no member is
 * added. */
void plan_progress_begin(struct plan_progress *g, const struct plan *p);
void plan_progress_release(struct plan_progress *g);

/* Return the data of a member by value: later calls of plan_progress_edit() do
 * not change it. */
struct plan_fact plan_progress_fact(const struct plan_progress *g, const struct plan_member *m);

/*
 * Return a member's data to be changed. Valid until plan_progress_release().
 * Returns null with ERR_MEMORY in *e if there is no memory for it.
 */
struct plan_fact *plan_progress_edit(struct plan_progress *g, const struct plan_member *m,
                                     struct err *e) MUST_CHECK;

/* Return whether the size of a member in the body is known. */
bool plan_progress_sized(const struct plan_progress *g, const struct plan_member *m);

/* Return the time of a member's file; or replace it. Fails with ERR_MEMORY. */
int64_t plan_progress_mtime(const struct plan_progress *g, const struct plan_member *m);
int plan_progress_set_mtime(struct plan_progress *g, const struct plan_member *m, int64_t mtime_ns,
                            struct err *e) MUST_CHECK;

#endif

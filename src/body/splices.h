/* SPDX-License-Identifier: MIT */
/* Headers of de-identified members: new bytes before and after the pixel data
 * of a file. */
#ifndef WADOZIP_BODY_SPLICES_H
#define WADOZIP_BODY_SPLICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "helper/description.h"
#include "plan/plan.h"

struct content;
struct err;
struct helper_result;

/* Bytes before or after a file's pixel data. If the member is deflated, each is
 * a part of its stream. */
struct splice_side {
    uint64_t size, stored_size; /* as the client receives them; in the body */
    uint32_t crc, stored_crc;   /* of these */
    uint64_t at, stored_at;     /* offsets in the file of headers; `at` is valid if the member is
                                 * stored, or if the archive has a manifest */
};

struct splice {
    struct splice_side head, tail;
    bool pixels;         /* the file's pixel data lies between */
    bool known;          /* all but the offsets is known */
    bool asked, made;    /* a job is in the pool; the bytes are in the file of headers */
};

struct splices {
    struct splice *of; /* one per member of the plan; null: nothing is known */
    int (*settle)(struct content *f, const struct helper_result *r,
                  struct err *e); /* takes a result of the pool */
    const char *spool;            /* folder of the file of headers. Not owned */
    int fd;                       /* that file, unnamed; -1: none yet. Valid if `of` is not null */
    uint64_t size;     /* of it */
    struct deflate *deflate; /* made when the first side is deflated */
    size_t next, out;  /* the next member to submit; jobs in the pool */
    uint64_t held;     /* bytes of objects that these hold */
    uint64_t risky;    /* members whose pixels may show names */
    char risk[HELPER_REASON_MAX + 1]; /* of the first of them */
};

/* Return whether a member has such a header. */
static inline bool splices_member(const struct plan *p, size_t i)
{
    return p->members[i].source == PLAN_SPLICED;
}

void splices_release(struct splices *s);

#endif

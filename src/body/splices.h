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

struct splice {
    uint64_t head, tail; /* bytes before the file's pixel data, and after it */
    uint64_t at;         /* offset of both in the file of headers */
    uint32_t head_crc, tail_crc;
    bool pixels;         /* the file's pixel data lies between */
    bool known;          /* all but `at` is known */
    bool asked, made;    /* a job is in the pool; the bytes are in the file of headers */
};

struct splices {
    struct splice *of; /* one per member of the plan; null: nothing is known */
    int (*settle)(struct content *f, const struct helper_result *r,
                  struct err *e); /* takes a result of the pool */
    const char *spool;            /* folder of the file of headers. Not owned */
    int fd;                       /* that file, unnamed; -1: none yet. Valid if `of` is not null */
    uint64_t size;     /* of it */
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

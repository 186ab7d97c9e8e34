/* SPDX-License-Identifier: MIT */
/* A request of a fetcher, and the bytes that it brings. */
#ifndef WADOZIP_STORE_S3_PART_H
#define WADOZIP_STORE_S3_PART_H

#include "base/buf.h"
#include "store/s3_request.h"
#include "store/s3_want.h"

#define S3_PART_RANGE_MAX 48

enum s3_part_kind { S3_PART_OBJECT, S3_PART_HEAD, S3_PART_PAGE };
enum s3_part_state { S3_PART_WAITING, S3_PART_RUNNING, S3_PART_ENDED };

struct s3_part {
    struct s3_part *next;
    struct s3_request request;
    struct s3_want want;
    char *path, *url;
    char etag[S3_ETAG_MAX], range[S3_PART_RANGE_MAX];
    enum s3_part_kind kind;
    enum s3_part_state state;
    struct buf text;     /* of a page */
    bool dropped, stale; /* nobody waits for it; another version */
    bool mismatched;     /* a request with If-Match was refused */
    double not_before;
    uint64_t written;
    int write_error;
    struct err err;
};

/* Return a request that is waiting, or null with *e. path: for messages, copied.
 * url: taken over. s must outlive it. */
struct s3_part *s3_part_new(const struct s3 *s, enum s3_part_kind kind, const char *path, char *url,
                            struct err *e) MUST_CHECK;
struct s3_part *s3_part_object(const struct s3 *s, const struct s3_want *w,
                               struct err *e) MUST_CHECK;
void s3_part_free(struct s3_part *p);

/* Prepare the next attempt. conditional: with If-Match if the entity tag is
 * known. Returns -1 with p->err. */
int s3_part_begin(struct s3_part *p, bool conditional) MUST_CHECK;

/* Judge an attempt that has ended with `code`: sets the state to S3_PART_ENDED,
 * with p->err if it failed, or to S3_PART_WAITING until p->not_before. */
void s3_part_judge(struct s3_part *p, CURLcode code);

#endif

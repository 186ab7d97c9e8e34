/* SPDX-License-Identifier: MIT */
/* A body of pieces that are known before the status line: text, and ranges of
 * open files. */
#ifndef WADOZIP_BODY_ASSEMBLY_H
#define WADOZIP_BODY_ASSEMBLY_H

#include "base/buf.h"
#include "base/sink.h"
#include "format/range_filter.h"

#define ASSEMBLY_TEXT_MAX ((size_t)64 << 20)

struct assembly {
    struct assembly_piece *pieces; /* in order */
    size_t count, room;
    int *files; /* owned */
    size_t file_count, file_room;
    struct buf text;
    uint64_t length;
};

void assembly_init(struct assembly *a);
void assembly_release(struct assembly *a);

/* Append text, which is copied. Fails with ERR_TOO_LARGE or ERR_MEMORY. */
int assembly_text(struct assembly *a, const char *text, size_t len, struct err *e) MUST_CHECK;

/* Take over an open file, also on failure. Its ranges may then be appended. */
int assembly_own(struct assembly *a, int fd_take, struct err *e) MUST_CHECK;
int assembly_file(struct assembly *a, int fd, uint64_t at, uint64_t size, struct err *e) MUST_CHECK;

/* Receivers of a part of the body: a sink for its text, and a function for
 * ranges of files. */
struct assembly_out {
    struct sink *text;
    int (*file)(void *ctx, int fd, uint64_t at, uint64_t size, struct err *e);
    void *ctx;
};

/* Split the bytes [first, end), in order, into text and ranges of files. Fails
 * with ERR_RANGE if they are no part of the body. */
int assembly_walk(const struct assembly *a, uint64_t first, uint64_t end,
                  const struct assembly_out *out, struct err *e) MUST_CHECK;

/* Send the bytes [first, end). Fails with ERR_RANGE if they are no part of the
 * body, and with ERR_DATA if a file has become shorter. */
int assembly_send(const struct assembly *a, uint64_t first, uint64_t end, struct sink *s,
                  struct err *e) MUST_CHECK;

#endif

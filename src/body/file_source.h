/* SPDX-License-Identifier: MIT */
/*
 * The files of a plan's members: opened, compared with the record, and some
 * opened ahead. Once a read finds that data is not in the page cache,
 * read-ahead is requested for these, too, so that cold files do not cost one
 * wait each.
 */
#ifndef WADOZIP_BODY_FILE_SOURCE_H
#define WADOZIP_BODY_FILE_SOURCE_H

#include "plan/plan_progress.h"
#include "store/store.h"

#define FILE_SOURCE_AHEAD 8                         /* files open ahead */
#define FILE_SOURCE_LOOK 256                        /* members looked at for those to open ahead */
#define FILE_SOURCE_HELD_MAX ((uint64_t)64 << 20)   /* bytes of objects that jobs hold */
#define FILE_SOURCE_AHEAD_BYTES ((uint64_t)4 << 20) /* read-ahead for each; the kernel's own does
                                                     * the rest */

struct file_source_entry {
    size_t member;
    int fd;
};

struct file_source {
    const struct plan *plan;
    const struct plan_progress *progress; /* times of files */
    struct store *store;
    struct file_source_entry ahead[FILE_SOURCE_AHEAD]; /* a ring, in member order */
    size_t first, count;
    bool cold; /* a read had to wait for a disk or the network */
    size_t last;         /* the last member that may be read ahead from an object store */
    size_t asked;        /* members before it were requested there */
    size_t opened;       /* the member that was opened last */
    uint64_t first_byte, end_byte; /* of the next member that is opened, if it is streamed */
    bool streams;        /* a large object is being sent: */
    int streamed;        /* its descriptor */
};

void file_source_init(struct file_source *s, const struct plan_progress *g, struct store *store);
void file_source_release(struct file_source *s);

/* Return "root:folder/file" of a member for messages. Valid until the next
 * call. */
const char *file_source_label(const struct file_source *s, const struct plan_member *m);

/* Check the recorded size. Fails with ERR_DATA and the name of the file. */
int file_source_check_size(const struct file_source *s, const struct plan_member *m, uint64_t size,
                           struct err *e) MUST_CHECK;

/*
 * Open the file of member i; the caller owns *fd. Fails with ERR_DATA if its
 * size or time has changed since content_check(). If `last` is above i, stored
 * members up to it are opened ahead.
 */
int file_source_open(struct file_source *s, size_t i, size_t last, int *fd,
                     struct err *e) MUST_CHECK;

/* The same for a member out of order; keeps files that are open ahead. */
int file_source_open_alone(struct file_source *s, size_t i, int *fd, struct err *e) MUST_CHECK;

/*
 * Return whether jobs that hold `held` bytes of objects in memory or in the spool
 * leave room for another one, which reads member i; a single object may be
 * larger. Adds its bytes then; file_source_leave() subtracts them when the job
 * ends. Files hold nothing.
 */
bool file_source_enter(const struct file_source *s, size_t i, uint64_t *held);
void file_source_leave(const struct file_source *s, size_t i, uint64_t *held);

/* End the sending of a file that file_source_open() opened; the caller closes
 * it. */
void file_source_end(struct file_source *s);

/* Like io_pread() for a file that is being sent. Detects cold files. */
ssize_t file_source_read(struct file_source *s, int fd, void *data, size_t len, uint64_t offset);

#endif

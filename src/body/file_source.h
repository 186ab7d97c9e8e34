/* SPDX-License-Identifier: MIT */
/*
 * The files of a plan's members: opened and compared with what was recorded, and a few of the next ones opened ahead of
 * their turn. Once a read finds that not all lies in memory, they are also asked for from the disk or the network, so that
 * cold files do not come one wait after the other.
 */
#ifndef WADOZIP_BODY_FILE_SOURCE_H
#define WADOZIP_BODY_FILE_SOURCE_H

#include "plan/plan.h"
#include "store/store.h"

#define FILE_SOURCE_AHEAD 8                         /* files open ahead */
#define FILE_SOURCE_AHEAD_BYTES ((uint64_t)4 << 20) /* asked for of each; the kernel's own read-ahead does the rest */

struct file_source_entry {
    size_t member;
    int fd;
};

struct file_source {
    const struct plan *plan;
    struct store *store;
    struct file_source_entry ahead[FILE_SOURCE_AHEAD]; /* a ring, in member order */
    size_t first, count;
    bool cold; /* a read had to wait for a disk or the network */
};

void file_source_init(struct file_source *s, const struct plan *p, struct store *store);
void file_source_release(struct file_source *s);

/* "root:folder/file" of a member, for messages; valid until the next call. */
const char *file_source_label(const struct file_source *s, const struct plan_member *m);

/* Whether a size is the recorded one: ERR_DATA names the file. */
int file_source_check_size(const struct file_source *s, const struct plan_member *m, uint64_t size, struct err *e) MUST_CHECK;

/*
 * Opens the file of member i; *fd is the caller's. ERR_DATA when its size or time is not that of the plan: it was
 * changed after content_check. With `last` above i, stored members up to it are opened ahead.
 */
int file_source_open(struct file_source *s, size_t i, size_t last, int *fd, struct err *e) MUST_CHECK;

/* The same for a member out of turn: what is open ahead stays. */
int file_source_open_alone(const struct file_source *s, size_t i, int *fd, struct err *e) MUST_CHECK;

/* Like io_pread, of a file that an answer sends; finds out whether files are cold. */
ssize_t file_source_read(struct file_source *s, int fd, void *data, size_t len, uint64_t offset);

#endif

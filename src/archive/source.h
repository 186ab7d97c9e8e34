/*
 * The files of a plan's members: opened and compared with what was recorded, and a few of the next ones opened ahead of
 * their turn. Once a read finds that not all lies in memory, they are also asked for from the disk or the network, so that
 * cold files do not come one wait after the other.
 */
#ifndef WADOZIP_ARCHIVE_SOURCE_H
#define WADOZIP_ARCHIVE_SOURCE_H

#include "archive/plan.h"
#include "store/store.h"

#define SOURCE_AHEAD 8                         /* files open ahead */
#define SOURCE_AHEAD_BYTES ((uint64_t)4 << 20) /* asked for of each; the kernel's own read-ahead does the rest */

struct source_file {
    size_t member;
    int fd;
};

struct source {
    const struct plan *plan;
    struct store *store;
    struct source_file ahead[SOURCE_AHEAD]; /* a ring, in member order */
    size_t first, count;
    bool cold; /* a read had to wait for a disk or the network */
};

void source_init(struct source *s, const struct plan *p, struct store *store);
void source_release(struct source *s);

/* "root:folder/file" of a member, for messages; valid until the next call. */
const char *source_label(const struct source *s, const struct plan_member *m);

/* Whether a size is the recorded one: ERR_DATA names the file. */
int source_check_size(const struct source *s, const struct plan_member *m, uint64_t size, struct err *e) MUST_CHECK;

/*
 * Opens the file of member i; *fd is the caller's. ERR_DATA when its size or time is not that of the plan: it was
 * changed after feed_check. With `last` above i, stored members up to it are opened ahead.
 */
int source_open(struct source *s, size_t i, size_t last, int *fd, struct err *e) MUST_CHECK;

/* The same for a member out of turn: what is open ahead stays. */
int source_open_alone(const struct source *s, size_t i, int *fd, struct err *e) MUST_CHECK;

/* Like io_pread, of a file that an answer sends; finds out whether files are cold. */
ssize_t source_read(struct source *s, int fd, void *data, size_t len, uint64_t offset);

#endif

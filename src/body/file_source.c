/* SPDX-License-Identifier: MIT */
#include "body/file_source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>

#include "base/io.h"
#include "base/log.h"
#include "format/dicomdir.h"
#include "store/store_remote.h"

void file_source_init(struct file_source *s, const struct plan_progress *g, struct store *store)
{
    *s = (struct file_source){.plan = g->plan, .progress = g, .store = store};
}

static void file_source_drop_first(struct file_source *s)
{
    io_close(&s->ahead[s->first].fd);
    s->first = (s->first + 1) % FILE_SOURCE_AHEAD;
    s->count--;
}

void file_source_release(struct file_source *s)
{
    file_source_end(s);
    while (s->count)
        file_source_drop_first(s);
}

void file_source_end(struct file_source *s)
{
    if (s->streams)
        store_stream_end(s->store);
    s->streams = false;
}

const char *file_source_label(const struct file_source *s, const struct plan_member *m)
{
    if (m->source == PLAN_GENERATED)
        return PLAN_DICOMDIR_NAME;
    return store_label(s->store, m->folder, plan_text(s->plan, m->file));
}

int file_source_check_size(const struct file_source *s, const struct plan_member *m, uint64_t size,
                           struct err *e)
{
    if (size == m->file_size)
        return 0;
    return err_set(e, ERR_DATA, "%s has %llu bytes, not %llu as recorded: index it again",
                   file_source_label(s, m), (unsigned long long)size,
                   (unsigned long long)m->file_size);
}

/* Check that the file is unchanged since content_check(). */
static int file_source_check_member(const struct file_source *s, const struct plan_member *m,
                                    int fd, struct err *e)
{
    struct store_meta meta;

    if (store_look(s->store, m->folder, plan_text(s->plan, m->file), fd, &meta, e) ||
        file_source_check_size(s, m, meta.size, e))
        return -1;
    if (meta.mtime_ns != plan_progress_mtime(s->progress, m))
        return err_set(e, ERR_DATA, "%s was changed after it had been looked at",
                       file_source_label(s, m));
    return 0;
}

static int open_member(const struct file_source *s, const struct plan_member *m, int *fd,
                       struct err *e)
{
    if (store_descriptor(s->store, m->folder, plan_text(s->plan, m->file), fd, e))
        return -1;
    if (file_source_check_member(s, m, *fd, e) == 0)
        return 0;
    io_close(fd);
    return -1;
}

/*
 * Take the file from the ring, in which it may have been for long. Sets -1 if
 * it is not there or has changed.
 */
static int file_source_take(struct file_source *s, size_t i, int *fd)
{
    struct err why = ERR_INIT;
    struct file_source_entry *f;

    while (s->count && s->ahead[s->first].member != i)
        file_source_drop_first(s);
    if (s->count == 0)
        return -1;
    f = &s->ahead[s->first];
    if (file_source_check_member(s, &s->plan->members[i], f->fd, &why) == 0) {
        *fd = f->fd;
        f->fd = -1;
    }
    file_source_drop_first(s);
    return *fd < 0 ? -1 : 0;
}

static void ask_for(const struct plan_member *m, int fd)
{
    uint64_t bytes =
        m->file_size < FILE_SOURCE_AHEAD_BYTES ? m->file_size : FILE_SOURCE_AHEAD_BYTES;

    posix_fadvise(fd, 0, (off_t)bytes, POSIX_FADV_WILLNEED);
}

/* Return the end of the members that are looked at when member i is opened, at
 * most `last` and FILE_SOURCE_LOOK: all of them each time would be too many. */
static size_t end_of_look(const struct file_source *s, size_t i, size_t last)
{
    size_t end = last < s->plan->count ? last + 1 : s->plan->count;

    return end < i + FILE_SOURCE_LOOK ? end : i + FILE_SOURCE_LOOK;
}

/* A file that cannot be opened now is an error when its turn comes. */
static void file_source_look_ahead(struct file_source *s, size_t i, size_t last)
{
    size_t end = end_of_look(s, i, last),
           newest = (s->first + s->count + FILE_SOURCE_AHEAD - 1) % FILE_SOURCE_AHEAD,
           next = s->count ? s->ahead[newest].member + 1 : i + 1;

    for (; s->count < FILE_SOURCE_AHEAD && next < end; next++) {
        const struct plan_member *m = &s->plan->members[next];
        struct err later = ERR_INIT;
        int fd;

        if (m->source != PLAN_FILE || plan_progress_fact(s->progress, m).deflated)
            continue;
        if (store_is_remote(s->store, m->folder))
            return;
        if (store_descriptor(s->store, m->folder, plan_text(s->plan, m->file), &fd, &later))
            return;
        if (s->cold)
            ask_for(m, fd);
        s->ahead[(s->first + s->count++) % FILE_SOURCE_AHEAD] =
            (struct file_source_entry){next, fd};
    }
}

/*
 * Request member i and those after it from their object stores, as far as there
 * is room. Converted ones and others are opened in an order of their own.
 */
static void ask_stores(struct file_source *s, size_t i)
{
    size_t end = end_of_look(s, i, s->last);
    enum plan_source source = s->plan->members[i].source;

    if (i < s->opened || i > s->asked)
        s->asked = i;
    s->opened = i;
    for (; s->asked < end || s->asked == i; s->asked++) {
        const struct plan_member *m = &s->plan->members[s->asked];
        const struct store_meta recorded = {.size = m->file_size,
                                            .mtime_ns = plan_progress_mtime(s->progress, m)};

        if (m->source != source)
            continue;
        if (!store_ask(s->store, m->folder, plan_text(s->plan, m->file), &recorded))
            return;
    }
}

/* A large object is read by parts while it is sent; it is compared with the
 * record then. */
static int open_stream(struct file_source *s, const struct plan_member *m, int *fd, struct err *e)
{
    const struct store_part p = {.size = m->file_size,
                                 .mtime_ns = plan_progress_mtime(s->progress, m),
                                 .from = s->first_byte,
                                 .end = s->end_byte < m->file_size ? s->end_byte : m->file_size};

    if (store_stream(s->store, m->folder, plan_text(s->plan, m->file), &p, fd, e))
        return -1;
    s->streamed = *fd;
    s->streams = true;
    return 0;
}

int file_source_open_alone(struct file_source *s, size_t i, int *fd, struct err *e)
{
    ask_stores(s, i);
    return open_member(s, &s->plan->members[i], fd, e);
}

static uint64_t held_bytes(const struct file_source *s, size_t i)
{
    const struct plan_member *m = &s->plan->members[i];

    return store_is_remote(s->store, m->folder) ? m->file_size : 0;
}

bool file_source_enter(const struct file_source *s, size_t i, uint64_t *held)
{
    uint64_t more = held_bytes(s, i);

    if (*held && more && *held + more > FILE_SOURCE_HELD_MAX)
        return false;
    *held += more;
    return true;
}

void file_source_leave(const struct file_source *s, size_t i, uint64_t *held)
{
    *held -= held_bytes(s, i);
}

int file_source_open(struct file_source *s, size_t i, size_t last, int *fd, struct err *e)
{
    const struct plan_member *m = &s->plan->members[i];

    *fd = -1;
    if (store_streams(s->store, m->folder, m->file_size))
        return open_stream(s, m, fd, e);
    ask_stores(s, i);
    if (file_source_take(s, i, fd) && open_member(s, &s->plan->members[i], fd, e))
        return -1;
    file_source_look_ahead(s, i, last);
    return 0;
}

/* Files that are already open were opened before this was known. */
static void turn_cold(struct file_source *s)
{
    s->cold = true;
    for (size_t k = 0; k < s->count; k++) {
        const struct file_source_entry *f = &s->ahead[(s->first + k) % FILE_SOURCE_AHEAD];

        ask_for(&s->plan->members[f->member], f->fd);
    }
}

/* File systems that do not support RWF_NOWAIT count as cold. */
ssize_t file_source_read(struct file_source *s, int fd, void *data, size_t len, uint64_t offset)
{
    struct iovec piece = {data, len};
    struct err why = ERR_INIT;

    if (s->streams && fd == s->streamed && store_need(s->store, offset, len, &why)) {
        log_error("%s", why.text);
        errno = why.sys ? why.sys : EIO;
        return -1;
    }

    if (!s->cold && preadv2(fd, &piece, 1, (off_t)offset, RWF_NOWAIT) == (ssize_t)len)
        return (ssize_t)len;
    if (!s->cold)
        turn_cold(s);
    return io_pread(fd, data, len, offset);
}

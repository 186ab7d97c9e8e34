/* SPDX-License-Identifier: MIT */
#include "limit/download_limit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/crc.h"
#include "base/io.h"
#include "base/spool.h"

#define RECORD sizeof(uint64_t)
#define GUARD ((off_t)(DOWNLOAD_LIMIT_MAX * RECORD)) /* locked while records are examined */

int download_limit_share(struct err *e)
{
    int fd = memfd_create("wadozip-slots", MFD_CLOEXEC);

    return fd >= 0 ? fd : err_sys(e, ERR_SYSTEM, "no memory left to count downloads");
}

static int download_limit_open_file(const struct download_limit *s, struct err *e)
{
    struct err why = ERR_INIT;
    int fd = spool_named_file(s->spool, s->name, &why);

    return fd >= 0 ? fd : err_set(e, why.kind, "cannot count downloads: %s", why.text);
}

static bool is_limited(const struct download_limit *s)
{
    return s->all || s->each;
}

int download_limit_open(struct download_limit *s, const struct download_limit_setup *setup,
                        struct err *e)
{
    int fd;

    *s = (struct download_limit){
        .all = setup->all, .each = setup->each, .shared = setup->shared, .fd = -1};
    if (!is_limited(s))
        return 0;
    s->table = malloc(DOWNLOAD_LIMIT_MAX * RECORD);
    if (!s->table)
        return err_set(e, ERR_MEMORY, "no memory left to count downloads");
    if (s->shared >= 0)
        return 0;
    s->spool = setup->spool;
    snprintf(s->name, sizeof s->name, "wadozip-%lu-%08x.slots", (unsigned long)geteuid(),
             (unsigned)crc_update(0, setup->service, strlen(setup->service)));
    fd = download_limit_open_file(s, e);
    if (fd < 0)
        return -1;
    close(fd);
    return 0;
}

void download_limit_close(struct download_limit *s)
{
    download_limit_leave(s);
    free(s->table);
    s->table = NULL;
}

static off_t place(size_t slot)
{
    return (off_t)(slot * RECORD);
}

static int download_limit_lock(int fd, int command, short type, off_t at)
{
    struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};
    int rc;

    do
        rc = fcntl(fd, command, &l);
    while (rc && errno == EINTR);
    return command == F_GETLK && rc == 0 ? l.l_type != F_UNLCK : rc;
}

static int download_limit_put(int fd, size_t slot, uint64_t client)
{
    return pwrite(fd, &client, RECORD, place(slot)) == RECORD ? 0 : -1;
}

/* State of the table's records. */
struct count {
    size_t records, all, each, first_free;
};

static struct count count(const struct download_limit *s, size_t records, uint64_t client)
{
    struct count c = {.records = records, .first_free = records};

    for (size_t i = 0; i < records; i++) {
        c.all += s->table[i] != 0;
        c.each += s->table[i] == client;
        if (!s->table[i] && c.first_free == records)
            c.first_free = i;
    }
    return c;
}

static bool is_full(const struct download_limit *s, const struct count *c)
{
    return (s->all && c->all >= s->all) || (s->each && c->each >= s->each) ||
           c->first_free == DOWNLOAD_LIMIT_MAX;
}

/* Clear the records of dead processes. */
static int download_limit_reap_helper(struct download_limit *s, int fd, size_t records)
{
    for (size_t i = 0; i < records; i++) {
        int held = s->table[i] ? download_limit_lock(fd, F_GETLK, F_WRLCK, place(i)) : 1;

        if (held < 0 || (!held && download_limit_put(fd, i, 0)))
            return -1;
        if (!held)
            s->table[i] = 0;
    }
    return 0;
}

static int download_limit_refuse(const struct download_limit *s, const struct count *c,
                                 struct err *e)
{
    if (s->each && c->each >= s->each)
        return err_set(e, ERR_TOO_MANY,
                       "your address has %zu downloads under way, which is as many as one may have",
                       c->each);
    return err_set(e, ERR_BUSY,
                   "%zu downloads are under way, which is as many as the service gives at once",
                   c->all);
}

/* Lock the first free record. A record that is being released stays locked for
 * a moment. */
static int occupy(struct download_limit *s, int fd, size_t first, size_t records, uint64_t client)
{
    for (size_t i = first; i < DOWNLOAD_LIMIT_MAX; i++) {
        if (i < records && s->table[i])
            continue;
        if (download_limit_lock(fd, F_SETLK, F_WRLCK, place(i)) == 0) {
            s->held = i;
            return download_limit_put(fd, i, client);
        }
        if (errno != EAGAIN && errno != EACCES)
            return -1;
    }
    errno = ENOLCK;
    return -1;
}

/* Call with the guard locked. */
static int download_limit_decide(struct download_limit *s, int fd, uint64_t client, struct err *e)
{
    ssize_t bytes = io_pread(fd, s->table, DOWNLOAD_LIMIT_MAX * RECORD, 0);
    size_t records = bytes < 0 ? 0 : (size_t)bytes / RECORD;
    struct count c = count(s, records, client);

    if (bytes >= 0 && is_full(s, &c)) {
        if (download_limit_reap_helper(s, fd, records))
            return err_sys(e, ERR_SYSTEM, "cannot count downloads");
        c = count(s, records, client);
        if (is_full(s, &c))
            return download_limit_refuse(s, &c, e);
    }
    return bytes >= 0 && occupy(s, fd, c.first_free, records, client) == 0
               ? 0
               : err_sys(e, ERR_SYSTEM, "cannot count downloads");
}

int download_limit_take(struct download_limit *s, uint64_t client, struct err *e)
{
    int fd, rc;

    if (!is_limited(s))
        return 0;
    /* Open the file each time: the folder may have been cleaned. */
    fd = s->shared >= 0 ? s->shared : download_limit_open_file(s, e);
    if (fd < 0)
        return -1;
    s->fd = fd;
    s->held = DOWNLOAD_LIMIT_MAX;
    rc = download_limit_lock(fd, F_SETLKW, F_WRLCK, GUARD)
             ? err_sys(e, ERR_SYSTEM, "cannot count downloads")
             : download_limit_decide(s, fd, client, e);
    download_limit_lock(fd, F_SETLK, F_UNLCK, GUARD);
    if (rc)
        download_limit_leave(s);
    return rc;
}

void download_limit_leave(struct download_limit *s)
{
    if (s->fd < 0)
        return;
    if (s->held < DOWNLOAD_LIMIT_MAX) {
        (void)!download_limit_put(s->fd, s->held, 0);
        download_limit_lock(s->fd, F_SETLK, F_UNLCK, place(s->held));
    }
    if (s->fd != s->shared)
        close(s->fd);
    s->fd = -1;
}

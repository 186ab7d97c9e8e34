/* SPDX-License-Identifier: MIT */
#include "limit/request_limit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/crc.h"
#include "base/io.h"
#include "base/sha256.h"
#include "base/spool.h"
#include "limit/token_bucket.h"

#define ROWS 1024
#define COLUMNS 8
#define SECOND 1000000000
#define NAMED 0x1000000000000000u /* 1000::/8 is nobody's (RFC 4291 2.4, IANA) */

#define REFUSED ((uint64_t)1)

struct bucket {
    uint64_t number;
    uint64_t full_at; /* nanoseconds; the lowest bit is REFUSED if the last request was refused */
};

int request_limit_share(struct err *e)
{
    int fd = memfd_create("wadozip-requests", MFD_CLOEXEC);

    return fd >= 0 ? fd : err_sys(e, ERR_SYSTEM, "no memory left to count requests");
}

void request_limit_open(struct request_limit *s, int shared, const char *spool, const char *service)
{
    *s = (struct request_limit){.shared = shared, .spool = spool};
    snprintf(s->name, sizeof s->name, "wadozip-%lu-%08x.requests", (unsigned long)geteuid(),
             (unsigned)crc_update(0, service, strlen(service)));
}

uint64_t request_limit_number(const char *name)
{
    uint8_t digest[SHA256_BYTES] = {0};
    struct err none = ERR_INIT;
    uint64_t n;

    if (sha256_bytes(name, strlen(name), digest, &none))
        return NAMED;
    memcpy(&n, digest, sizeof n);
    return NAMED | n >> 8;
}

/* Spread numbers, of which those of addresses are neighbours (the finaliser of
 * MurmurHash3). */
static size_t row_of(uint64_t n)
{
    n = (n ^ n >> 33) * 0xff51afd7ed558ccdu;
    n = (n ^ n >> 33) * 0xc4ceb9fe1a85ec53u;
    return (size_t)((n ^ n >> 33) % ROWS);
}

static int lock_row(int fd, short type, off_t at)
{
    struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};
    int rc;

    do
        rc = fcntl(fd, F_SETLKW, &l);
    while (rc && errno == EINTR);
    return rc;
}

/* Find the bucket of a number, or one to use for it: the one that lacks least.
 */
static struct bucket *request_bucket_of(struct bucket row[COLUMNS], uint64_t number, uint64_t now)
{
    struct bucket *best = row;

    for (struct bucket *b = row; b < row + COLUMNS; b++) {
        if (b->number == number)
            return b;
        if (token_bucket_is_full(b->full_at, now))
            b->full_at = 0;
        if (b->full_at < best->full_at)
            best = b;
    }
    *best = (struct bucket){.number = number};
    return best;
}

/* Returns the nanoseconds to wait. Sets *first if the request before was let in. */
static uint64_t take_or_refuse(struct bucket *b, uint64_t most, uint64_t now, bool *first)
{
    bool refused = (b->full_at & REFUSED) != 0;
    uint64_t full_at = b->full_at & ~REFUSED, wait = token_bucket_take(most, &full_at, now);

    *first = wait && !refused;
    b->full_at = (full_at & ~REFUSED) | (wait ? REFUSED : 0);
    return wait;
}

/* Call with the row locked. Returns the nanoseconds to wait, or -1. */
static int64_t take_from_row(int fd, off_t at, uint64_t number, uint64_t most, uint64_t now,
                             bool *first)
{
    struct bucket row[COLUMNS] = {{0, 0}};
    uint64_t wait;

    if (io_pread(fd, row, sizeof row, (uint64_t)at) < 0)
        return -1;
    wait = take_or_refuse(request_bucket_of(row, number, now), most, now, first);
    if (wait && !*first)
        return (int64_t)wait;
    return pwrite(fd, row, sizeof row, at) == (ssize_t)sizeof row ? (int64_t)wait : -1;
}

int request_limit_take(const struct request_limit *s, uint64_t number, uint64_t most, double now,
                       bool *first, struct err *e)
{
    off_t at = (off_t)(row_of(number) * COLUMNS * sizeof(struct bucket));
    int fd = most == 0 ? -1 : s->shared >= 0 ? s->shared : spool_named_file(s->spool, s->name, e);
    int64_t wait = -1;

    *first = false;
    if (fd < 0)
        return most ? -1 : 0;
    if (lock_row(fd, F_WRLCK, at) == 0)
        wait = take_from_row(fd, at, number, most, (uint64_t)(now * SECOND), first);
    if (wait < 0)
        err_sys(e, ERR_SYSTEM, "cannot count requests");
    (void)!lock_row(fd, F_UNLCK, at);
    if (fd != s->shared)
        close(fd);
    return wait < 0 ? -1 : (int)((wait + SECOND - 1) / SECOND);
}

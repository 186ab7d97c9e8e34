/* SPDX-License-Identifier: MIT */
/* Shared by tests of body/ and format/: a root in a temporary folder, a store
 * over it, a plan of files in it. */
#ifndef WADOZIP_TESTS_UNIT_BODY_FIXTURE_H
#define WADOZIP_TESTS_UNIT_BODY_FIXTURE_H

#include "tests/unit/unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc.h"
#include "base/io.h"
#include "base/mem.h"
#include "body/body.h"
#include "dicom/transfer_syntax.h"
#include "format/finish.h"

struct fixture {
    struct conf conf;
    char root[64];
    struct store *store;
    struct plan plan;
    struct plan_progress progress;
    struct content content;
    struct content_learn learn;
    struct helper_pool *pool;
    uint8_t *out; /* the bytes that were sent */
    size_t out_len, out_room;
    long fail_flush; /* the flush that fails, counted from 1; 0: none */
    struct err e;
};

/* Lets `flush` fail as a broken connection would, or keeps the bytes. */
static inline int fixture_flush(void *ctx, const uint8_t *data, size_t len, struct err *e)
{
    struct fixture *f = ctx;

    if (f->fail_flush && --f->fail_flush == 0)
        return err_set(e, ERR_PEER, "gone");
    if (mem_grow(&f->out, &f->out_room, f->out_len + len,
                 MEM_ELEMENTS(char, (size_t)1 << 31, "bytes"), e))
        return -1;
    memcpy(f->out + f->out_len, data, len);
    f->out_len += len;
    return 0;
}

static inline struct plan_options fixture_options(void)
{
    return (struct plan_options){
        .entry_time = true, .max_instances = 1000000, .max_bytes = (uint64_t)1 << 50};
}

static inline void fixture_open(struct fixture *f, const struct plan_options *o)
{
    *f = (struct fixture){.root = "/tmp/wadozip-archive-XXXXXX"};
    assert_non_null(mkdtemp(f->root));
    f->conf.root_count = 1;
    memcpy(f->conf.roots[0].name, "main", 5);
    f->conf.roots[0].path = f->root;
    assert_ok(store_open(&f->conf, &f->store, &f->e), &f->e);
    plan_init(&f->plan, o);
    plan_progress_begin(&f->progress, &f->plan);
}

static inline int fixture_remove(const char *path, const struct stat *st, int type, struct FTW *w)
{
    (void)st, (void)type, (void)w;
    return remove(path);
}

static inline void fixture_close(struct fixture *f)
{
    content_release(&f->content);
    plan_progress_release(&f->progress);
    plan_release(&f->plan);
    store_close(f->store);
    free(f->out);
    assert_int_equal(nftw(f->root, fixture_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* The path of a file in the root; valid until the next call. */
static inline const char *fixture_path(const struct fixture *f, const char *name)
{
    static char path[512];

    snprintf(path, sizeof path, "%s/%s", f->root, name);
    return path;
}

static inline void fixture_write(const struct fixture *f, const char *name, const void *data,
                                 size_t len)
{
    int fd = open(fixture_path(f, name), O_CREAT | O_TRUNC | O_WRONLY, 0644);

    assert_true(fd >= 0);
    assert_int_equal(io_write(fd, data, len), 0);
    close(fd);
}

#endif

/* SPDX-License-Identifier: MIT */
/* A cache in a folder of its own. */
#ifndef WADOZIP_TESTS_UNIT_BODY_KEPT_H
#define WADOZIP_TESTS_UNIT_BODY_KEPT_H

#include "tests/unit/body/entries.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/le.h"
#include "body/cache_space.h"

#define LIMIT ((uint64_t)1 << 20)

struct fixture {
    char base[32], folder[48];
    struct conf conf;
    struct cache *cache;
    struct err e;
};

static inline void open_fixture(struct fixture *f)
{
    *f = (struct fixture){.base = "/tmp/wadozip-cache-XXXXXX"};
    assert_non_null(mkdtemp(f->base));
    snprintf(f->folder, sizeof f->folder, "%s/conversions", f->base);
    f->conf = (struct conf){.conversion_cache = f->folder, .conversion_cache_size = LIMIT};
    assert_ok(cache_open(&f->conf, true, &f->cache, &f->e), &f->e);
    assert_non_null(f->cache);
}

static inline int forget(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static inline void close_fixture(struct fixture *f)
{
    cache_close(f->cache);
    assert_int_equal(nftw(f->base, forget, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* Calls `each` for every file but the sum; how many there are. */
static inline int each_entry(const struct fixture *f, void (*each)(const char *path))
{
    DIR *d = opendir(f->folder);
    const struct dirent *entry;
    char path[400];
    int n = 0;

    assert_non_null(d);
    while ((entry = readdir(d)))
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "total") != 0) {
            assert_int_equal(strlen(entry->d_name), CACHE_NAME_DIGITS + 2);
            snprintf(path, sizeof path, "%s/%s", f->folder, entry->d_name);
            n++;
            if (each)
                each(path);
        }
    closedir(d);
    return n;
}

static inline uint64_t recorded_total(const struct fixture *f)
{
    char path[64];
    uint8_t bytes[8];
    int fd;

    snprintf(path, sizeof path, "%s/total", f->folder);
    fd = open(path, O_RDONLY);
    assert_int_equal(read(fd, bytes, 8), 8);
    close(fd);
    return le64_get(bytes);
}

#endif

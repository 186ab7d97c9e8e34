/* SPDX-License-Identifier: MIT */
/* A pool for tests: the helper beside the test programs, files handed in by
 * name, results taken one by one. */
#ifndef WADOZIP_TESTS_UNIT_HELPER_POOL_H
#define WADOZIP_TESTS_UNIT_HELPER_POOL_H

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "helper/helper_pool.h"
#include "tests/unit/helper/small.h"

/* WADOZIP_HELPER, else wadozip-dicom two folders above the test program
 * (build/unit/dicom/proc). */
static inline const char *pool_helper(void)
{
    static char path[4096 + 32];
    char self[4096];
    const char *given = getenv("WADOZIP_HELPER");
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    if (given)
        return given;
    assert_true(n > 0);
    self[n] = '\0';
    snprintf(path, sizeof path, "%s/wadozip-dicom", dirname(dirname(dirname(self))));
    return path;
}

#define POOL_SECONDS 600 /* for one job: more than any takes on the slowest machine */

static inline struct helper_pool *pool_open(unsigned children, uint64_t memory, unsigned seconds)
{
    struct helper_setup s = {.program = pool_helper(),
                             .spool = "/var/tmp",
                             .children = children,
                             .memory = memory,
                             .deflate = true,
                             .seconds = seconds};
    struct helper_pool *p = NULL;
    struct err e = ERR_INIT;

    assert_ok(helper_pool_open(&s, &p, &e), &e);
    return p;
}

/* The only child of this process, when one job at least is done. */
static inline pid_t pool_child(void)
{
    char path[64];
    FILE *f;
    int pid = 0, count;

    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    f = fopen(path, "r");
    assert_non_null(f);
    count = fscanf(f, "%d", &pid);
    fclose(f);
    assert_int_equal(count, 1);
    return pid;
}

/* The folder of real files, or null: WADOZIP_TEST_DICOM, else ../shared/dicom.
 */
static inline const char *pool_dicom(void)
{
    const char *given = getenv("WADOZIP_TEST_DICOM");
    const char *folder = given ? given : "../shared/dicom";

    return access(folder, R_OK) == 0 ? folder : NULL;
}

static inline int pool_file(const char *folder, const char *name)
{
    char path[4096];
    int fd;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail_msg("cannot open %s", path);
    return fd;
}

static inline void pool_describe(struct helper_pool *p, int fd, uint64_t cookie)
{
    struct err e = ERR_INIT;

    assert_ok(helper_pool_submit(p, HELPER_DESCRIBE, fd, NULL, cookie, &e), &e);
}

static inline struct helper_result pool_result(struct helper_pool *p)
{
    struct helper_result r;
    struct err e = ERR_INIT;
    int got = helper_pool_next(p, 300000, &r, &e);

    if (got != 1)
        fail_msg("helper_pool_next: %d: %s", got, e.text);
    return r;
}

#endif

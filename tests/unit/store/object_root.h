/* SPDX-License-Identifier: MIT */
/* A root in object storage, for tests. */
#ifndef WADOZIP_TESTS_UNIT_STORE_OBJECT_ROOT_H
#define WADOZIP_TESTS_UNIT_STORE_OBJECT_ROOT_H

#include "tests/unit/unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "store/s3.h"

#define OBJECT_ROOT_KEYS \
    "# comment\n[default]\n aws_access_key_id = ID\r\naws_secret_access_key=a/b=c\n[other]\naws_access_key_id = NO\n"

/* A root in object storage with credentials in a file. */
struct object_root {
    char credentials[32];
    struct conf conf;
    struct s3 *s3;
    struct err e;
};

static inline int object_root_open(struct object_root *t, const char *path, const char *credentials)
{
    FILE *f;
    int fd;

    *t = (struct object_root){.credentials = "/tmp/wadozip-s3-XXXXXX", .e = ERR_INIT};
    fd = mkstemp(t->credentials);
    f = fdopen(fd, "w");
    assert_non_null(f);
    fputs(credentials, f);
    fclose(f);
    t->conf.root_count = t->conf.s3.count = 1;
    memcpy(t->conf.roots[0].name, "r", 2);
    memcpy(t->conf.s3.of[0].name, "r", 2);
    t->conf.roots[0].path = (char *)path;
    t->conf.s3.of[0].endpoint = (char *)"http://e";
    t->conf.s3.of[0].region = (char *)"here";
    t->conf.s3.of[0].credentials = t->credentials;
    return s3_open(&t->conf, &t->conf.roots[0], &t->s3, &t->e);
}

static inline void object_root_close(struct object_root *t)
{
    s3_close(t->s3);
    unlink(t->credentials);
}

#endif

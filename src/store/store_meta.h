/* SPDX-License-Identifier: MIT */
/* Size, times and owner of a file. */
#ifndef WADOZIP_STORE_STORE_META_H
#define WADOZIP_STORE_STORE_META_H

#include <stdint.h>
#include <sys/types.h>

struct store_meta {
    uint64_t size;
    int64_t mtime_ns;
    int64_t ctime_ns; /* last change of content, attributes or name */
    uid_t uid;
    gid_t gid;
    mode_t mode;
};

#endif

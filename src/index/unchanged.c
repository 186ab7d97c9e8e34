/* SPDX-License-Identifier: MIT */
#include "index/unchanged.h"

#include <sys/stat.h>

#include "base/io.h"
#include "base/sha256.h"

bool unchanged_file(int fd, struct writer_file *f, const struct helper_result *r,
                    unsigned char *sha256)
{
    struct err ignored = ERR_INIT;
    struct stat st;
    uint32_t crc = 0;

    f->sha256 = r->class == HELPER_INSTANCE ? sha256 : NULL;
    if (r->class != HELPER_FAILED && r->size != f->size)
        return false;
    if (f->sha256 && (sha256_file(fd, f->size, sha256, &crc, &ignored) || crc != r->crc))
        return false;
    return fstat(fd, &st) == 0 && (uint64_t)st.st_size == f->size &&
           io_nanoseconds(&st.st_mtim) == f->mtime_ns;
}
